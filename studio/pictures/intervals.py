"""Scores on a line from -1 to 1, with the interval they lie in: `····├──●──┤···`."""

from collections.abc import Iterator, Mapping, Sequence

from engine.domain import Profile, Trait
from engine.frameworks import dimensions
from studio.text import one_line

MARKS = {"reviews": "●", "questionnaire": "◆", "picks": "○"}
EDITOR = "✎"
LEGEND = "● reviews  ◆ questionnaire  ○ picks  ✎ the editor  ├─┤ 90 % interval"
NAME_WIDTH = 22


def big_five(profile: Profile, width: int, facets: bool = True) -> list[str]:
    """The five traits and their facets, each on the line of its score.

    Args:
        width: in columns, at least 50.
    """
    scales = [scale for scale in dimensions("ocean") if facets or scale.parent is None]
    name_width = min(NAME_WIDTH, width // 3)
    line_width = _odd(width - name_width - 8)
    lines = [" " * name_width + _axis(line_width)]
    for scale in scales:
        trait = profile.trait(scale.id)
        if scale.parent is None and len(lines) > 1 and facets:
            lines.append("")
        name = one_line(("  " if scale.parent else "") + scale.name, name_width - 1)
        lines.append(f"{name:<{name_width}}{scored_line(trait, line_width)}")
    return [*lines, "", *legend(width)]


def interval_line(trait: Trait | None, width: int) -> str:
    """The line of one trait: its interval and the mark of each source; dots where unknown."""
    cells = ["·"] * width
    cells[width // 2] = "┊"
    if trait is None:
        return "".join(cells)
    if trait.interval and trait.status == "known":
        start, end = (_column(edge, width) for edge in trait.interval)
        cells[start : end + 1] = "─" * (end - start + 1)
        cells[start], cells[end] = "├", "┤"
    for column, mark in _marks(trait, width):
        cells[column] = mark
    return "".join(cells)


def scored_line(trait: Trait | None, width: int) -> str:
    """The line of one trait with its score behind it (6 columns), or that it is unknown (8)."""
    if trait is None or not trait.is_known:
        return f"{interval_line(trait, width)} unknown"
    flag = "!" if trait.sources_disagree else " "
    return f"{interval_line(trait, width)}{flag}{trait.effective_score:+.2f}"


def _marks(trait: Trait, width: int) -> Iterator[tuple[int, str]]:
    """The source that counts is drawn last, so that it is not covered."""
    for source, score in reversed(trait.sources.items()):
        yield _column(score, width), MARKS[source]
    if trait.override and trait.override.kind != "unknown":
        yield _column(trait.override.score, width), EDITOR


def _column(score: float, width: int) -> int:
    return round((max(-1.0, min(1.0, score)) + 1) / 2 * (width - 1))


def _odd(width: int) -> int:
    """A width with a middle."""
    return max(11, width - 1 + width % 2)


def _axis(width: int) -> str:
    half = width // 2
    return "-1" + " " * (half - 2) + "0" + " " * (half - 2) + "+1"


def legend(width: int) -> Sequence[str]:
    """What the marks mean, on as many lines as it takes."""
    parts = LEGEND.split("  ")
    lines = [""]
    for part in parts:
        if lines[-1] and len(lines[-1]) + 2 + len(part) > width:
            lines.append("")
        lines[-1] += ("  " if lines[-1] else "") + part
    return [*lines, "! before a score: the sources disagree"]


def disagreements(profile: Profile, names: Mapping[str, str]) -> list[str]:
    """Traits on which the sources stand apart, each with what every source says."""
    return [
        f"{names.get(trait.id, trait.id)}: "
        + ", ".join(f"{source} {score:+.2f}" for source, score in trait.sources.items())
        for trait in profile.traits
        if trait.sources_disagree
    ]
