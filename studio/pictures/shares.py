"""What a reader reads: a bar a genre for its share of the history, with how it was liked."""

from collections.abc import Mapping

from engine.domain import Profile, Trait
from studio.text import count, one_line

NAME_WIDTH = 24


def interest_shares(profile: Profile, names: Mapping[str, str], width: int) -> list[str]:
    """Genres by share, those liked and those turned away from, then what else puts off.

    Args:
        names: trait id to a name for people.
        width: in columns, at least 50.
    """
    found = [trait for trait in profile.of("interests") if trait.is_known]
    if not found:
        return ["No genre is known yet."]
    found.sort(key=lambda trait: (-(trait.share or 0.0), trait.id))
    largest = max((trait.share or 0.0 for trait in found), default=0.0) or 1.0
    room = max(8, width - NAME_WIDTH - 26)
    lines = [_line(trait, names, largest, room) for trait in found]
    put_off = [
        one_line(names.get(trait.id, trait.id), width - 4)
        for trait in profile.of("aversions")
        if trait.is_known and trait.effective_score < 0
    ]
    if put_off:
        lines += ["", "Turns away from:", *(f"  {name}" for name in put_off)]
    return lines


def _line(trait: Trait, names: Mapping[str, str], largest: float, room: int) -> str:
    name = one_line(names.get(trait.id, trait.id), NAME_WIDTH - 1)
    share = trait.share or 0.0
    filled = round(share / largest * room)
    block = "█" if trait.effective_score >= 0 else "▒"
    side = "likes" if trait.effective_score >= 0 else "turns away"
    told = f"{share:>4.0%}  {side} {trait.effective_score:+.2f}"
    books = f", {count(len(trait.books), 'book')}" if trait.books and room > 30 else ""
    return f"{name:<{NAME_WIDTH}}{block * filled:<{room}} {told}{books}"
