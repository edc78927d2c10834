"""One pair in full, to be read or to be edited in its place."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static, TextArea

from engine.domain import PreferencePair
from engine.pair_files.own_fields import TEXTS
from engine.pairs.meanwhile import texts_of
from studio.text import count, one_line
from studio.widgets.pair_detail import PairDetail


@dataclass(frozen=True)
class Edited:
    """A pair as it was when the editing began, and the texts as somebody has written them."""

    began: PreferencePair
    texts: Mapping[str, str]

    @property
    def changed(self) -> dict[str, str]:
        """Those that are not as they were."""
        old = texts_of(self.began)
        return {name: text for name, text in self.texts.items() if text != old[name]}


EDITING_KEYS = "ctrl+s saves  esc leaves  tab next field"


class PairPane(Vertical):
    """A pair to be read; `edit` puts fields in the place of its texts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save", id="pane.save", tooltip="Save the pair"),
        Binding("escape", "leave", "Leave", id="pane.leave", tooltip="Stop editing"),
    ]
    reading = getters.query_one("#reading", PairDetail)
    editing = getters.query_one("#editing", Vertical)
    refusal = getters.query_one("#refusal", Static)

    class SaveAsked(Message):
        """The editor wants the texts stored."""

    class LeaveAsked(Message):
        """The editor wants out of the fields, in which there are words that are not stored."""

    class Left(Message):
        """The editor is done with the fields."""

    def __init__(self) -> None:
        super().__init__(classes="panel")
        self._pair: PreferencePair | None = None
        self._trait_name = ""

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

    @on(PairDetail.Overflowed)
    def _tell_of_more(self, event: PairDetail.Overflowed) -> None:
        if not self.is_editing:
            self._tell_keys(event.below)

    def _tell_keys(self, below: int) -> None:
        more = f"{count(below, 'more line')} (ctrl+down)" if below > 0 else ""
        self.border_subtitle = EDITING_KEYS if self.is_editing else more

    def edit(self, whose: str) -> None:
        """Put fields in the place of the texts; back to the fields where they are there.

        Args:
            whose: the reader's name; another one may be chosen while the fields are open.
        """
        if self._pair is not None and not self.is_editing:
            for name, text in texts_of(self._pair).items():
                self._field(name).load_text(text)
            self.refusal.display = False
            self._switch(True)
            self.border_title = Content(f"Edit a pair of {one_line(whose, 40)}")
        if self.is_editing:
            self._field("chosen").focus()

    @property
    def edited(self) -> Edited | None:
        """The pair that is being edited, with the words as they are now; None while none is."""
        if self._pair is None or not self.is_editing:
            return None
        return Edited(self._pair, {name: self._field(name).text for name in TEXTS})

    def begin_from(self, pair: PreferencePair, keep: Collection[str] = TEXTS) -> None:
        """Go on editing from what the pair is now.

        Args:
            keep: the fields that stay as they are; the others take the text of the pair.
        """
        self._pair = pair
        for name, text in texts_of(pair).items():
            if name not in keep:
                self._field(name).load_text(text)

    def refuse(self, name: str, refusal: str) -> None:
        """Say what is wrong with a field, and go to it."""
        self.refusal.update(refusal)
        self.refusal.display = True
        self._field(name).focus()

    def action_save(self) -> None:
        self.post_message(self.SaveAsked())

    def action_leave(self) -> None:
        if self.edited is not None and self.edited.changed:
            self.post_message(self.LeaveAsked())
        else:
            self.stop_editing()

    def stop_editing(self) -> None:
        """Show the texts again."""
        self._switch(False)
        self.post_message(self.Left())

    def _switch(self, is_editing: bool) -> None:
        self.editing.display = is_editing
        self.reading.display = not is_editing
        self.border_title = "Pair"
        self._tell_keys(0)
        self.refresh_bindings()

    def _field(self, name: str) -> TextArea:
        return self.query_one(f"#edit-{name}", TextArea)
