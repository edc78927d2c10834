"""One pair in full, to be read or to be edited in its place."""

from dataclasses import dataclass
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static, TextArea

from engine.domain import PreferencePair
from studio.widgets.pair_detail import PairDetail

FIELDS = ("prompt", "chosen", "rejected")


class PairPane(Vertical):
    """A pair to be read; `edit` puts fields in the place of its texts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save", id="pane.save", tooltip="Save the pair"),
        Binding("escape", "leave", "Leave", id="pane.leave", tooltip="Stop editing"),
    ]
    reading = getters.query_one("#reading", PairDetail)
    editing = getters.query_one("#editing", Vertical)
    refusal = getters.query_one("#refusal", Static)

    @dataclass
    class Edited(Message):
        """The editor wants these texts stored."""

        pair_id: str
        texts: dict[str, str]

    class Left(Message):
        """The editor is done with the fields."""

    def __init__(self) -> None:
        super().__init__(classes="panel")
        self._pair: PreferencePair | None = None
        self._trait_name = ""
        self._is_warned = False

    def compose(self) -> ComposeResult:
        yield PairDetail(id="reading")
        with Vertical(id="editing"):
            yield TextArea(id="edit-prompt", compact=True, tab_behavior="focus")
            with Horizontal():
                for name in ("chosen", "rejected"):
                    with Vertical():
                        yield Static(name.capitalize(), classes="answer-title", markup=False)
                        yield TextArea(id=f"edit-{name}", compact=True, tab_behavior="focus")
            yield Static(id="refusal", classes="refusal", markup=False)

    def on_mount(self) -> None:
        self.border_title = "Pair"
        self.editing.display = False

    @property
    def is_editing(self) -> bool:
        return bool(self.editing.display)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.is_editing if action in ("save", "leave") else True

    def show(self, pair: PreferencePair | None, trait_name: str) -> None:
        """Show a pair, or nothing; what is being edited stays until it is saved or left."""
        if self.is_editing:
            return
        self.reading.display = pair is not None
        if pair is None or (pair, trait_name) == (self._pair, self._trait_name):
            self._pair = pair
            return
        self._pair, self._trait_name = pair, trait_name
        self.reading.show(pair, trait_name)

    def edit(self) -> None:
        """Put fields in the place of the texts."""
        pair = self._pair
        if pair is None or self.is_editing:
            return
        for name in FIELDS:
            self._field(name).load_text(getattr(pair, name))
        self.refusal.update("")
        self._is_warned = False
        self._switch(True)
        self._field("chosen").focus()

    def action_save(self) -> None:
        texts = self._texts()
        if empty := [name for name, text in texts.items() if not text.strip()]:
            refusal = f"The {empty[0]} text cannot be empty. Drop the pair instead (esc, then d)."
            self.refusal.update(refusal)
            self._field(empty[0]).focus()
        elif self._pair is not None and self._is_changed:
            old = vars(self._pair)
            changed = {name: text for name, text in texts.items() if text != old[name]}
            self.post_message(self.Edited(self._pair.id, changed))
        else:
            self.stop_editing()

    def action_leave(self) -> None:
        if self._is_changed and not self._is_warned:
            self._is_warned = True
            self.refusal.update("Not saved: ctrl+s saves, esc once more throws your words away.")
            return
        self.stop_editing()

    def stop_editing(self) -> None:
        """Show the texts again."""
        self._switch(False)
        self.post_message(self.Left())

    def _switch(self, is_editing: bool) -> None:
        self.editing.display = is_editing
        self.reading.display = not is_editing
        self.border_title = "Edit the pair" if is_editing else "Pair"
        keys = "ctrl+s saves  esc leaves  tab next field"
        self.border_subtitle = keys if is_editing else ""
        self.refresh_bindings()

    @property
    def _is_changed(self) -> bool:
        pair = self._pair
        return pair is not None and any(
            text != getattr(pair, name) for name, text in self._texts().items()
        )

    def _texts(self) -> dict[str, str]:
        return {name: self._field(name).text for name in FIELDS}

    def _field(self, name: str) -> TextArea:
        return self.query_one(f"#edit-{name}", TextArea)
