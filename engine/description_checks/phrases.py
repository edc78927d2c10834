"""Phrases that stand twice in a description, or that it copies from what it was told of the reader.

Compared word by word, folded. The title of the book counts as one word: it may be said again.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from engine.description_checks.english import english
from engine.description_checks.flag import Flag, Sources
from engine.description_checks.words import (
    Word,
    folded_words,
    runs,
    words_by_sentence,
    words_of,
)

LEAST_REPEATED = 5
"""Words in a row that stood before."""
LEAST_IN_SENTENCE = 3
"""Of a sentence that stood before as a whole."""
LEAST_COPIED = 4
LEAST_CONTENT = 2
"""Words of a copied phrase that say something; `in the middle of the` says nothing."""
TIMES_IN_A_ROW = 3

Gram = tuple[str, ...]


def repeated(text: str, sources: Sources) -> Iterator[Flag]:
    """Each phrase and sentence that stood before, at its later place."""
    titles = [folded_words(sources.title), folded_words(sources.author)]
    words = _with_names_whole(words_of(text), titles)
    told = [folded for folded, _ in words]
    seen: dict[Gram, int] = {}
    marked = [False] * len(words)
    for place, gram in enumerate(_grams(told, LEAST_REPEATED)):
        # Not where the two overlap: that is one phrase, seen twice.
        if seen.setdefault(gram, place) + LEAST_REPEATED <= place:
            marked[place : place + LEAST_REPEATED] = [True] * LEAST_REPEATED
    for place in range(TIMES_IN_A_ROW - 1, len(told)):
        if len({*told[place - TIMES_IN_A_ROW + 1 : place + 1]}) == 1:
            marked[place] = True
    for place in _sentences_again(text, words):
        marked[place] = True
    for first, after in runs(marked):
        start, end = words[first][1][0].start, words[after - 1][1][-1].end
        yield Flag("repeated", f"“{_short(text[start:end])}” stood before.", start, end)


def copied(text: str, sources: Sources) -> Iterator[Flag]:
    """Each phrase of four words or more that stands in the card or in the reader's sentences.

    Not one that the book's facts have too.
    """
    words = words_of(text)
    told = [word.folded for word in words]
    of_reader = _all_grams(_clauses(sources.told))
    of_book = _all_grams(sources.book)
    marked = [False] * len(words)
    for place, gram in enumerate(_grams(told, LEAST_COPIED)):
        if gram in of_reader and gram not in of_book:
            marked[place : place + LEAST_COPIED] = [True] * LEAST_COPIED
    for first, after in runs(marked):
        if sum(word not in english().say_nothing for word in told[first:after]) < LEAST_CONTENT:
            continue
        start, end = words[first].start, words[after - 1].end
        yield Flag("copied", f"“{_short(text[start:end])}” is the profile's wording.", start, end)


def _with_names_whole(
    words: Sequence[Word], names: Iterable[Sequence[str]]
) -> list[tuple[str, list[Word]]]:
    """Folded words with where they stand; each name of several words is one."""
    longer = [list(name) for name in names if len(name) > 1]
    found, at = list[tuple[str, list[Word]]](), 0
    told = [word.folded for word in words]
    while at < len(words):
        fitting = (len(name) for name in longer if told[at : at + len(name)] == name)
        length = next(fitting, 1)
        found.append((" ".join(told[at : at + length]), list(words[at : at + length])))
        at += length
    return found


def _sentences_again(text: str, words: Sequence[tuple[str, list[Word]]]) -> Iterator[int]:
    seen = set[Gram]()
    for sentence in words_by_sentence(text):
        told = tuple(word.folded for word in sentence)
        if len(told) >= LEAST_IN_SENTENCE and told in seen:
            start, end = sentence[0].start, sentence[-1].end
            places = (at for at, (_, own) in enumerate(words) if start <= own[0].start < end)
            yield from places
        seen.add(told)


def _clauses(told: Iterable[str]) -> Iterator[str]:
    """What may be copied as a piece: the card's items, and sentences."""
    for text in told:
        for line in text.splitlines():
            yield from line.replace(":", ";").split(";")


def _all_grams(texts: Iterable[str]) -> Collection[Gram]:
    return {
        gram
        for text in texts
        for sentence in words_by_sentence(text)
        for gram in _grams([word.folded for word in sentence], LEAST_COPIED)
    }


def _grams(words: Sequence[str], length: int) -> list[Gram]:
    return [tuple(words[at : at + length]) for at in range(len(words) - length + 1)]


def _short(words: str) -> str:
    """The beginning of a long phrase."""
    plain = " ".join(words.split())
    return plain if len(plain) <= 60 else f"{plain[:59].rstrip()}…"
