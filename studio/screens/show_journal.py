"""Who changed what, and when: of one pair, or of all."""

from collections.abc import Mapping
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from engine import desk, workbench
from engine.pair_files.own_fields import TEXTS
from engine.workbench import Entry, FieldChange, PairChange
from studio.pair_words import field_told
from studio.session import Session
from studio.text import count, lately, moment, one_line, word_diff
from studio.undoing import author


class ShowJournal(ModalScreen[None]):
    """Read-only: undo and redo are the window's own keys."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = "#changes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="journal.close", tooltip="Close the journal"),
        Binding("a", "switch", "All", id="journal.all", tooltip="Of this pair, or of all pairs"),
    ]
    changes = getters.query_one("#changes", OptionList)
    told = getters.query_one("#told", Static)

    def __init__(self, session: Session, pair_id: str) -> None:
        super().__init__()
        self._session = session
        self._pair_id = pair_id
        self._of_all = False
        self._names = desk.trait_names()
        self._entries: tuple[Entry, ...] = ()

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_subtitle = "a this pair or all  tab to the texts  esc closes"
            with Horizontal():
                yield OptionList(id="changes", markup=False)
                with VerticalScroll(can_focus=True):
                    yield Static(id="told", markup=False)

    def on_mount(self) -> None:
        self._load()

    @work(group="load", exclusive=True)
    async def _load(self) -> None:
        pair_id = None if self._of_all else self._pair_id
        with self._session.errors_told():
            self._entries = await self._session.ask(workbench.pair_journal, pair_id)
        which = "all pairs" if self._of_all else f"the pair {one_line(self._pair_id, 40)}"
        self.query_one(".box").border_title = Content(f"Journal of {which}")
        self.changes.clear_options()
        self.changes.add_options([_line(entry) for entry in self._entries])
        self.told.update("" if self._entries else "Nothing was changed yet.")
        if self._entries:
            self.changes.highlighted = 0

    @on(OptionList.OptionHighlighted, "#changes")
    def _tell(self, event: OptionList.OptionHighlighted) -> None:
        entry = self._entries[event.option_index]
        parts = [_head(entry)]
        parts += [part for change in entry.changes for part in _change(change, self._names)]
        more = entry.pairs - len(entry.changes)
        if self._of_all and more > 0:
            parts.append(Content(f"And {count(more, 'more pair')}."))
        self.told.update(Content("\n").join(parts))

    def action_switch(self) -> None:
        self._of_all = not self._of_all
        self._load()


def _line(entry: Entry) -> Content:
    """Short enough for a column of a small window; `_head` tells the rest."""
    undone = "undone: " if entry.undone else ""
    told = f"{author(entry.who, entry.road)}, {lately(entry.made_at)}"
    return Content.assemble((undone, "dim"), one_line(entry.title, 60), "\n", (told, "dim"))


def _head(entry: Entry) -> Content:
    who = author(entry.who, entry.road)
    return Content.styled(f"{who}, {moment(entry.made_at)}, {count(entry.pairs, 'pair')}", "dim")


def _change(change: PairChange, names: Mapping[str, str]) -> list[Content]:
    what = "" if change.what == "changed" else f" {change.what}"
    head = [Content.styled(f"{one_line(change.pair_id, 40)}{what}", "bold")]
    told = [part for field in change.fields for part in _field(field, names)]
    return [*head, *told, Content("")]


def _field(field: FieldChange, names: Mapping[str, str]) -> list[Content]:
    if field.name not in TEXTS:
        return [Content(field_told(field, names))]
    before, after = word_diff(field.before, field.after)
    return [
        Content.assemble((f"{field.name} before: ", "dim"), before),
        Content.assemble((f"{field.name} after: ", "dim"), after),
    ]
