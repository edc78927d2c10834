"""Names in a description that stand in none of the book's facts.

By capital letters inside sentences, and by letters of another script. A word that begins a sentence
is taken for a name only where it is written with a capital inside another one. Not seen is a name
that is also a common word of the facts (`Rose`), or whose ending may make it of a name in them
(`Julian` of `Julia`, like `Russian` of `Russia`). German, which writes every noun with a capital,
is not read for names.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from engine.description_checks.english import english
from engine.description_checks.flag import Flag
from engine.description_checks.numbers import is_roman
from engine.description_checks.words import Word, fold, folded_words, runs, words_of
from engine.frameworks.countries import peoples
from engine.profile.language import told

OF_PLACES = ("n", "an", "ian", "ean", "ese", "ish", "er", "i")
"""Endings that make a word of a place or a person: Paris, Parisian; Victoria, Victorian."""
LEAST_STEM = 4
LONGEST_ACRONYM = 5
"""Longer words in capitals are shouted."""


def unknown_names(text: str, facts: Iterable[str]) -> Iterator[Flag]:
    """Each name that no fact holds; neighbouring words are one name.

    Args:
        facts: all that is known of the book: its title, its author, what it is about.
    """
    known = _known(facts)
    words = words_of(text)
    inside = {fold(word.parts[0]) for word in words if _is_capital(word) and not word.opens}
    headed = _in_headings(text, words)
    unknown = [
        not is_head and _is_name(word, inside) and not _stands_in(word, known)
        for word, is_head in zip(words, headed, strict=True)
    ]
    if any(unknown) and told(text) == "de":
        return
    mostly_cased = sum(map(_has_case, words)) * 2 > len(words)
    every = "".join(known)
    for place, word in enumerate(words):
        if mostly_cased and not _has_case(word) and word.as_written[0].isalpha():
            unknown[place] = word.folded not in every
    for first, after in _names(words, unknown, text):
        start, end = words[first].start, words[after - 1].end
        yield Flag("name", f"“{text[start:end]}” is in none of the book's facts.", start, end)


def _names(words: Sequence[Word], unknown: Sequence[bool], text: str) -> Iterator[tuple[int, int]]:
    """Stretches of unknown words that nothing but white space parts."""
    for first, after in runs(unknown):
        begin = first
        for place in range(first + 1, after):
            if text[words[place - 1].end : words[place].start].strip(" .\u00a0"):
                yield begin, place
                begin = place
        yield begin, after


def _known(facts: Iterable[str]) -> set[str]:
    """Folded words of the facts with their parts, their singulars, and the peoples of countries."""
    found = {
        fold(part)
        for fact in facts
        for word in words_of(fact)
        for part in (word.as_written, *word.parts)
    }
    found |= {word.removesuffix("s") for word in found if len(word) > LEAST_STEM}
    for group in peoples():
        names = [frozenset(folded_words(name)) for name in group]
        if any(name <= found for name in names):
            found |= frozenset().union(*names)
    return found


def _is_capital(word: Word) -> bool:
    return any(part[:1].isupper() for part in word.parts)


def _has_case(word: Word) -> bool:
    return any(sign.lower() != sign.upper() for sign in word.as_written)


def _is_name(word: Word, inside: Collection[str]) -> bool:
    folded = word.folded
    if not _is_capital(word) or folded in english().no_names or folded.startswith("i'"):
        return False
    letters = [sign for sign in word.as_written if sign.isalpha()]
    is_shouted = len(letters) > LONGEST_ACRONYM and word.as_written.isupper()
    if len(letters) < 2 or is_shouted or is_roman(word.as_written):
        return False
    return not word.opens or fold(word.parts[0]) in inside


def _stands_in(word: Word, known: Collection[str]) -> bool:
    """Whether the facts hold every part of it that has a capital."""
    capitals = [fold(part) for part in word.parts if part[:1].isupper()]
    return word.folded in known or all(
        part in known or part in english().no_names or any(form in known for form in _forms(part))
        for part in capitals
    )


def _forms(part: str) -> Iterator[str]:
    """The words of which one would do: `buendias` stands for `buendia`, `paris` for `parisian`."""
    for word in {part, part.removesuffix("s"), part.removesuffix("es")}:
        if len(word) < LEAST_STEM:
            continue
        yield word
        yield from (place for people, place in english().of_places.items() if people == word)
        yield from (people for people, place in english().of_places.items() if place == word)
        for ending in OF_PLACES:
            yield f"{word}{ending}"
            stem = word.removesuffix(ending)
            if stem != word and len(stem) >= LEAST_STEM:
                yield from (stem, f"{stem}e", f"{stem}a", f"{stem}y")


def _in_headings(text: str, words: Sequence[Word]) -> list[bool]:
    """Whether each word stands in a line of its own in which every longer word has a capital."""
    headings = []
    at = 0
    for line in text.splitlines(keepends=True):
        inside = [word for word in words if at <= word.start < at + len(line)]
        longer = [word for word in inside if len(word.as_written) >= LEAST_STEM]
        ends_open = line.strip()[-1:] not in '.!?\u2026\u201d"'
        if len(inside) > 2 and ends_open and longer and all(map(_is_capital, longer)):
            headings.append((at, at + len(line)))
        at += len(line)
    return [any(start <= word.start < end for start, end in headings) for word in words]
