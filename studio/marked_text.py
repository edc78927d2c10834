"""A text with spans marked where they stand, each by signs of its own and not by colour alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from engine.description_checks import Flag
from engine.domain import Evidence
from studio.preview_words import SIGNS
from studio.text import visible

FOR = ("»", "«")
AGAINST = ("\u203a", "\u2039")
"""Single angle quotation marks that point the same way as the double ones."""
CURRENT = "bold reverse"
OTHER = "underline"


@dataclass(frozen=True)
class Mark:
    """A span of a text, and the signs around it."""

    start: int
    end: int
    signs: tuple[str, str]
    is_current: bool = False


def marked(text: str, spans: Sequence[Evidence], current: Evidence | None) -> Content:
    """A review with the spans of one trait, each side between marks of its own."""
    return with_marks(
        text,
        [
            Mark(span.start, span.end, FOR if span.stance > 0 else AGAINST, span == current)
            for span in spans
        ],
    )


def flagged(text: str, flags: Sequence[Flag]) -> Content:
    """A description with what the checks found between angle marks, its sign first."""
    opening, closing = AGAINST
    return with_marks(
        text,
        [
            Mark(flag.start, flag.end, (f"{opening}{SIGNS[flag.kind]}", closing))
            for flag in flags
            if flag.start < flag.end
        ],
    )


def with_marks(text: str, marks: Sequence[Mark]) -> Content:
    """The text with every span between its signs; spans may overlap or lie in one another."""
    edges = sorted({0, len(text), *(edge for mark in marks for edge in (mark.start, mark.end))})
    parts: list[tuple[str, str]] = []
    for at, after in zip(edges, [*edges[1:], len(text)], strict=True):
        # What opened last closes first.
        closing = sorted((mark for mark in marks if mark.end == at), key=lambda mark: -mark.start)
        opening = sorted((mark for mark in marks if mark.start == at), key=lambda mark: -mark.end)
        parts += [(mark.signs[1], _style([mark])) for mark in closing]
        parts += [(mark.signs[0], _style([mark])) for mark in opening]
        over = [mark for mark in marks if mark.start <= at and after <= mark.end]
        parts.append((visible(text[at:after]), _style(over)))
    return Content.assemble(*parts)


def _style(over: Sequence[Mark]) -> str:
    if any(mark.is_current for mark in over):
        return CURRENT
    return OTHER if over else ""


def line_of_current(shown: Content, width: int) -> int:
    """The line on which the current span begins when the text is wrapped to `width` columns."""
    for number, line in enumerate(shown.wrap(width)):
        if any("reverse" in str(span.style) for span in line.spans):
            return number
    return 0
