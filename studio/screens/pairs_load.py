"""Which file of pairs to load, and what pairs that somebody else made are about."""

import asyncio
import os
from pathlib import Path, PurePath
from typing import ClassVar, cast

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Horizontal, Vertical
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Button, DirectoryTree, Input, Label, Select, Static

from engine import desk
from engine.domain import TRACKS, Track
from engine.pair_files.exporting import PAIR_FORMATS
from engine.pair_files.loading import About, PairsLoaded
from models.errors import UserError
from studio.reading import Reading, Stopped
from studio.session import Session
from studio.text import visible
from studio.typed_path import typed_path
from studio.widgets.file_tree import FileTree

DRAWN_EVERY_S = 0.1
FORMATS = [
    ("whatever the file shows", ""),
    *((one.label, one.name) for one in PAIR_FORMATS.values()),
]
STOPPED = "Stopped. Nothing was loaded."


class LoadPairs(ModalScreen[PairsLoaded | None]):
    """Loads the file and gives back what was found in it; None: nothing was taken."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["dialog.tcss", "pairs_files.tcss"]
    AUTO_FOCUS = "#path"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="pairs_load.cancel", tooltip="Stop, or close")
    ]
    path = getters.query_one("#path", Input)
    refusal = getters.query_one("#refusal", Static)
    progress = getters.query_one("#progress", Static)

    def __init__(self, session: Session, reader_id: str) -> None:
        super().__init__()
        self._session = session
        self._reader_id = reader_id
        self._reading: Reading | None = None
        """Set while a thread reads."""

    def compose(self) -> ComposeResult:
        traits = [name for name in desk.trait_names() if not name.startswith("demographics.")]
        tracks = [("the trait's, or else descriptions", ""), *((name, name) for name in TRACKS)]
        with Vertical(classes="box") as box:
            box.border_title = "Load pairs"
            with Vertical(id="form"):
                yield Label("Path of the file; or pick it below", classes="label")
                yield Input(placeholder="pairs.jsonl", id="path", compact=True)
                yield FileTree(Path.cwd(), id="tree")
                with Grid(id="what"):
                    yield Label("Format")
                    yield Select(FORMATS, id="format", value="", allow_blank=False, compact=True)
                    yield Label("Track, if none")
                    yield Select(tracks, id="track", value="", allow_blank=False, compact=True)
                    yield Label("Trait, if none")
                    yield Input(
                        placeholder="none, or one such as schwartz.face.1",
                        suggester=SuggestFromList(traits),
                        id="trait",
                        compact=True,
                    )
            yield Static("", id="progress", markup=False)
            yield Static("", id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Load", id="load", variant="primary", compact=True)

    def on_mount(self) -> None:
        self._show(None)
        self.set_interval(DRAWN_EVERY_S, self._draw)

    def on_unmount(self) -> None:
        if self._reading is not None:
            self._reading.stop()
            self._reading = None

    @on(DirectoryTree.FileSelected)
    def _pick(self, event: DirectoryTree.FileSelected) -> None:
        self.path.value = str(event.path)
        self.query_one("#load", Button).focus()

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Stop what is going on; with nothing going on, close."""
        if self._reading is None:
            self.dismiss(None)
        else:
            # The store has to be left first: the thread ends when it hears of it.
            self._reading.stop()

    @on(Button.Pressed, "#load")
    @on(Input.Submitted)
    def _submit(self) -> None:
        self._load()

    @property
    def _about(self) -> About:
        track = cast("Track | None", self.query_one("#track", Select).value or None)
        return About(track, self.query_one("#trait", Input).value.strip() or None)

    @work(group="loading", exclusive=True)
    async def _load(self) -> None:
        self.refusal.update("")
        try:
            path = typed_path(self.path.value)
            if await asyncio.to_thread(os.path.isdir, path):
                self.query_one(FileTree).path = path
                self.query_one(FileTree).focus()
                return
            loaded = await self._read(Reading(path))
        except Stopped:
            self.refusal.update(STOPPED)
        except UserError as error:
            self.refusal.update(visible(f"{error.message}\n{error.hint}".strip()))
        else:
            self.dismiss(loaded)

    async def _read(self, reading: Reading) -> PairsLoaded:
        format_name = str(self.query_one("#format", Select).value) or None
        self._show(reading)
        try:
            return await asyncio.to_thread(
                reading.store_pairs,
                self._session.data_dir,
                self._reader_id,
                format_name,
                self._about,
            )
        finally:
            if self._reading is reading:
                self._show(None)

    def _show(self, reading: Reading | None) -> None:
        self._reading = reading
        form = self.query_one("#form")
        was_shut = form.disabled
        form.disabled = reading is not None
        self.query_one("#load", Button).disabled = reading is not None
        self._draw()
        if was_shut and reading is None:
            self.path.focus()

    def _draw(self) -> None:
        self.progress.display = self._reading is not None
        if self._reading is not None:
            self.progress.update(visible(self._reading.told()))
