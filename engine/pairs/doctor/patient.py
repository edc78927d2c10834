"""What the doctor looks at: a reader's pairs, the profile as it is now, and counts of tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from engine.domain import PreferencePair, Profile
from engine.pairs.addition import NOTHING_ADDED, Addition
from engine.pairs.doctor.corpus import Corpus, corpus_of
from engine.pairs.doctor.sides import Stand, stands


@dataclass(frozen=True)
class Lengths:
    """How long the pairs are for one base model, as training renders them."""

    base: str
    """The base's name."""
    max_length: int
    """Tokens that a pair may have."""
    tokens: Mapping[str, int]
    """Pair id to tokens of the prompt with its longer answer; an upper bound where that fits."""
    special_tokens: tuple[str, ...] = ()
    """The base's own, as they are spelt."""


@dataclass(frozen=True)
class Patient:
    """The pairs of one reader."""

    pairs: tuple[PreferencePair, ...]
    """All of them, in the order they were built."""
    profile: Profile | None
    """None while there is none: nothing is then said of sides and holes."""
    lengths: Lengths | None = None
    """None while no base has counted."""
    added: Addition = NOTHING_ADDED
    """What the editor accepted into the bank: pairs may be made of it."""

    @cached_property
    def used(self) -> tuple[PreferencePair, ...]:
        """The pairs that are not dropped: the only ones that checks are about."""
        return tuple(pair for pair in self.pairs if not pair.dropped)

    @cached_property
    def training(self) -> tuple[PreferencePair, ...]:
        return tuple(pair for pair in self.used if not pair.held_out)

    @cached_property
    def stands(self) -> tuple[Stand, ...]:
        """How the pairs stand beside the profile, of those of which it can be told."""
        return tuple(stands(self.used, self.profile, self.added)) if self.profile else ()

    @cached_property
    def corpus(self) -> Corpus:
        """The words of `used`."""
        return corpus_of(self.used)
