"""The personality track: an everyday question, an answer at the reader's level and one opposite."""

from collections.abc import Iterator

from engine.bank import Question, questions
from engine.domain import PreferencePair, Profile
from engine.pairs.addition import NOTHING_ADDED, Addition
from engine.pairs.draft import pair
from engine.pairs.labels import facet_label

MEETINGS = ((0, 0), (1, 1), (0, 1), (1, 0))
"""Which high answer meets which low one: those written for each other first."""


def personality_pairs(
    profile: Profile, answers: int, added: Addition = NOTHING_ADDED
) -> Iterator[PreferencePair]:
    """Pairs for each question whose facet, or else its trait, is known: `answers` of four."""
    for question in (*questions(), *added.questions):
        found = facet_label(profile, question.facet)
        if found.side == 0:
            continue
        for origin, high, low in answers_of(question)[:answers]:
            chosen, rejected = (high, low) if found.side > 0 else (low, high)
            yield pair(
                profile,
                found,
                track="personality",
                topic=question.id,
                origin=origin,
                prompt=f"Answer as this reader would. {question.question}",
                chosen=chosen,
                rejected=rejected,
                made=added.made(question.id),
            )


def answers_of(question: Question) -> list[tuple[str, str, str]]:
    """The four pairs of answers: the origin of each, the high answer and the low one."""
    return [
        (f"{question.id}.{number}", question.high[high], question.low[low])
        for number, (high, low) in enumerate(MEETINGS, start=1)
    ]
