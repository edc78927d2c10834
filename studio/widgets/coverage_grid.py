"""Which traits are tested on which tracks, the holes first."""

from collections.abc import Mapping

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import DataTable, Static

from engine.domain import TRACKS, Track
from engine.pair_doctor import Examination
from engine.pairs.doctor.coverage import SEVERAL_ROWS, Row
from studio.text import cell, count


class CoverageGrid(Vertical):
    """A row for each trait, below one that counts each pair once."""

    DEFAULT_CSS = """
    CoverageGrid {
        height: 1fr;
        #coverage { height: 1fr; }
        #rows { height: auto; padding: 0 2; color: $text-muted; }
    }
    """
    table = getters.query_one("#coverage", DataTable)

    def compose(self) -> ComposeResult:
        yield DataTable(id="coverage", cursor_type="row", classes="panel")
        yield Static(SEVERAL_ROWS, id="rows", markup=False)

    def on_mount(self) -> None:
        self.table.add_columns("Trait", *(track.capitalize() for track in TRACKS))

    def show(self, found: Examination, names: Mapping[str, str]) -> None:
        """Show the grid of an examination.

        Args:
            names: of traits, by id.
        """
        rows = found.grid
        self.table.clear()
        once = [cell(f"{found.by_track.get(track, 0):,}") for track in TRACKS]
        self.table.add_row(cell("All, each pair once"), *once)
        for row in sorted(rows, key=lambda row: (not row.holes, not row.is_known)):
            name = names.get(row.trait_id, row.trait_id)
            numbers = [cell(_number(row, track)) for track in TRACKS]
            self.table.add_row(cell(name, 24), *numbers)
        holes = sum(len(row.holes) for row in rows)
        known = sum(row.is_known for row in rows)
        self.table.border_title = f"{known} of {count(len(rows), 'trait')} known"
        self.table.border_subtitle = f"{count(holes, 'hole')}: known, no pair; · unknown, no pair"


def _number(row: Row, track: Track) -> str:
    if track not in row.pairs:
        return ""
    return "hole" if track in row.holes else str(row.pairs[track] or "·")
