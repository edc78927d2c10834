"""What holds when texts of a pair are edited: nothing unseen is overwritten, the answers differ."""

from collections.abc import Mapping

from engine.domain import PreferencePair, are_same
from engine.pair_files.own_fields import TEXTS
from models.errors import BadInput


class ChangedMeanwhile(BadInput):
    """Somebody else changed the texts since; nothing was overwritten."""

    def __init__(self, now: PreferencePair) -> None:
        super().__init__(
            f"The texts of pair {now.id} were changed in the meantime; yours were not stored.",
            "Look at them, and begin again from what is there now.",
        )
        self.now = now


def texts_of(pair: PreferencePair) -> dict[str, str]:
    """The texts that an editor may change."""
    return {name: getattr(pair, name) for name in TEXTS}


def ensure_still(now: PreferencePair, began: Mapping[str, str]) -> None:
    """
    Args:
        began: the texts that the work began from, by name; those left out may be anything.

    Raises:
        ChangedMeanwhile: one of them is another now.
    """
    if began.items() - texts_of(now).items():
        raise ChangedMeanwhile(now)


def ensure_differ(pair: PreferencePair) -> None:
    """
    Raises:
        BadInput: both answers are the same but for white space.
    """
    if are_same(pair.chosen, pair.rejected):
        raise BadInput("Both answers would be the same.", "Change one, or drop the pair.")
