"""Undo and redo in words: who changed what, whose it is, and where."""

from datetime import datetime

from engine.store.authors import Road
from engine.store.journal import Change, Way
from engine.store.journal_reach import Reach
from studio.text import count, moment, one_line

DID = {"undo": "Undone", "redo": "Done again"}
NOTHING = {"undo": "There is nothing to undo.", "redo": "There is nothing to redo."}
HEADINGS = {"undo": "Undo what was not done here?", "redo": "Do again what was not undone here?"}
VERBS = {"undo": "Undo", "redo": "Do again"}
WRITING = (
    "Save your words (ctrl+s) or leave them (esc) first. ctrl+z and ctrl+y undo and redo typing."
)
TEXT = 48
"""Characters of a pair's answer, enough to know it by."""


def done(way: Way, change: Change, reach: Reach, reader_id: str | None) -> str:
    """What was undone or done again.

    Args:
        reader_id: whose pairs are on the screens; another's are said to be another's.
    """
    elsewhere = reach.readers and reader_id is not None and reader_id not in reach.readers
    told = f"{DID[way]}: {one_line(change.title)}{about(reach)}."
    return f"{told} That is another reader than the one shown." if elsewhere else told


def question(change: Change, reach: Reach, opened_at: datetime) -> str:
    """What is about to be undone or done again, where this window did not do it."""
    made_at = datetime.fromisoformat(change.made_at)
    where = "before this window was opened" if made_at < opened_at else "not in this window"
    return f"{one_line(change.title)}{about(reach)}.\n{made(change)}, {where}."


def made(change: Change) -> str:
    """When, by whom and by which road: `Made 2026-01-02 03:04 (ana, window)`."""
    made_at = datetime.fromisoformat(change.made_at)
    return f"Made {moment(made_at)} ({author(change.who, change.road)})"


def author(who: str | None, road: Road | None) -> str:
    """Who made a change and by which road, as far as the journal knows: `ana, window`."""
    if who is None:
        return "who unknown"
    return ", ".join([one_line(who, 30), *([road] if road else [])])


def about(reach: Reach) -> str:
    """Whose it is, and the pair it begins with: ` (Ana Lima, “She gives the…”)`."""
    names = [one_line(name, 30) for name in reach.readers.values()]
    parts = [count(len(names), "reader")] if len(names) > 2 else names
    if reach.pairs > 1:
        parts.append(count(reach.pairs, "pair"))
    if reach.text:
        parts.append(f"{'from ' if reach.pairs > 1 else ''}“{one_line(reach.text, TEXT)}”")
    return f" ({', '.join(parts)})" if parts else ""
