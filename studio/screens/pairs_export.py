"""Where a reader's pairs are to be written, in which format, and which of them."""

from pathlib import Path, PurePath
from typing import ClassVar, cast

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static

from engine.pair_files.exporting import (
    PAIR_FORMATS,
    Export,
    Only,
    PairsWritten,
    export_pairs,
    format_for,
)
from engine.private_file import AlreadyThere
from models.errors import UserError
from studio.session import Session
from studio.text import visible
from studio.typed_path import typed_path

FORMATS = [
    ("what the name ends in", ""),
    *((one.label, one.name) for one in PAIR_FORMATS.values()),
]
WHICH: list[tuple[str, Only]] = [
    ("all but the dropped ones", "kept"),
    ("those to train on", "train"),
    ("those held out of training", "held-out"),
    ("those you accepted", "accepted"),
    ("all, the dropped ones too", "all"),
]
SHOWN = ("those that the filter shows", "shown")
REMARK = (
    "Every format keeps where a pair came from, so that Load brings the same pairs back. Only you "
    "can read the file."
)
CARDS = [("left out", ""), ("before each prompt, as in training", "with")]


class ExportPairs(ModalScreen[PairsWritten | None]):
    """Writes the file and gives back what is in it; None: nothing was written.

    Args:
        where: the filter that stands over the pairs; empty where all are shown.
    """

    CSS_PATH: ClassVar[list[str | PurePath]] = ["dialog.tcss", "pairs_files.tcss"]
    AUTO_FOCUS = "#path"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="pairs_export.cancel", tooltip="Write nothing")
    ]
    path = getters.query_one("#path", Input)
    refusal = getters.query_one("#refusal", Static)
    form = getters.query_one("#form", Vertical)

    def __init__(self, session: Session, reader_id: str, where: str) -> None:
        super().__init__()
        self._where = where
        self._session = session
        self._reader_id = reader_id
        self._known: Path | None = None
        """A file that is there, and that the editor has been told of."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Export pairs"
            with Vertical(id="form"):
                yield Label("Path of the file; .gz at its end packs it", classes="label")
                yield Input("pairs.jsonl", id="path", compact=True)
                with Grid(id="what"):
                    yield Label("Format")
                    yield Select(FORMATS, id="format", value="", allow_blank=False, compact=True)
                    yield Label("Pairs")
                    which = [*WHICH, SHOWN] if self._where else WHICH
                    yield Select(which, id="only", value="kept", allow_blank=False, compact=True)
                    yield Label("Card", classes="card")
                    yield Select(
                        CARDS, id="card", classes="card", value="", allow_blank=False, compact=True
                    )
                yield Static("", id="remark", markup=False)
            yield Static("", id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Export", id="export", variant="primary", compact=True)

    @property
    def _format(self) -> str:
        chosen = str(self.query_one("#format", Select).value)
        return chosen or format_for(Path(self.path.value.strip(" '\"")))

    @on(Select.Changed, "#format")
    @on(Input.Changed, "#path")
    def _tell_format(self) -> None:
        chosen = PAIR_FORMATS[self._format]
        self.query(".card").set(display=chosen.takes_card)
        self.query_one("#remark", Static).update(f"Written as {chosen.label}. {REMARK}")

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        if not self.form.disabled:
            self.dismiss(None)

    @on(Button.Pressed, "#export")
    @on(Input.Submitted, "#path")
    def _submit(self) -> None:
        self._write()

    @work(group="change", exclusive=True)
    async def _write(self) -> None:
        card = self.query_one("#card", Select)
        only, where = self.query_one("#only", Select).value, ""
        if only == SHOWN[1]:
            only, where = "all", self._where
        with_card = card.display and card.value == "with"
        export = Export(self._format, cast(Only, only), with_card, where)
        self._shut(True)
        try:
            path = typed_path(self.path.value)
            self.refusal.update("Writing…")
            written = await self._session.ask(
                export_pairs, self._reader_id, path, export, path == self._known
            )
        except AlreadyThere:
            self._known = path
            self.refusal.update(visible(f"{path.name} is there already. Export again replaces it."))
        except UserError as error:
            self.refusal.update(visible(f"{error.message}\n{error.hint}".strip()))
        else:
            self.dismiss(written)
        finally:
            self._shut(False)

    def _shut(self, is_shut: bool) -> None:
        focused = self.focused
        self.form.disabled = is_shut
        self.query_one("#export", Button).disabled = is_shut
        if not is_shut and focused is None:
            self.path.focus()
