"""What a persona has to be, rule by rule: the first that is broken, in a sentence for people."""

import re
from collections.abc import Iterator

from engine.personas.protected import protected_word

FEWEST_WORDS, MOST_WORDS = 15, 35
QUOTED_WORDS = 5
"""So many words in a row that also stand in the request or an answer are a quotation."""
BEGINNING = "The user is "
_PREFERS = re.compile(r"\bprefer(?:s|ring)\b")
_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_ENDING = re.compile(r"[.!?](?=\s+\S)")
_ABBREVIATED = re.compile(r"\b(?:e\.g|i\.e|etc|vs)\.$", re.IGNORECASE)
OF_NO_WEIGHT = frozenset(
    _WORD.findall(
        "a about after all also an and any are as at be been before being but by can could do "
        "does for from get give go had has have how i if in into is it its just like make many "
        "me more most my no not of on one only or other out over own rather should so some such "
        "than that the their them then there these they this those to too up very want was way "
        "we were what when where which while who why will with without would you your"
    )
)
"""Words that any two sentences share: a run of them with one other word quotes nothing."""


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return [word.casefold() for word in _WORD.findall(text)]


def broken_rule(persona: str, *quotable: str) -> str:
    """Why a sentence is no persona; empty where it is one.

    Args:
        quotable: the request and both answers, of which nothing may be quoted.
    """
    return (
        broken_form(persona)
        or _protected(persona)
        or next((_quotes(run) for run in quotations(persona, *quotable)), "")
    )


def broken_form(persona: str) -> str:
    """The same for the form alone: one sentence of so many words that begins as it has to."""
    words = words_of(persona)
    if not persona.startswith(BEGINNING):
        return f"It does not begin with {BEGINNING.strip()!r}."
    if not _PREFERS.search(persona):
        return "It does not say what the user prefers."
    if "\n" in persona.strip() or any(_ends(persona, stop) for stop in _ENDING.finditer(persona)):
        return "It is more than one sentence."
    if not FEWEST_WORDS <= len(words) <= MOST_WORDS:
        return f"It has {len(words)} words, where {FEWEST_WORDS} to {MOST_WORDS} are asked for."
    return ""


def quotations(persona: str, *texts: str) -> Iterator[str]:
    """The runs of words that a persona has in common with these texts."""
    theirs = {run for text in texts for run in _runs(words_of(text))}
    for run in _runs(words_of(persona)):
        if run in theirs and sum(word not in OF_NO_WEIGHT for word in run) >= 2:
            yield " ".join(run)


def _protected(persona: str) -> str:
    found = protected_word(persona)
    return f"It says something on {found[0]} ({found[1]!r})." if found else ""


def _quotes(run: str) -> str:
    return f"It quotes the request or an answer: {run!r}."


def _runs(words: list[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(QUOTED_WORDS)), strict=False)


def _ends(persona: str, stop: re.Match[str]) -> bool:
    return not _ABBREVIATED.search(persona[: stop.end()])
