"""A file on its way in, read on a thread that the window watches and can stop at any moment."""

import stat
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine import imports
from engine.catalogues.state import CatalogueLine
from engine.catalogues.taking import take_in
from engine.pair_files.loading import About, PairsLoaded, load_pairs
from engine.reports import BooksReport, ImportReport, PreferencesReport, ReaderCount
from engine.sources.choice import Choice
from engine.sources.look import FileLook
from models.errors import BadInput
from models.events import Finished, Step
from studio.text import size

BAR_WIDTH = 16
SMALL_BYTES = 1_000_000


class Stopped(Exception):
    """The editor stopped the reading; nothing was stored."""


@dataclass
class Reading:
    """One file; its methods run on a thread, its fields are read from the window's."""

    path: Path
    doing: str = "Looking at the file"
    is_storing: bool = False
    """Whether the store may be locked, so that stopping has to be waited for."""
    bytes_read: int = 0
    size_bytes: int = 0
    rows: str = ""
    _stop: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """Ask the thread to end; it hears it with the next stretch of the file."""
        self._stop.set()

    @property
    def is_stopping(self) -> bool:
        return self._stop.is_set()

    def told(self) -> str:
        """How far it is, in one line."""
        if self.is_stopping:
            return "Stopping; the store is left as it was…"
        if not (self.size_bytes and self.bytes_read):
            return f"{self.doing}… (esc stops)"
        share = min(1.0, self.bytes_read / self.size_bytes)
        filled = round(share * BAR_WIDTH)
        bar = "█" * filled + "·" * (BAR_WIDTH - filled)
        of = f" of {size(self.size_bytes)}" if self.size_bytes >= SMALL_BYTES else ""
        rows = f", {self.rows}" if self.rows else ""
        return f"{self.doing} {bar} {share:.0%}{of}{rows} (esc stops)"

    def look(self) -> FileLook:
        """What the file shows of itself.

        Raises:
            BadInput: it is no file, or cannot be read.
        """
        self._begin("Looking at the file")
        return imports.look_at_reviews(self.path)

    def survey(
        self, format_name: str | None, columns: Mapping[str, str] | None
    ) -> tuple[ReaderCount, ...]:
        """The readers in the file, those with most reviews first.

        Raises:
            BadInput: the file cannot be read.
            Stopped: as asked.
        """
        self._begin("Counting readers")
        for event in imports.survey_reviews(self.path, format_name, columns, self._watch):
            if isinstance(event, Step):
                self.rows = event.note
            if isinstance(event, Finished):
                found = event.result["readers"]
                assert isinstance(found, list)
                return tuple(ReaderCount(one["id"], one["reviews"]) for one in found)
        return ()

    def store_reviews(
        self,
        data_dir: Path,
        format_name: str | None,
        choice: Choice,
        columns: Mapping[str, str] | None,
    ) -> ImportReport:
        """Import the chosen readers' reviews.

        Raises:
            UserError: the file cannot be read or the store not written; nothing was stored.
            Stopped: as asked; nothing was stored.
        """
        self._begin("Importing", is_storing=True)
        return imports.import_reviews(
            data_dir, self.path, format_name, choice, columns, self._watch
        )

    def store_books(self, data_dir: Path, format_name: str | None) -> BooksReport:
        """Import the books.

        Raises:
            UserError: as of `store_reviews`.
            Stopped: as asked; nothing was stored.
        """
        self._begin("Importing", is_storing=True)
        return imports.import_books(data_dir, self.path, format_name, self._watch)

    def store_preferences(
        self, data_dir: Path, format_name: str | None, dataset: str | None
    ) -> PreferencesReport:
        """Import preference data, under the file's name where none is given.

        Raises:
            UserError: as of `store_reviews`.
            Stopped: as asked; nothing was stored.
        """
        self._begin("Importing", is_storing=True)
        return imports.import_preferences(
            data_dir, self.path, format_name, dataset, watch=self._watch
        )

    def store_pairs(
        self, data_dir: Path, reader_id: str, format_name: str | None, about: About
    ) -> PairsLoaded:
        """Load the pairs.

        Raises:
            UserError: as of `store_reviews`.
            Stopped: as asked; nothing was stored.
        """
        self._begin("Loading", is_storing=True)
        return load_pairs(data_dir, reader_id, self.path, format_name, about, self._watch)

    def take_catalogue(self, data_dir: Path, reader_id: str, pane_id: str) -> CatalogueLine:
        """Take a publisher's catalogue in.

        Raises:
            UserError: as of `store_reviews`.
            Stopped: as asked; nothing was stored.
        """
        self._begin("Taking it in", is_storing=True)
        return take_in(data_dir, self.path, reader_id, pane_id, watch=self._watch)

    def _begin(self, doing: str, is_storing: bool = False) -> None:
        if self.is_stopping:
            raise Stopped
        self.doing, self.is_storing = doing, is_storing
        self.bytes_read, self.rows = 0, ""
        try:
            found = self.path.stat()
        except FileNotFoundError as error:
            raise BadInput(f"There is no file {self.path}.", "Check the path.") from error
        except OSError as error:
            raise BadInput(f"{self.path} cannot be read: {error.strerror}.") from error
        # A pipe or a terminal would be waited for without end, or take the window's own keys.
        if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
            raise BadInput(f"{self.path} is not a file.", "Pick one in the tree.")
        self.size_bytes = found.st_size

    def _watch(self, bytes_read: int) -> None:
        self.bytes_read = bytes_read
        if self.is_stopping:
            raise Stopped
