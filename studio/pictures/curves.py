"""Curves over a run's steps: a scale, an axis of steps, and a mark of its own for each curve.

A line is drawn in braille dots, two steps of a cell wide and four high; where a cell's half holds
many steps it stands at their mean. Lone marks stand where their steps are. What the drawing cannot
tell (the first, the last, the extremes) is told in words by `curve_words`.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from textual.content import Content

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bits of a braille cell's dots, by row and column."""
LINE_SIGN = "⠒"
ALONE = "•"
"""A line of one point."""
NICE = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Curve:
    """One series of a chart."""

    name: str
    points: dict[int, float]
    """Step to value, in the order of the steps."""
    mark: str = ""
    """What each point is drawn as; a line through all of them where empty."""
    style: str = ""

    @property
    def sign(self) -> str:
        return self.mark or LINE_SIGN

    @cached_property
    def finite(self) -> list[tuple[int, float]]:
        """The points that can be drawn: a loss may be no number at all."""
        return [(step, value) for step, value in self.points.items() if math.isfinite(value)]


@dataclass(frozen=True)
class _Frame:
    """Where steps and values lie, in dots: two to a column, four to a row."""

    first: int
    last: int
    low: float
    high: float
    columns: int
    rows: int

    def x(self, step: int) -> int:
        span = max(1, self.last - self.first)
        return round((min(step, self.last) - self.first) / span * (2 * self.columns - 1))

    def y(self, value: float) -> int:
        share = (self.high - value) / (self.high - self.low)
        return round(max(0.0, min(1.0, share)) * (4 * self.rows - 1))


def curve_chart(
    curves: Sequence[Curve],
    width: int,
    height: int,
    told: Callable[[float], str],
    bounds: tuple[float, float] | None = None,
    last_step: int = 0,
) -> list[Content]:
    """The curves on `height` lines of `width` columns: rows of the scale, then the axis of steps.

    Args:
        told: a value of the scale in words.
        bounds: the ends of the scale; fitted to what is drawn where None.
        last_step: how far the axis goes at least, for a run that is not there yet.
    """
    told_of = [points for curve in curves if (points := curve.finite)]
    if not told_of or height < 2:
        return []
    first = min(points[0][0] for points in told_of)
    last, rows = max(last_step, *(points[-1][0] for points in told_of)), height - 1
    drawn = [
        (curve, _means(points, first, last, width if curve.mark else 2 * width))
        for curve in curves
        if (points := curve.finite)
    ]
    low, high = bounds or _scale([value for _, points in drawn for _, value in points])
    labels = _labels(low, high, rows, told)
    label_width = max(map(len, labels.values()))
    frame = _Frame(first, last, low, high, max(4, width - label_width - 1), rows)
    cells = _cells(drawn, frame)
    lines = [
        Content.assemble(
            f"{labels.get(row, ''):>{label_width}}{'┤' if row in labels else '│'}",
            *((sign, style) for sign, style in cells[row]),
        )
        for row in range(rows)
    ]
    return [*lines, Content(" " * label_width + _axis(first, last, frame.columns))]


def _labels(low: float, high: float, rows: int, told: Callable[[float], str]) -> dict[int, str]:
    """Row to the value at its height: the ends, and the middle where a row lies there."""
    labels = {0: told(high), rows - 1: told(low)}
    if rows >= 5 and rows % 2:
        labels[rows // 2] = told((low + high) / 2)
    return labels


def _cells(
    drawn: Sequence[tuple[Curve, Sequence[tuple[int, float]]]], frame: _Frame
) -> list[list[tuple[str, str]]]:
    """Row by row a sign and its style; marks lie over lines."""
    cells = [[(" ", "")] * frame.columns for _ in range(frame.rows)]
    for curve, points in sorted(drawn, key=lambda entry: bool(entry[0].mark)):
        if curve.mark or len(points) == 1:
            for step, value in points:
                cells[frame.y(value) // 4][frame.x(step) // 2] = (curve.mark or ALONE, curve.style)
            continue
        bits: dict[tuple[int, int], int] = {}
        for x, y in _dots(points, frame):
            at = (y // 4, x // 2)
            bits[at] = bits.get(at, 0) | DOTS[y % 4][x % 2]
        for (row, column), dots in bits.items():
            cells[row][column] = (chr(0x2800 + dots), curve.style)
    return cells


def _means(
    points: Sequence[tuple[int, float]], first: int, last: int, most: int
) -> Sequence[tuple[int, float]]:
    """At most so many points, each at the mean of those around it that it stands for."""
    if len(points) <= most:
        return points
    bins: dict[int, list[tuple[int, float]]] = {}
    for point in points:
        bins.setdefault((point[0] - first) * most // (last - first + 1), []).append(point)
    return [
        (sum(step for step, _ in bin_) // len(bin_), sum(value for _, value in bin_) / len(bin_))
        for bin_ in bins.values()
    ]


def _dots(points: Sequence[tuple[int, float]], frame: _Frame) -> Iterator[tuple[int, int]]:
    """The dots of a line through the points, without a gap."""
    places = [(frame.x(step), frame.y(value)) for step, value in points]
    yield places[0]
    for (x0, y0), (x1, y1) in pairwise(places):
        length = max(abs(x1 - x0), abs(y1 - y0), 1)
        for at in range(1, length + 1):
            yield x0 + round((x1 - x0) * at / length), y0 + round((y1 - y0) * at / length)


def _scale(values: Sequence[float]) -> tuple[float, float]:
    """Round ends around the values, so that the scale stands still while values come in."""
    low, high = min(values), max(values)
    if low == high:
        low, high = low - (abs(low) / 10 or 0.5), high + (abs(high) / 10 or 0.5)
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(nice for nice in NICE if nice * power >= rough * 0.999)
    return math.floor(low / step) * step, math.ceil(high / step) * step


def _axis(first: int, last: int, columns: int) -> str:
    start, end = f"└ step {first:,} ", f" step {last:,}"
    return start + "─" * max(1, columns + 1 - len(start) - len(end)) + end


def curve_words(
    curves: Sequence[Curve], told: Callable[[float], str], width: int, lines: int = 2
) -> list[Content]:
    """The newest value of each curve behind its mark, then the first's extremes, as far as fits."""
    phrases = [
        Content.assemble((curve.sign, curve.style), f" {curve.name} {_newest(curve, told)}")
        for curve in curves
        if curve.points
    ]
    phrases += [Content(phrase) for curve in curves[:1] for phrase in _course(curve, told)]
    rows: list[list[Content]] = [[]]
    for phrase in phrases:
        room = width - sum(part.cell_length + 2 for part in rows[-1])
        if phrase.cell_length > room and rows[-1]:
            if len(rows) == lines:
                break
            rows.append([])
        rows[-1].append(phrase)
    return [Content("  ").join(row) for row in rows if row]


def _newest(curve: Curve, told: Callable[[float], str]) -> str:
    newest = next(reversed(curve.points.values()))
    return told(newest) if math.isfinite(newest) else "no number"


def _course(curve: Curve, told: Callable[[float], str]) -> Iterator[str]:
    points = curve.finite
    if missing := len(curve.points) - len(points):
        yield f"no number at {missing:,} of {len(curve.points):,} steps"
    if len(points) > 1:
        yield f"first {told(points[0][1])}"
        for word, pick in (("lowest", min), ("highest", max)):
            step, value = pick(points, key=lambda point: point[1])
            yield f"{word} {told(value)} at step {step:,}"
