"""A review with the spans of one trait marked where they stand, each side by marks of its own."""

from collections.abc import Sequence

from textual.content import Content

from engine.domain import Evidence
from studio.text import visible

FOR = ("»", "«")
AGAINST = ("\u203a", "\u2039")
"""Single angle quotation marks that point the same way as the double ones."""
CURRENT = "bold reverse"
OTHER = "underline"


def marked(text: str, spans: Sequence[Evidence], current: Evidence | None) -> Content:
    """The text with every span between its marks; spans may overlap or lie in one another."""
    edges = sorted({0, len(text), *(edge for span in spans for edge in (span.start, span.end))})
    parts: list[tuple[str, str]] = []
    for at, after in zip(edges, [*edges[1:], len(text)], strict=True):
        # What opened last closes first.
        closing = sorted((span for span in spans if span.end == at), key=lambda span: -span.start)
        opening = sorted((span for span in spans if span.start == at), key=lambda span: -span.end)
        parts += [(_marks(span)[1], _style([span], current)) for span in closing]
        parts += [(_marks(span)[0], _style([span], current)) for span in opening]
        over = [span for span in spans if span.start <= at and after <= span.end]
        parts.append((visible(text[at:after]), _style(over, current)))
    return Content.assemble(*parts)


def _marks(span: Evidence) -> tuple[str, str]:
    return FOR if span.stance > 0 else AGAINST


def _style(over: Sequence[Evidence], current: Evidence | None) -> str:
    if current is not None and current in over:
        return CURRENT
    return OTHER if over else ""


def line_of_current(shown: Content, width: int) -> int:
    """The line on which the current span begins when the text is wrapped to `width` columns."""
    for number, line in enumerate(shown.wrap(width)):
        if any("reverse" in str(span.style) for span in line.spans):
            return number
    return 0
