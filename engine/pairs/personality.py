"""The personality track: an everyday question, an answer at the reader's level and one opposite."""

from collections.abc import Iterator

from engine.bank import questions
from engine.domain import PreferencePair, Profile
from engine.pairs.draft import pair
from engine.pairs.labels import facet_side


def personality_pairs(profile: Profile) -> Iterator[PreferencePair]:
    """Two pairs for each question whose facet, or else its trait, is known."""
    for question in questions():
        level, trait_id = facet_side(profile, question.facet)
        if level == 0:
            continue
        answers = zip(question.high, question.low, strict=True)
        for number, (high, low) in enumerate(answers, start=1):
            chosen, rejected = (high, low) if level > 0 else (low, high)
            yield pair(
                profile,
                track="personality",
                trait_id=trait_id,
                topic=question.id,
                origin=f"{question.id}.{number}",
                prompt=f"Answer as this reader would. {question.question}",
                chosen=chosen,
                rejected=rejected,
            )
