"""When the evidence was written: a strip a trait, ▲ for it and ▼ against it, from left to right."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from engine.domain import Profile, Trait
from studio.text import one_line

NAME_WIDTH = 26
MARKS = {(True, False): "▲", (False, True): "▼", (True, True): "◆"}
LEGEND = "▲ speaks for the high end  ▼ for the low end  ◆ both"


def evidence_timeline(
    profile: Profile,
    written_at: Mapping[str, datetime | None],
    names: Mapping[str, str],
    width: int,
    most: int = 30,
) -> list[str]:
    """The traits with most dated quotes, each over the time the reviews span.

    Args:
        written_at: review id to its date; undated reviews are counted below.
        width: in columns, at least 50.
        most: traits shown at most.
    """
    dated = [
        (trait, quotes)
        for trait in profile.traits
        if trait.framework not in ("demographics", "interests")
        and (quotes := list(_dated(trait, written_at)))
    ]
    if not dated:
        return ["No quote has a date yet."]
    dated.sort(key=lambda entry: (-len(entry[1]), entry[0].id))
    moments = [when for _, quotes in dated for when, _ in quotes]
    first, last = min(moments), max(moments)
    room = max(10, width - NAME_WIDTH)
    lines = [f"{'':<{NAME_WIDTH}}{_axis(first, last, room)}"]
    lines += [_strip(trait, quotes, names, first, last, room) for trait, quotes in dated[:most]]
    undated = Counter(
        span.review_id
        for trait in profile.traits
        for span in trait.evidence
        if written_at.get(span.review_id) is None
    )
    lines += ["", LEGEND]
    if undated:
        lines.append(f"{undated.total()} quotes from {len(undated)} undated reviews not shown.")
    return lines


def _dated(
    trait: Trait, written_at: Mapping[str, datetime | None]
) -> Iterator[tuple[datetime, float]]:
    for span in trait.evidence:
        when = written_at.get(span.review_id)
        if when is not None:
            yield when, span.stance


def _strip(
    trait: Trait,
    quotes: list[tuple[datetime, float]],
    names: Mapping[str, str],
    first: datetime,
    last: datetime,
    room: int,
) -> str:
    sides: dict[int, tuple[bool, bool]] = {}
    for when, stance in quotes:
        column = _column(when, first, last, room)
        high, low = sides.get(column, (False, False))
        sides[column] = (high or stance > 0, low or stance < 0)
    cells = [MARKS.get(sides[column], "·") if column in sides else "·" for column in range(room)]
    name = one_line(names.get(trait.id, trait.id), NAME_WIDTH - 1)
    return f"{name:<{NAME_WIDTH}}{''.join(cells)}"


def _column(when: datetime, first: datetime, last: datetime, room: int) -> int:
    span = (last - first).total_seconds()
    return 0 if not span else round((when - first).total_seconds() / span * (room - 1))


def _axis(first: datetime, last: datetime, room: int) -> str:
    start, end = f"{first:%Y-%m}", f"{last:%Y-%m}"
    if start == end:
        return start
    return start + " " * max(1, room - len(start) - len(end)) + end
