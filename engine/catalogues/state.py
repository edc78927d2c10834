"""What a catalogue is in the store, and how far its rows are."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal, get_args

from engine.catalogues.entry import CatalogueFormat
from models.chat import Sampling

RowState = Literal["waiting", "to_write", "accepted", "skipped", "same", "trouble"]
STATES: tuple[RowState, ...] = get_args(RowState)
"""Written and waiting for the editor; without a description yet; to go out; to keep its original;
the same book as an earlier row, whose description it shares; no description can be written."""


@dataclass(frozen=True)
class Catalogue:
    """A file that a publisher handed in, to be described for one reader by one pane's model."""

    id: str
    """Of the file's content, the reader and the pane: the same again goes on where it was."""
    reader_id: str
    pane_id: str
    name: str
    """Of the file."""
    format: CatalogueFormat
    columns: Mapping[str, str]
    """Role to column or key, as `engine.catalogues.entry.NAMES` has the roles; none of ONIX."""
    sampling: Sampling
    made_at: datetime
    """UTC."""


@dataclass(frozen=True)
class CatalogueRow:
    """A row of a catalogue."""

    place: int
    """From 0 on, as in the file."""
    line: int
    title: str
    """Empty where the row could not be read."""
    state: RowState
    book_id: str | None = None
    trouble: str = ""
    """Why nothing can be written; empty where something can."""
    same_as: int | None = None
    """The place of the row whose description it shares."""
    description_id: int | None = None
    flags: int = 0
    """What the checks found in the description when it was written or edited."""


@dataclass(frozen=True)
class CatalogueLine:
    """A catalogue in a list, with how far it is."""

    catalogue: Catalogue
    counts: Mapping[RowState, int]
    """Of all states."""
    flagged: int
    """Of the waiting rows, those in which the checks found something."""

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    def as_json(self) -> dict[str, object]:
        made_at = self.catalogue.made_at.isoformat()
        return {
            **asdict(self.catalogue),
            "made_at": made_at,
            "rows": self.rows,
            "counts": dict(self.counts),
            "flagged": self.flagged,
        }
