"""Schwartz's circle drawn with characters: a spoke a value, as long as the value matters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi, sin, sqrt
from textwrap import wrap

from engine.profile.circle import Circle, Point

SHORT_NAMES: Mapping[str, str] = {
    "schwartz.self_direction_thought": "Own thought",
    "schwartz.self_direction_action": "Own action",
    "schwartz.stimulation": "Stimulation",
    "schwartz.hedonism": "Hedonism",
    "schwartz.achievement": "Achievement",
    "schwartz.power_dominance": "Power: people",
    "schwartz.power_resources": "Power: means",
    "schwartz.face": "Face",
    "schwartz.security_personal": "Own safety",
    "schwartz.security_societal": "Public safety",
    "schwartz.tradition": "Tradition",
    "schwartz.conformity_rules": "Rules",
    "schwartz.conformity_interpersonal": "Considerate",
    "schwartz.humility": "Humility",
    "schwartz.benevolence_dependability": "Dependable",
    "schwartz.benevolence_caring": "Caring",
    "schwartz.universalism_concern": "Justice",
    "schwartz.universalism_nature": "Nature",
    "schwartz.universalism_tolerance": "Tolerance",
}
LABEL_WIDTH = 20
"""Columns kept on each side for a name and its score."""
LEAST_WIDTH = 62


@dataclass(frozen=True)
class _Canvas:
    """A grid of characters with an ellipse in its middle."""

    cells: list[list[str]]
    radius_x: float
    radius_y: float

    @classmethod
    def of(cls, width: int, height: int) -> "_Canvas":
        radius_y = height / 2 - 2
        # A character is about twice as high as it is wide.
        radius_x = min(width / 2 - LABEL_WIDTH - 2, radius_y * 2.2)
        return cls([[" "] * width for _ in range(height)], radius_x, radius_y)

    @property
    def middle(self) -> tuple[float, float]:
        return (len(self.cells[0]) - 1) / 2, (len(self.cells) - 1) / 2

    def put(self, degrees: float, radius: float, mark: str) -> None:
        """A character at an angle clockwise from the top, 0 (middle) to 1 (rim) away."""
        angle, (x, y) = degrees * pi / 180, self.middle
        row = round(y - radius * self.radius_y * cos(angle))
        self.cells[row][round(x + radius * self.radius_x * sin(angle))] = mark

    def write(self, row: int, start: int, text: str) -> None:
        """Text with a blank on both sides, moved so that it fits on its line."""
        line = self.cells[row]
        start = max(0, min(len(line) - len(text), start))
        for column, mark in enumerate(f" {text} ", start - 1):
            if 0 <= column < len(line):
                line[column] = mark

    def rim_at(self, row: int) -> float:
        """How far the rim is from the middle on this line, in columns."""
        height = min(1.0, abs(self.middle[1] - row) / max(self.radius_y, 1.0))
        return self.radius_x * sqrt(1 - height * height)


def value_circle(drawn: Circle, width: int, height: int) -> list[str]:
    """The circle with each value's name and score round it; the middle is -1, the rim +1.

    Args:
        width: in columns; under 62, or with too few lines, it becomes a list.
        height: in lines, the note at the foot included.
    """
    foot = [
        "",
        *(line for told in (drawn.note(), *clash_lines(drawn)) for line in wrap(told, width)),
    ]
    room = height - len(foot)
    if width < LEAST_WIDTH or room < len(drawn.points) // 2 + 4:
        return [*map(_listed, drawn.points), *foot]
    canvas = _Canvas.of(width, room)
    for degrees in range(0, 720):
        canvas.put(degrees / 2, 1.0, "·")
    for point in drawn.points:
        _draw_spoke(canvas, point)
    canvas.put(0.0, 0.0, "+")
    half = len(drawn.points) // 2 + 1
    _write_labels(canvas, drawn.points[:half], is_left=False)
    _write_labels(canvas, drawn.points[: half - 1 : -1], is_left=True)
    return ["".join(row).rstrip() for row in canvas.cells] + foot


def _draw_spoke(canvas: _Canvas, point: Point) -> None:
    if point.score is None:
        return
    length = (point.score + 1) / 2
    for step in range(1, 13):
        if step / 12 < length:
            canvas.put(point.angle, step / 12, "∙")
    canvas.put(point.angle, length, "●" if point.score >= 0 else "○")


def _write_labels(canvas: _Canvas, points: Sequence[Point], is_left: bool) -> None:
    """Names outside the rim on one side, from the top down, one on a line."""
    middle = canvas.middle[0]
    for point, row in zip(points, _rows_for(canvas, points), strict=True):
        text, reach = _label(point), canvas.rim_at(row) + 3
        canvas.write(row, round(middle - reach - len(text) if is_left else middle + reach), text)


def _rows_for(canvas: _Canvas, points: Sequence[Point]) -> list[int]:
    """The line of each label: where its spoke ends, pushed apart so that no two share one."""
    middle, height = canvas.middle[1], len(canvas.cells)
    rows: list[int] = []
    for place, point in enumerate(points):
        wanted = round(middle - canvas.radius_y * 1.1 * cos(point.angle * pi / 180))
        lowest = rows[-1] + 1 if rows else 0
        rows.append(max(lowest, min(height - (len(points) - place), wanted)))
    return rows


def _label(point: Point) -> str:
    return f"{SHORT_NAMES.get(point.id, point.name)} {_score(point)}"


def _score(point: Point) -> str:
    # Adding 0.0 turns the -0.0 of a rounded score into 0.0.
    return "?" if point.score is None else f"{round(point.score, 1) + 0.0:+.1f}"


def _listed(point: Point) -> str:
    centred = "" if point.centred is None else f" ({point.centred:+.2f} from the own mean)"
    return f"{SHORT_NAMES.get(point.id, point.name):<14} {_score(point)}{centred}"


def clash_lines(drawn: Circle) -> list[str]:
    """Each pair of opposite values that are both extreme, in a sentence."""
    names = {point.id: SHORT_NAMES.get(point.id, point.name) for point in drawn.points}
    return [
        f"! {names[one]} and {names[other]} lie opposite and are both extreme: read their quotes."
        for one, other in drawn.clashes
    ]
