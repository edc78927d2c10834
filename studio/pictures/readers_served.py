"""Which readers a dataset serves: a bar a group of personas, chosen against rejected."""

from typing import TYPE_CHECKING

from studio.text import count, one_line

if TYPE_CHECKING:
    from engine.personas.map import Group, PersonaMap, Served

NAME_WIDTH = 30
NARROWEST_BAR = 10
SERVED_WORDS: "dict[Served, str]" = {
    "served": "served",
    "failed": "failed",
    "both": "both ways",
}


def readers_served(found: "PersonaMap", width: int) -> list[str]:
    """A line a group, the largest first: its name, a bar of its members, and what they come to.

    Args:
        width: in columns, at least 60.
    """
    largest = max(len(group.members) for group in found.groups)
    room = max(NARROWEST_BAR, width - NAME_WIDTH - 24)
    lines = [_line(group, largest, room) for group in found.groups]
    return [*lines, "", "█ prefers the chosen answer   ▒ prefers the rejected one"]


def _line(group: "Group", largest: int, room: int) -> str:
    members = len(group.members)
    length = max(1, round(members / largest * room))
    chosen = round(group.chosen / members * length)
    bar = "█" * chosen + "▒" * (length - chosen)
    share = group.chosen / members
    told = f"{members:>4}  {share:>4.0%} {SERVED_WORDS[group.served]}"
    return f"{one_line(group.name, NAME_WIDTH - 1):<{NAME_WIDTH}}{bar:<{room}} {told}"


def twins_told(found: "PersonaMap") -> str:
    """How many personas say the same as another, in a sentence; empty where none does."""
    if not found.twins:
        return ""
    own = sum(one.is_of_one_pair for one in found.twins)
    at_least = "At least " if found.has_more_twins else ""
    told = f"{at_least}{count(len(found.twins), 'pair')} of personas say the same"
    if not own:
        return f"{told}."
    return f"{told}, {own:,} of them about one pair: these cannot tell its answers apart."
