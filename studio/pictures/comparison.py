"""Two readers side by side: each trait on both their lines, the widest gaps first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import set_cell_size

from engine.domain import Trait
from engine.editing import Difference
from studio.pictures.intervals import scored_line
from studio.text import one_line

SCORE_WIDTH = 8
"""A score, or `unknown`, behind a line."""
GAP_WIDTH = 5
FACTS = "Facts"
SCORES = "Scores, the widest gap first"


@dataclass(frozen=True)
class ComparedLine:
    """A line of the picture, and what it is about."""

    text: str
    difference: Difference | None = None
    """None for a heading."""


def comparison(
    differences: Sequence[Difference],
    names: Mapping[str, str],
    readers: tuple[str, str],
    width: int,
) -> list[ComparedLine]:
    """Scores by gap, facts by value, then what is known of one reader alone.

    Args:
        differences: as `compare` gives them.
        names: trait id to a name for people.
        width: in columns, at least 60.
    """
    columns = _Columns.of(width)
    both = [one for one in differences if one.gap is not None]
    groups = {
        SCORES: [one for one in both if one.framework != "demographics"],
        FACTS: [one for one in both if one.framework == "demographics"],
        f"Known of {one_line(readers[0], 30)} alone": [one for one in differences if _lacks(one.b)],
        f"Known of {one_line(readers[1], 30)} alone": [one for one in differences if _lacks(one.a)],
    }
    return [
        line for title, found in groups.items() for line in _group(title, found, names, columns)
    ]


def reader_columns(readers: tuple[str, str], width: int) -> str:
    """The two readers' names, each over its column."""
    columns = _Columns.of(width)
    return (
        f"{'Trait':<{columns.name}}"
        + "".join(set_cell_size(one_line(name, columns.side - 1), columns.side) for name in readers)
        + "gap"
    )


@dataclass(frozen=True)
class _Columns:
    """Widths of the columns."""

    name: int
    line: int

    @property
    def side(self) -> int:
        return self.line + SCORE_WIDTH + 1

    @classmethod
    def of(cls, width: int) -> "_Columns":
        name = max(20, width // 3)
        line = (width - name - GAP_WIDTH) // 2 - SCORE_WIDTH - 1
        return cls(name, max(7, line - 1 + line % 2))


def _group(
    title: str, found: Sequence[Difference], names: Mapping[str, str], columns: _Columns
) -> Iterator[ComparedLine]:
    if found:
        yield ComparedLine(title)
    for one in found:
        name = one_line(names.get(one.trait_id, one.trait_id), columns.name - 1)
        sides = "".join(_side(one, trait, columns) for trait in (one.a, one.b))
        gap = "" if one.gap is None or one.framework == "demographics" else f"{one.gap:.2f}"
        yield ComparedLine(f"{name:<{columns.name}}{sides}{gap}", one)


def _side(one: Difference, trait: Trait | None, columns: _Columns) -> str:
    if one.framework != "demographics":
        return f"{scored_line(trait, columns.line):<{columns.side}}"
    value = trait.effective_value if trait else None
    return set_cell_size(one_line(value or "unknown", columns.side - 1), columns.side)


def _lacks(trait: Trait | None) -> bool:
    return trait is None or not trait.is_known
