"""Before a run starts: what it needs, what is here, the time, and what would make it fit."""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, DataTable, OptionList, Static

from engine import preflight
from engine.preflight import Preflight
from engine.train.config import TrainConfig
from engine.train.preflight_probe import Probe, probe_from
from models.errors import JobFailed, UserError
from models.events import Failed, Item, Step
from studio.preflight_words import UNKNOWN_BASE, rows, sentences, wanting, way_line
from studio.session import Session
from studio.text import cell, one_line

COLUMNS = (("", 19), ("Needed", 12), ("Free here", 12), ("", 12))
WAITS = "Another training goes on. This one waits in the queue and begins by itself behind it."
TRY_LATER = "Not measured: two steps would not fit as it is."


class PreflightDialog(ModalScreen[Mapping[str, object] | None]):
    """Gives back the settings to change before the run starts; None starts nothing."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back", id="preflight.back", tooltip="Train nothing"),
        Binding("enter", "train", "Train", id="preflight.train", tooltip="Train", priority=True),
        Binding(
            "p", "take", "Take the plan", id="preflight.take", tooltip="Train as this way has it"
        ),
    ]
    table = getters.query_one("#needs", DataTable)
    ways = getters.query_one("#ways", OptionList)

    def __init__(
        self,
        session: Session,
        reader_ids: Sequence[str],
        config: TrainConfig,
        waits: bool = False,
    ) -> None:
        """
        Args:
            waits: another training goes on, and this one is to begin behind it.
        """
        super().__init__()
        self._session = session
        self._reader_ids = reader_ids
        self._config = config
        self._waits = waits
        self._found: Preflight | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Before training"
            yield DataTable(id="needs", show_cursor=False)
            with VerticalScroll(id="told"):
                yield Static("Looking at this computer …", id="sentences", markup=False)
                yield Static(id="measuring", classes="quiet", markup=False)
                yield Static(id="wanting", classes="refusal", markup=False)
                yield Static(WAITS if self._waits else "", id="waits", markup=False)
            yield OptionList(id="ways", compact=True, markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Back", id="back", compact=True)
                yield Button(
                    "Queue" if self._waits else "Train", id="train", variant="primary", compact=True
                )

    def on_mount(self) -> None:
        for label, width in COLUMNS:
            self.table.add_column(label, width=width)
        self.table.can_focus = False
        self.ways.display = False
        self.query_one("#train", Button).focus()
        self._tell_keys()
        self._look()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "train":
            # A button in focus has the key for itself.
            return not isinstance(self.focused, Button)
        return action != "take" or bool(self._found and self._found.plan)

    @work(group="look", exclusive=True)
    async def _look(self) -> None:
        """Show what is known at once, then what a child measures."""
        with self._session.errors_told():
            try:
                await self._reckon(None)
            except UserError:
                self.dismiss(None)
                raise
            if self._found is not None and self._found.forecast.is_measured:
                return
            if self._found is not None and not preflight.may_be_probed(self._found):
                self._say(TRY_LATER)
                return
            probing = preflight.probe(self._session.data_dir, self._reader_ids, self._config)
            async with aclosing(probing) as events:
                async for event in events:
                    match event:
                        case Step(done, total, note):
                            self._say(f"Measuring, {done} of {total} done: {one_line(note)} …")
                        case Item(value):
                            await self._reckon(probe_from(value))
                        case Failed(message, hint):
                            self._say("")
                            raise JobFailed(message, hint)
            self._say("")
            await self._reckon(None)

    async def _reckon(self, probe: Probe | None) -> None:
        check = preflight.check
        self._found = await self._session.ask(check, self._reader_ids, self._config, probe)
        self._show()

    def _show(self) -> None:
        found = self._found
        told = self.query_one("#sentences", Static)
        if found is None:
            told.update(UNKNOWN_BASE)
            return
        self.table.clear()
        for row in rows(found):
            self.table.add_row(*map(cell, row))
        told.update(" ".join(sentences(found)))
        self.query_one("#wanting", Static).update(found.refusal or wanting(found))
        at = self.ways.highlighted or 0
        self.ways.clear_options()
        self.ways.add_options([one_line(way_line(way)) for way in found.plan])
        self.ways.display = bool(found.plan)
        if found.plan:
            self.ways.highlighted = min(at, len(found.plan) - 1)
            self.ways.focus()
        self._tell_keys()
        self.refresh_bindings()

    def _tell_keys(self) -> None:
        keys = ["enter queues it" if self._waits else "enter trains", "esc goes back"]
        if self._found is not None and self._found.plan:
            keys.insert(1, "p trains as the marked way has it")
        self.query_one(".box").border_subtitle = "  ".join(keys)

    def _say(self, told: str) -> None:
        self.query_one("#measuring", Static).update(told)

    @on(Button.Pressed, "#back")
    def _back(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#train")
    def action_train(self) -> None:
        if self._found is None or not self._found.refusal:
            self.dismiss({})

    @work(group="take", exclusive=True)
    async def action_take(self) -> None:
        found, at = self._found, self.ways.highlighted
        if found is None or at is None:
            return
        with self._session.errors_told():
            option = found.plan[at].option
            self.dismiss(await self._session.ask(preflight.take, self._reader_ids, option))
