"""Whose reviews are taken from a file that holds many readers'."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from models.errors import BadInput

READERS_UNASKED = 1000
"""A file of more readers than this is not taken whole unless that is asked for."""
READERS_NAMED = 10


@dataclass(frozen=True)
class Choice:
    """The readers whose reviews are wanted; without any wish, all of a file of not too many."""

    readers: frozenset[str] = frozenset()
    """Ids; empty: whoever meets the rest."""
    min_reviews: int = 0
    everyone: bool = False

    @property
    def needs_counts(self) -> bool:
        """Whether the file has to be counted before anything can be taken from it."""
        return self.min_reviews > 1 or not (self.readers or self.everyone)


EVERYONE = Choice(everyone=True)


class Counted(Protocol):
    """A file whose readers were counted."""

    @property
    def readers(self) -> int: ...

    def reviews_of(self, least: int = 1) -> dict[str, int]:
        """The number of rows of each reader who has at least so many."""
        ...

    def most_active(self, number: int) -> dict[str, int]:
        """So many readers with most rows."""
        ...


def wanted(choice: Choice, survey: Counted, name: str) -> frozenset[str]:
    """The readers to take from a file.

    Args:
        name: the file's, for messages.

    Raises:
        BadInput: too many to take unasked, or nobody meets the wish.
    """
    if not (choice.readers or choice.min_reviews or choice.everyone):
        _refuse_too_many(survey, name)
    enough = survey.reviews_of(max(1, choice.min_reviews))
    if not enough and survey.readers:
        ((reader, most),) = survey.most_active(1).items()
        raise BadInput(
            f"No reader in {name} has {choice.min_reviews:,} reviews; the most is {most:,}, by "
            f"{reader[:60]}.",
            "Lower --min-reviews.",
        )
    refuse_absent(choice, enough, name)
    return frozenset(enough).intersection(choice.readers) if choice.readers else frozenset(enough)


def refuse_absent(choice: Choice, present: Collection[str], name: str) -> None:
    """Refuse a wish for readers who are not in the file, or have too few reviews in it."""
    absent = sorted(choice.readers.difference(present))
    if absent:
        shown = ", ".join(repr(reader[:60]) for reader in absent[:READERS_NAMED])
        who = "reader" if len(absent) == 1 else "readers"
        few = f"{choice.min_reviews:,} reviews" if choice.min_reviews > 1 else "review"
        raise BadInput(
            f"{name} has no {few} by the {who} {shown}.",
            "Ids have to be exactly as in the file; nothing was imported.",
        )


def _refuse_too_many(survey: Counted, name: str) -> None:
    if survey.readers <= READERS_UNASKED:
        return
    top = survey.most_active(READERS_NAMED).items()
    shown = ", ".join(f"{reader[:60]} ({reviews:,})" for reader, reviews in top)
    raise BadInput(
        f"{name} holds reviews by {survey.readers:,} readers, more than are taken unasked. "
        f"The {READERS_NAMED} with most: {shown}.",
        "Choose with --reader ID, as often as needed, or --min-reviews N; --all takes all.",
    )
