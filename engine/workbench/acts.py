"""What an editor does to many pairs at once: each act is one change that undo takes back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from engine.store import pair_marks
from engine.store.database import change, opened
from models.errors import BadInput

Verb = Literal["accept", "drop", "restore", "flag", "unflag", "swap"]
VERBS: tuple[Verb, ...] = get_args(Verb)
_MARKS: Mapping[Verb, Mapping[str, bool]] = {
    "accept": {"accepted": True, "dropped": False},
    "drop": {"dropped": True, "accepted": False},
    "restore": {"dropped": False},
    "flag": {"flagged": True},
    "unflag": {"flagged": False},
}
_TITLES: Mapping[Verb, tuple[str, str]] = {
    "accept": ("Accept a pair", "Accept {:,} pairs"),
    "drop": ("Drop a pair", "Drop {:,} pairs"),
    "restore": ("Restore a pair", "Restore {:,} pairs"),
    "flag": ("Flag a pair", "Flag {:,} pairs"),
    "unflag": ("Take the flag from a pair", "Take the flag from {:,} pairs"),
    "swap": ("Swap the sides of a pair", "Swap the sides of {:,} pairs"),
}


@dataclass(frozen=True)
class Acted:
    """What an act came to."""

    verb: Verb
    asked: int
    changed: int
    """Fewer than asked where some were so already."""
    title: str
    """As the journal has it."""


def act(data_dir: Path, verb: Verb, ids: Iterable[str]) -> Acted:
    """Do one thing to pairs, in one change; those that are so already stay out of it.

    To accept a dropped pair takes it back in; to drop an accepted one takes the acceptance away.

    Raises:
        BadInput: a pair is not there, or none was named; nothing was changed.
    """
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        raise BadInput("No pair was named.", "Give the ids of pairs, or a filter that finds some.")
    with opened(data_dir) as db:
        pair_marks.ensure_there(db, wanted)
        marks = _MARKS.get(verb, {})
        changed = pair_marks.without(db, wanted, marks) if marks else wanted
        one, many = _TITLES[verb]
        title = one if len(changed) == 1 else many.format(len(changed))
        with change(db, title):
            if marks:
                pair_marks.mark(db, changed, marks)
            else:
                pair_marks.swap(db, changed)
    return Acted(verb, len(wanted), len(changed), title)
