"""The pairs of a dataset that the filters let through, each with the marks of its personas."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.widgets import DataTable

from engine.personas.domain import Side, State
from engine.personas.editing import Entry
from engine.sources.dialogue import last_request
from studio.persona_words import marks_of
from studio.text import cell

MOST_ROWS = 2000
"""Pairs in the list at once; the others are on further pages."""


@dataclass(frozen=True)
class PairFilter:
    """What a pair has to be to stand in the list; as it is made, any pair may."""

    state: State | None = None
    """Of one of its personas."""
    members: frozenset[tuple[str, Side]] | None = None
    """Of a group of the map: one of its personas has to be among them; None asks for none."""
    words: str = ""
    """Each has to stand in its prompt, an answer or a persona, in any capitals."""

    def fits(self, entry: Entry) -> bool:
        members = self.members
        keys = ((entry.example.id, side) for side in entry.personas)
        if members is not None and not any(key in members for key in keys):
            return False
        if self.state and all(one.state != self.state for one in entry.personas.values()):
            return False
        return not self.words or self._has_words(entry)

    def _has_words(self, entry: Entry) -> bool:
        example, personas = entry.example, entry.personas.values()
        texts = (example.prompt, example.chosen, example.rejected, *(one.text for one in personas))
        told = "\n".join(texts).casefold()
        return all(word in told for word in self.words.casefold().split())


class PersonaList(DataTable[object]):
    """One page of them; the cursor stays on its pair for as long as that is in the list."""

    def __init__(self) -> None:
        super().__init__(id="entries", cursor_type="row", classes="panel", show_header=False)
        self._fitting: Sequence[Entry] = ()
        self._filter = PairFilter()
        self._first = 0
        """Of the pairs that fit, the one on top of the page."""

    def on_mount(self) -> None:
        self.add_columns("", "")

    @property
    def fitting(self) -> int:
        """How many pairs the filters let through, on all pages."""
        return len(self._fitting)

    @property
    def has_pages(self) -> bool:
        return self.fitting > MOST_ROWS

    @property
    def page(self) -> Sequence[Entry]:
        """The pairs in the list now."""
        return self._fitting[self._first : self._first + MOST_ROWS]

    @property
    def entry(self) -> Entry | None:
        """The pair under the cursor."""
        page, at = self.page, self.cursor_row
        return page[at] if 0 <= at < len(page) else None

    @property
    def page_told(self) -> str:
        """Which of the pairs are in the list, and how to reach the others; empty if all are."""
        if not self.has_pages:
            return ""
        last = self._first + len(self.page)
        return (
            f"Listed: {self._first + 1:,} to {last:,} of {self.fitting:,}. "
            f"n shows the next {MOST_ROWS:,}, / finds pairs by their words."
        )

    def show(self, entries: Sequence[Entry], wanted: PairFilter) -> None:
        """List what the filter lets through; another filter begins with its first page."""
        before = self.entry
        self._fitting = [entry for entry in entries if wanted.fits(entry)]
        if wanted != self._filter or self._first >= self.fitting:
            self._first = 0
        self._filter = wanted
        self.draw(before)

    def turn_page(self) -> None:
        """On to the next page; after the last, the first."""
        self._first += MOST_ROWS
        if self._first >= self.fitting:
            self._first = 0
        self.draw()

    def draw(self, on: Entry | None = None) -> None:
        """Write the rows as wide as there is room, with the cursor on a pair or on the first."""
        width = max(20, self.scrollable_content_region.width - 8)
        page = self.page
        with self.prevent(DataTable.RowHighlighted):
            self.clear()
            for one in page:
                self.add_row(cell(marks_of(one)), cell(last_request(one.example.prompt), width))
        ids = [one.example.id for one in page]
        if page:
            self.move_cursor(row=ids.index(on.example.id) if on and on.example.id in ids else 0)
