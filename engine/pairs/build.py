"""All pairs of one reader, from the profile as the editor left it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.bank import questions
from engine.domain import PreferencePair, Profile
from engine.frameworks import all_statements
from engine.pairs.addition import NOTHING_ADDED, Addition, is_added
from engine.pairs.choice import PairChoice
from engine.pairs.descriptions import description_pairs
from engine.pairs.interests import interest_pairs
from engine.pairs.labels import facet_label, statement_label
from engine.pairs.personality import personality_pairs
from engine.pairs.split import split_by_topic
from engine.pairs.values import values_pairs
from models.errors import BadInput


@dataclass(frozen=True)
class PairsReport:
    """What was built."""

    reader: str
    pairs: int
    """In use: all that are not dropped."""
    made: int
    """Built now."""
    kept: int
    """Left as they were: what the editor touched, and what was imported."""
    dropped: int
    by_track: dict[str, int]
    held_out: int
    left_out: dict[str, int]
    """Statements and questions that make no pair, by the reason: `unknown`, `faint` or `off`."""
    added: int
    """Pairs of texts that a model wrote for the bank and the editor accepted."""

    def as_json(self) -> dict[str, object]:
        return vars(self)


def pairs_for(
    profile: Profile, choice: PairChoice | None = None, added: Addition = NOTHING_ADDED
) -> list[PreferencePair]:
    """Pairs of the tracks asked for, split into training and held out.

    Args:
        added: takes part beside the bank that we ship.

    Raises:
        BadInput: nothing about the reader is known well enough to make a pair.
    """
    pairs = list(_pairs(profile, choice or PairChoice(), added))
    if not pairs:
        raise BadInput(
            f"Nothing about reader {profile.reader_id!r} is known well enough to make pairs.",
            "Import more reviews, or set some traits yourself: `profile set`.",
        )
    return split_by_topic(pairs)


def _pairs(profile: Profile, choice: PairChoice, added: Addition) -> Iterator[PreferencePair]:
    if "interests" in choice.tracks:
        yield from interest_pairs(profile)
    if "values" in choice.tracks:
        yield from values_pairs(profile, added)
    if "personality" in choice.tracks:
        yield from personality_pairs(profile, choice.answers, added)
    if "descriptions" in choice.tracks:
        yield from description_pairs(profile)


def left_out(profile: Profile) -> dict[str, int]:
    """How many statements and questions make no pair of this reader, and why."""
    statements = [statement_label(profile, item) for item in all_statements().values()]
    asked = [facet_label(profile, question.facet) for question in questions()]
    return dict(Counter(label.left_out for label in [*statements, *asked] if label.left_out))


def report(profile: Profile, pairs: Sequence[PreferencePair], made: int) -> PairsReport:
    """Counts of the pairs that are in use, and of what made none.

    Args:
        made: how many of them were built now.
    """
    used = [pair for pair in pairs if not pair.dropped]
    return PairsReport(
        reader=profile.reader_id,
        pairs=len(used),
        made=made,
        kept=len(pairs) - made,
        dropped=len(pairs) - len(used),
        by_track=dict(Counter(pair.track for pair in used)),
        held_out=sum(pair.held_out for pair in used),
        left_out=left_out(profile),
        added=sum(is_added(pair) for pair in used),
    )
