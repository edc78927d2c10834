"""Which file of pairs to load, and what pairs that somebody else made are about."""

from pathlib import PurePath
from typing import ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Horizontal, Vertical
from textual.suggester import SuggestFromList
from textual.widgets import Button, Input, Label, Select, Static

from engine import desk
from engine.domain import TRACKS, Track
from engine.pair_files.exporting import PAIR_FORMATS
from engine.pair_files.loading import About, PairsLoaded
from models.errors import UserError
from studio.reading import Reading, Stopped
from studio.screens.reads_file import ReadsFile
from studio.session import Session
from studio.text import visible
from studio.widgets.file_choice import FileChoice
from studio.widgets.reading_line import ReadingLine

FORMATS = [
    ("whatever the file shows", ""),
    *((one.label, one.name) for one in PAIR_FORMATS.values()),
]
STOPPED = "Stopped. Nothing was loaded."


class LoadPairs(ReadsFile[PairsLoaded]):
    """Loads the file and gives back what was found in it; None: nothing was taken."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["dialog.tcss", "pairs_files.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="pairs_load.cancel", tooltip="Stop, or close")
    ]

    def __init__(self, session: Session, reader_id: str) -> None:
        super().__init__()
        self._session = session
        self._reader_id = reader_id

    def compose(self) -> ComposeResult:
        traits = [name for name in desk.trait_names() if not name.startswith("demographics.")]
        tracks = [("the trait's, or else descriptions", ""), *((name, name) for name in TRACKS)]
        with Vertical(classes="box") as box:
            box.border_title = "Load pairs"
            with Vertical(id="form"):
                yield FileChoice("pairs.jsonl")
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
            yield ReadingLine()
            yield Static("", id="refusal", classes="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Load", id="load", variant="primary", compact=True)

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
            path = await self.file.chosen()
            if path is None:
                return
            reading = Reading(path)
            loaded = await self.line.wait_for(
                reading,
                reading.store_pairs,
                self._session.data_dir,
                self._reader_id,
                str(self.query_one("#format", Select).value) or None,
                self._about,
            )
        except Stopped:
            self.refusal.update(STOPPED)
        except UserError as error:
            self.refusal.update(visible(f"{error.message}\n{error.hint}".strip()))
        else:
            self.dismiss(loaded)
