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
        for number, (high, low) in enumerate(_answers(question)[:answers], start=1):
            chosen, rejected = (high, low) if found.side > 0 else (low, high)
            yield pair(
                profile,
                found,
                track="personality",
                topic=question.id,
                origin=f"{question.id}.{number}",
                prompt=f"Answer as this reader would. {question.question}",
                chosen=chosen,
                rejected=rejected,
                made=added.made(question.id),
            )


def _answers(question: Question) -> list[tuple[str, str]]:
    return [(question.high[high], question.low[low]) for high, low in MEETINGS]
