"""What an editor accepted into the bank: scenes and questions beside those we ship."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.bank import Question, Scenario
from engine.domain import PreferencePair

SHIPPED = "bank"


@dataclass(frozen=True)
class Addition:
    """Entries of known statements and facets."""

    scenes: tuple[Scenario, ...] = ()
    questions: tuple[Question, ...] = ()
    writers: Mapping[str, str] = field(default_factory=dict)
    """The model that wrote it, by the id of the entry."""

    def made(self, entry_id: str) -> str:
        """How the texts of an entry came about, as a pair tells it."""
        writer = self.writers.get(entry_id)
        return f"{SHIPPED}: {writer}" if writer else SHIPPED


NOTHING_ADDED = Addition()


def is_added(pair: PreferencePair) -> bool:
    """Whether a pair is made of something that was accepted into the bank."""
    return pair.made.startswith(f"{SHIPPED}: ")
