"""Leakage: training pairs that know what is held out, so that the held-out figures prove nothing.

By topic (a statement, a question, a genre, a book), by an answer, by a book or an author of a
held-out pair, or by a book that is kept for previews. That the words of a genre return in pairs of
other genres is no leak: what is held out there is how the genre ranks.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from engine.bank import BankBook, books
from engine.domain import PreferencePair
from engine.pairs.doctor.corpus import CHOSEN, REJECTED, words_of
from engine.pairs.doctor.finding import Case, Found, agree, many
from engine.pairs.doctor.patient import Patient

LEAST_WORDS = 5
"""Shorter answers (`Yes, of course.`) are nobody's own."""
PLAIN_TITLE = 3
"""Words of a title that is told by itself; a shorter one (`Ring`) only beside its author's name."""

_HOW = {
    "topic": "by topic",
    "text": "by an answer",
    "book": "by a book or an author",
    "preview": "by a book kept for previews",
}


def leakage(patient: Patient) -> Found | None:
    """Training pairs that tell of a held-out pair, each by the plainest way."""
    found: dict[str, tuple[str, Case]] = {}
    for how, case in (
        *_previewed(patient),
        *_by_topic(patient),
        *_by_text(patient),
        *_named(patient),
    ):
        found.setdefault(case.pair_id, (how, case))
    if not found:
        return None
    ways = Counter(how for how, _ in found.values())
    told = ", ".join(f"{ways[how]:,} {words}" for how, words in _HOW.items() if ways[how])
    rank = list(_HOW)
    cases = [case for _, case in sorted(found.values(), key=lambda one: rank.index(one[0]))]
    return Found(
        f"{many(len(cases), 'training pair')} {agree(len(cases), 'tells', 'tell')} what is held "
        f"out, so that the held-out figures would prove nothing: {told}.",
        tuple(cases),
    )


def _by_topic(patient: Patient) -> Iterator[tuple[str, Case]]:
    held_out = {pair.topic for pair in patient.used if pair.held_out}
    for pair in patient.training:
        if pair.topic and pair.topic in held_out:
            why = f"its topic {pair.topic} is held out"
            yield "topic", Case(pair.id, why, replace(pair, held_out=True))


def _by_text(patient: Patient) -> Iterator[tuple[str, Case]]:
    corpus = patient.corpus

    def answers(at: int) -> list[bytes]:
        texts = (corpus.text(at, side) for side in (CHOSEN, REJECTED))
        return [words.tobytes() for words in texts if len(words) >= LEAST_WORDS]

    owners = {
        answer: pair.id
        for at, pair in enumerate(patient.used)
        if pair.held_out and not pair.topic.startswith("genre.")
        for answer in answers(at)
    }
    for at, pair in enumerate(patient.used):
        known = [owners[answer] for answer in answers(at) if answer in owners]
        if known and not pair.held_out:
            why = f"has an answer of {known[0]}, which is held out"
            yield "text", replace(_dropped(pair, why), beside=known[0])


def _named(patient: Patient) -> Iterator[tuple[str, Case]]:
    named = {it for pair in patient.used if pair.held_out for it in pair.origin.split(".")}
    for book in books():
        if book.id in named:
            places = _titled(patient, book) | set(_where(patient, book.author))
            for pair in _training(patient, places):
                yield "book", _dropped(pair, f"names {book.title}, by {book.author}: held out")


def _previewed(patient: Patient) -> Iterator[tuple[str, Case]]:
    for book in books():
        if book.use == "preview":
            for pair in _training(patient, _titled(patient, book)):
                yield "preview", _dropped(pair, f"names {book.title}: kept for previews")


def _titled(patient: Patient, book: BankBook) -> set[int]:
    """The places of pairs that name a book."""
    found = _where(patient, book.title)
    if len(words_of(book.title)) < PLAIN_TITLE:
        found &= _where(patient, words_of(book.author)[-1])
    return found


def _where(patient: Patient, phrase: str) -> set[int]:
    return {int(text) // 3 for text in patient.corpus.where(words_of(phrase))}


def _training(patient: Patient, places: set[int]) -> Iterator[PreferencePair]:
    found = (patient.used[at] for at in sorted(places))
    return (pair for pair in found if not pair.held_out)


def _dropped(pair: PreferencePair, why: str) -> Case:
    return Case(pair.id, why, replace(pair, dropped=True))
