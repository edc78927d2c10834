"""Which other readers one adapter is to be trained for, beside the chosen one."""

from collections.abc import Sequence
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from engine.store.readers import ReaderSummary
from studio.text import count, one_line


class FurtherReaders(ModalScreen[tuple[str, ...] | None]):
    """Gives back their ids; None changes nothing."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", id="further.cancel", tooltip="Change nothing"),
        Binding("space", "tick", "Tick", id="further.tick", tooltip="Take a reader, or not"),
        Binding(
            "enter", "take", "Take", id="further.take", tooltip="Take the ticked", priority=True
        ),
    ]
    options = getters.query_one("#others", OptionList)

    def __init__(
        self, reader: ReaderSummary, others: Sequence[ReaderSummary], ticked: Sequence[str]
    ) -> None:
        """
        Args:
            others: readers with a profile and pairs.
            ticked: ids of those taken to begin with.
        """
        super().__init__()
        self._reader = reader
        self._others = others
        self._ticked = set(ticked)

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = Content(f"One adapter for {one_line(self._reader.name, 30)} and …")
            box.border_subtitle = "space ticks  enter takes them  esc cancels"
            yield Static(
                "It learns to read the card: each pair is asked with its own reader's.",
                classes="quiet",
                markup=False,
            )
            yield OptionList(*map(self._line, self._others), id="others", markup=False)

    def _line(self, reader: ReaderSummary) -> Option:
        tick = "✓" if reader.id in self._ticked else "·"
        pairs = count(reader.pairs, "pair")
        return Option(
            Content.assemble(f"{tick} {one_line(reader.name, 50)}", (f"  {pairs}", "dim"))
        )

    def action_tick(self) -> None:
        at = self.options.highlighted
        if at is None:
            return
        self._ticked ^= {self._others[at].id}
        self.options.replace_option_prompt_at_index(at, self._line(self._others[at]).prompt)

    def action_take(self) -> None:
        self.dismiss(tuple(one.id for one in self._others if one.id in self._ticked))
