"""The filter of the pairs as a form, for those who do not know its signs yet."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Checkbox, Input, Label, Select, Static

from engine.domain import TRACKS
from engine.workbench import (
    SORT_KEYS,
    SORT_WORDS,
    STATUS_WORDS,
    STATUSES,
    PairQuery,
    decimal,
    parse_query,
    query_text,
)
from models.errors import BadInput


class FilterPairs(ModalScreen[str | None]):
    """Gives back the filter as its line; None leaves it as it is."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = "#words"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "dismiss", "Cancel", id="form.cancel", tooltip="Leave the filter as it is"
        )
    ]

    def __init__(self, query: PairQuery) -> None:
        super().__init__()
        self._query = query

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Show pairs"
            for label, widget in self._rows():
                with Horizontal(classes="row"):
                    yield Label(label)
                    yield widget
            yield Static("", id="line", classes="quiet", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Show", id="show", variant="primary", compact=True)

    def _rows(self) -> Iterator[tuple[str, Widget]]:
        query = self._query
        words = query_text(PairQuery(words=query.words))
        yield "With the words", Input(words, id="words", compact=True)
        yield "Expression", Input(_typed(query.patterns), id="pattern", compact=True)
        tracks = [track for track in TRACKS if track in query.tracks]
        yield "Track", _choice("track", [(track, track) for track in TRACKS], tracks)
        traits = query_text(PairQuery(traits=query.traits)).removeprefix("trait:")
        yield "Trait begins", Input(traits, id="trait", compact=True)
        told = [(STATUS_WORDS[status], status) for status in STATUSES]
        yield "That are", _choice("is", told, [s for s in STATUSES if s in query.having])
        yield "That are not", _choice("not", told, [s for s in STATUSES if s in query.lacking])
        low, high = query.strength
        yield "Strength from", Input(decimal(low), id="low", compact=True)
        yield "to", Input(decimal(high), id="high", compact=True)
        orders = [(SORT_WORDS[key], key) for key in SORT_KEYS]
        yield "Sorted", _choice("sort", orders, [query.sort], may_be_blank=False)
        yield "", Checkbox("turned round", query.descending, id="descending", compact=True)

    def on_mount(self) -> None:
        self._tell()

    @property
    def _line(self) -> str:
        """The form as a line.

        Raises:
            BadInput: a field of it means nothing.
        """
        words = parse_query(self._text("words"))
        line = [f"track:{self._chosen('track')}"] if self._chosen("track") else []
        trait = self._text("trait").strip().replace(" ", "_")
        line += [f"trait:{trait}"] if trait else []
        line += [f"{name}:{self._chosen(name)}" for name in ("is", "not") if self._chosen(name)]
        low, high = self._text("low") or "0", self._text("high") or "1"
        line += [f"strength:{low}..{high}"] if (low, high) != ("0", "1") else []
        turn = "-" if self.query_one("#descending", Checkbox).value else ""
        line.append(f"sort:{turn}{self._chosen('sort')}")
        query = replace(parse_query(" ".join(line)), words=words.words)
        # What the form has no field for stays as it was.
        query = replace(query, like=self._query.like, ids=self._query.ids)
        return query_text(replace(query, patterns=_expressions(self._text("pattern"))))

    def _text(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()

    def _chosen(self, name: str) -> str:
        value = self.query_one(f"#{name}", Select).value
        return "" if value is Select.NULL else str(value)

    @on(Input.Changed)
    @on(Select.Changed)
    @on(Checkbox.Changed)
    def _tell(self) -> None:
        try:
            told = self._line or "All pairs, in the order they were built."
        except BadInput as error:
            told = str(error)
        self.query_one("#line", Static).update(told)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Input.Submitted)
    @on(Button.Pressed, "#show")
    def _show(self) -> None:
        try:
            self.dismiss(self._line)
        except BadInput as error:
            self.query_one("#line", Static).update(str(error))


def _typed(patterns: Sequence[str]) -> str:
    """Expressions as they are typed: one as it is, several between slashes."""
    if len(patterns) == 1 and not patterns[0].startswith("/"):
        return patterns[0]
    return query_text(PairQuery(patterns=tuple(patterns)))


def _expressions(typed: str) -> tuple[str, ...]:
    """What `_typed` has written."""
    return parse_query(typed).patterns if typed.startswith("/") else (typed,) * bool(typed)


def _choice(
    name: str, options: Sequence[tuple[str, str]], chosen: Sequence[str], may_be_blank: bool = True
) -> "Select[str]":
    value = ",".join(chosen) if chosen else Select.NULL
    if len(chosen) > 1:
        # Several at once are typed in the line; the form shows them as one more choice.
        options = [*options, (", ".join(chosen), ",".join(chosen))]
    return Select(
        options, id=name, value=value, prompt="any", allow_blank=may_be_blank, compact=True
    )
