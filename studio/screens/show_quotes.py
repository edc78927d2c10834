"""One trait of two readers, in the words of both."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.domain import Trait
from engine.editing import Difference
from studio.shell.trait_lines import short
from studio.text import one_line, visible


class ShowQuotes(ModalScreen[None]):
    """Read-only; escape or enter closes it."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = "#text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "dismiss", "Close", id="quotes.close", tooltip="Close the quotes")
    ]

    def __init__(
        self,
        difference: Difference,
        trait_name: str,
        readers: tuple[str, str],
        titles: Mapping[str, str],
    ) -> None:
        """
        Args:
            titles: review id to the title of its book, for both readers.
        """
        super().__init__()
        self._difference = difference
        self._trait_name = trait_name
        self._readers = readers
        self._titles = titles

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = Content(one_line(self._trait_name, 70))
            box.border_subtitle = "esc closes"
            with VerticalScroll(id="text"):
                yield Static(self._told(), markup=False)

    def _told(self) -> Content:
        sides = zip(self._readers, (self._difference.a, self._difference.b), strict=True)
        parts = [part for name, trait in sides for part in self._side(name, trait)]
        return Content.assemble(*parts).rstrip()

    def _side(self, reader: str, trait: Trait | None) -> Iterator[str | tuple[str, str]]:
        yield f"{one_line(reader, 60)}: {short(trait)}\n", "bold"
        if trait is not None and trait.override:
            reason = f": {visible(trait.override.reason)}" if trait.override.reason else "."
            yield f"Your own word{reason}\n"
        evidence = sorted(trait.evidence, key=lambda span: -span.stance) if trait else []
        if not evidence:
            yield "No quotes.\n", "dim"
        for span in evidence:
            yield f"{'for' if span.stance > 0 else 'against'} {span.stance:+.2f}  ", "bold"
            yield f"“{visible(span.quote)}”\n"
            title = self._titles.get(span.review_id, "a review that is gone")
            yield f"{one_line(title, 80)}\n", "dim"
        yield "\n"
