"""Which column of anybody's table holds what, with the first rows as they would be read."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Label, Select, Static

from engine import imports
from engine.domain import Skipped
from engine.sources.columns import ColumnMap, Role
from engine.sources.dates import DateOrder
from engine.sources.look import FileLook
from engine.sources.rows import Row
from engine.sources.stars import SCALES
from models.errors import UserError
from studio.text import cell, one_line, visible
from studio.widgets.first_rows import FirstRows

LABELS: Mapping[Role, str] = {
    "book": "Book's title",
    "text": "Review",
    "author": "Author",
    "title": "Headline",
    "book_id": "Book's number",
    "reader": "Reader",
    "year": "Book's year",
    "categories": "Genres",
    "rating": "Rating",
    "date": "Date",
}
"""In the order of the screen, two on a line."""
ORDERS: Mapping[str, tuple[str, DateOrder | None]] = {
    "": ("as they tell", None),
    "dmy": ("day first", "dmy"),
    "mdy": ("month first", "mdy"),
}


class ChooseColumns(ModalScreen[ColumnMap | None]):
    """Gives back the mapping; None goes back to the file."""

    CSS_PATH = "choose_columns.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back", id="columns.back", tooltip="Go back to the file"),
        Binding("ctrl+s", "take", "Go on", id="columns.take", tooltip="Import by these columns"),
    ]
    remark = getters.query_one("#remark", Static)
    first = getters.query_one(FirstRows)

    def __init__(
        self, path: Path, look: FileLook, format_name: str | None, mapping: ColumnMap
    ) -> None:
        """`format_name` is what the editor asked for; `mapping` the guess, or the choice before."""
        super().__init__()
        self._path = path
        self._look = look
        self._format_name = format_name
        self._mapping = mapping
        self._left_open: set[str] = set()
        """Of rating and date: the column is new, so that its scale or order is to be guessed."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = Content(f"Columns of {one_line(self._path.name, 50)}")
            box.border_subtitle = "ctrl+s goes on · esc goes back"
            with Grid(id="roles"):
                columns: list[tuple[str | Text, str]] = [("—", "")]
                columns += ((self._prompt(name), name) for name in self._look.columns)
                for role, label in LABELS.items():
                    yield Label(label)
                    yield _select(role, columns, self._value_of(role))
                yield Label("Graded up to")
                yield _select("scale", ((str(best), str(best)) for best in SCALES), self._scale)
                yield Label("Dates")
                yield _select("order", ((o[0], name) for name, o in ORDERS.items()), self._order)
            yield Static("", id="remark", markup=False)
            yield FirstRows()
            with Horizontal(classes="buttons"):
                yield Button("Back", id="back", compact=True)
                yield Button("Go on", id="take", variant="primary", compact=True)

    def _prompt(self, column: str) -> Text:
        """A column's name with the first thing that stands in it."""
        place = self._look.columns.index(column)
        filled = next((row[place] for row in self._look.rows if row[place].strip()), "")
        return cell(column, 24).append(f"  {one_line(filled, 24)}" if filled else "", "dim")

    def on_mount(self) -> None:
        self._show()
        self.query_one("#take" if self._mapping.is_complete else "#book").focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return None if action == "take" and not self._mapping.is_complete else True

    @property
    def _scale(self) -> str:
        return str(self._mapping.best_rating)

    @property
    def _order(self) -> str:
        return order if (order := self._mapping.date_order or "") in ORDERS else ""

    def _value_of(self, role: str) -> str:
        return {str(known): name for known, name in self._mapping.columns.items()}.get(role, "")

    @on(Select.Changed, "#scale")
    def _change_scale(self, event: Select.Changed) -> None:
        if event.value != self._scale:
            self._left_open.discard("rating")
            self._mapping = replace(self._mapping, best_rating=int(str(event.value)))
            self._show()

    @on(Select.Changed, "#order")
    def _change_order(self, event: Select.Changed) -> None:
        if event.value != self._order:
            self._left_open.discard("date")
            self._mapping = replace(self._mapping, date_order=ORDERS[str(event.value)][1])
            self._show()

    @on(Select.Changed, ".role")
    def _change_column(self, event: Select.Changed) -> None:
        changed = str(event.select.id)
        if event.value == self._value_of(changed):
            return
        self._left_open.add(changed)
        values = {role: str(self.query_one(f"#{role}", Select).value) for role in LABELS}
        columns = {role: name for role, name in values.items() if name}
        self._mapping = replace(self._mapping, columns=columns)
        self._show()

    def _show(self) -> None:
        mapping = self._mapping
        self.query_one("#take", Button).disabled = not mapping.is_complete
        self.query_one("#scale", Select).disabled = "rating" not in mapping.columns
        self.query_one("#order", Select).disabled = "date" not in mapping.columns
        self.refresh_bindings()
        if mapping.is_complete:
            self._read()
        else:
            self.workers.cancel_group(self, "load")
            self._tell(_missing(mapping), is_refusal=True)
            self.first.show(())

    def _tell(self, sentence: str, is_refusal: bool = False) -> None:
        self.remark.update(visible(sentence))
        self.remark.set_class(is_refusal, "refusal")

    @work(group="load", exclusive=True)
    async def _read(self) -> None:
        choice = written(self._mapping, self._left_open)
        try:
            mapping, rows = await asyncio.to_thread(
                imports.first_reviews, self._path, self._format_name, choice
            )
        except UserError as error:
            self.first.show(())
            self._tell(error.message, is_refusal=True)
            return
        # What the columns are was said here; how their numbers and dates are meant, by the file.
        self._left_open.clear()
        self._mapping = replace(
            self._mapping, best_rating=mapping.best_rating, date_order=mapping.date_order
        )
        with self.prevent(Select.Changed):
            self.query_one("#scale", Select).value = self._scale
            self.query_one("#order", Select).value = self._order
        self.first.show(rows)
        self._tell(_remark(self._mapping, rows))

    @on(Button.Pressed, "#back")
    def _back(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#take")
    def action_take(self) -> None:
        self.dismiss(self._mapping)


def written(mapping: ColumnMap, left_open: Iterable[str] = ()) -> dict[str, str]:
    """A mapping as the engine takes a choice, scale and order of dates said and not guessed.

    Args:
        left_open: `rating` or `date`, where they are to be guessed after all.
    """
    choice = {str(role): column for role, column in mapping.columns.items()}
    if "rating" in choice and "rating" not in left_open:
        choice["rating"] += f"/{mapping.best_rating}"
    if "date" in choice and mapping.date_order and "date" not in left_open:
        choice["date"] += f"/{mapping.date_order}"
    return choice


def _select(name: str, options: Iterable[tuple[str | Text, str]], value: str) -> Select[str]:
    return Select(
        options,
        id=name,
        value=value,
        allow_blank=False,
        compact=True,
        classes="role" if name in LABELS else None,
    )


def _missing(mapping: ColumnMap) -> str:
    missing = []
    if "book" not in mapping.columns and "book_id" not in mapping.columns:
        missing.append("the book's title or number")
    if "text" not in mapping.columns and "rating" not in mapping.columns:
        missing.append("the review or the rating")
    return f"Before this can be read, choose the column of {', and of '.join(missing)}."


def _remark(mapping: ColumnMap, rows: Sequence[Row | Skipped]) -> str:
    """What an editor should know about these first rows."""
    said = []
    skipped = [row for row in rows if isinstance(row, Skipped)]
    if skipped:
        said.append(f"Line {skipped[0].line} would be left out: {skipped[0].reason}")
    for column, roles in Counter(mapping.columns.values()).items():
        if roles > 1:
            said.append(f"The column {one_line(column, 30)} is taken for {roles} things.")
    if "reader" not in mapping.columns:
        said.append("No column says who reads: all is taken as one reader's, named as the file.")
    return " ".join(said) or "This is how the first rows are read."
