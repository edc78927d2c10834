"""Personas: the pairs of a dataset, who would prefer each answer, and what the check says of it."""

from collections.abc import AsyncGenerator, Mapping

from textual import getters, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Static

from engine import desk
from engine.personas import editing
from engine.personas.check import CheckWish, check_cost, checked
from engine.personas.domain import STATES, Side, State
from engine.personas.editing import Entry
from engine.personas.figures import figures
from engine.personas.infer import Wish, inference_cost, inferred
from engine.personas.map import PersonaMap, kept_map, mapped
from engine.profile.cost import Cost
from engine.reports import PreferencesReport
from models.events import Event
from studio.persona_words import (
    entry_lines,
    figure_lines,
    map_lines,
    states_told,
    work_told,
)
from studio.screens.ask_words import AskWords, Blank
from studio.screens.choose_dataset import ChooseDataset
from studio.screens.choose_provider import ChooseProvider
from studio.screens.confirm import Confirm
from studio.screens.import_file import ImportFile
from studio.screens.import_report import ShowImport
from studio.screens.persona_answers import PersonaAnswers
from studio.screens.persona_keys import PERSONA_KEYS
from studio.screens.show_lines import ShowLines
from studio.screens.tailoring import TailoringScreen
from studio.session import Session
from studio.text import count, one_line
from studio.widgets.empty_state import EmptyState
from studio.widgets.persona_list import PairFilter, PersonaList

NOTHING = (
    "A dataset holds requests, each with an answer that was chosen and one that was rejected.\n\n"
    "Press o to open a file of them: of TRL, HH-RLHF, SHP, BeaverTails, UltraFeedback, Argilla.\n"
    "Here a model then says who would prefer which answer, and another checks it."
)
FIND = (
    "Words that stand in the request, in an answer or in a persona; leave it empty for all pairs."
)
WRITES: Mapping[Side, str] = {"chosen": "e", "rejected": "r"}
NO_WORDS = "The sentence is empty. To take a persona away, press x or y beside the list."


class PersonaScreen(Screen[None]):
    """Story P, beside the steps; escape goes back to the readers."""

    CSS_PATH = "persona.tcss"
    AUTO_FOCUS = "#entries"
    BINDINGS = PERSONA_KEYS
    table = getters.query_one(PersonaList)
    detail = getters.query_one("#detail", Static)
    heading = getters.query_one("#heading", Static)
    listed = getters.query_one("#listed", Static)
    progress = getters.query_one("#progress", Static)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._sizes: dict[str, int] = {}
        self._dataset = ""
        self._entries: list[Entry] = []
        self._map: PersonaMap | None = None
        self._state: State | None = None
        self._group: int | None = None
        self._words = ""

    def compose(self) -> ComposeResult:
        yield Static("", id="heading", markup=False)
        yield Static("", id="listed", markup=False)
        yield EmptyState()
        with Horizontal(id="work"):
            yield PersonaList()
            with VerticalScroll(id="beside", classes="panel"):
                yield Static("", id="detail", markup=False)
        yield Static("", id="progress", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(EmptyState).update(NOTHING)
        self.progress.display = False
        self._session.changed.subscribe(self, lambda _: self._read())
        self._session.tracker.changed.subscribe(self, self._news)
        self._read()

    def on_resize(self) -> None:
        self.table.draw(self._entry)

    @property
    def _key(self) -> str:
        """What the work on this dataset is tracked by."""
        return f"persona:{self._dataset}"

    @property
    def _is_at_work(self) -> bool:
        return self._session.tracker.is_going_on(self._key)

    @property
    def _entry(self) -> Entry | None:
        return self.table.entry

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        entry = self._entry if self.is_mounted else None
        has_personas = any(one.personas for one in self._entries)
        possible = {
            "dataset": len(self._sizes) > 1,
            "tailor": bool(self._entries),
            "infer": bool(self._entries) and not self._is_at_work,
            "check": has_personas and not self._is_at_work,
            "stop": self._is_at_work,
            "write": entry is not None,
            "answer": entry is not None,
            "remove": entry is not None and str(*parameters[:1]) in entry.personas,
            "map": has_personas,
            "figures": has_personas,
            "state": has_personas,
            "group": self._map is not None,
            "find": bool(self._entries),
            "turn_page": self.is_mounted and self.table.has_pages,
        }
        if possible.get(action, True):
            return True
        # What is seldom possible takes no room in the footer.
        is_seldom = action in ("dataset", "stop") or (self._is_at_work and action != "tailor")
        return False if is_seldom else None

    @work(group="load", exclusive=True)
    async def _read(self) -> None:
        with self._session.errors_told():
            self._sizes = await self._session.ask(desk.datasets)
            if self._dataset not in self._sizes:
                self._dataset = next(iter(self._sizes), "")
            self.set_class(not self._dataset, "-empty")
            found, entries = None, list[Entry]()
            if self._dataset:
                entries = await self._session.ask(editing.entries, self._dataset)
                found = await self._session.ask(kept_map, self._dataset)
            self._entries = entries
            self._take(found)
            self._show_work()
        self._fill()

    def _take(self, found: PersonaMap | None) -> None:
        """Show another map, or none; a group that was filtered by is a group of its own map."""
        if self._map is None or found is None or self._map.groups != found.groups:
            self._group = None
        self._map = found

    def _fill(self) -> None:
        """List the pairs that the filters let through."""
        members = (
            self._map.groups[self._group].members if self._map and self._group is not None else None
        )
        inside = None if members is None else frozenset(members)
        self.table.show(self._entries, PairFilter(self._state, inside, self._words))
        self._show()

    def _show(self) -> None:
        self.refresh_bindings()
        if not self._dataset:
            self.heading.update("Personas")
            return
        number = len(self._entries)
        everybody = [one for entry in self._entries for one in entry.personas.values()]
        states = {state: sum(one.state == state for one in everybody) for state in STATES}
        told = f"Personas of {one_line(self._dataset, 40)}: {count(number, 'pair')}, "
        self.heading.update(told + states_told(states))
        self.table.border_subtitle = f"{self.table.fitting:,} of {number:,}{self._filters}"
        self.listed.update(self.table.page_told)
        self.listed.display = self.table.has_pages
        entry = self._entry
        self.detail.update(
            "\n".join(entry_lines(entry, WRITES)) if entry else "No pair is like that."
        )

    @property
    def _filters(self) -> str:
        group = self._map.groups[self._group].name if self._map and self._group is not None else ""
        told = [one for one in (self._words, self._state or "", group) if one]
        return f": {one_line('; '.join(told), 40)}" if told else ""

    @on(DataTable.RowHighlighted, "#entries")
    def _look(self) -> None:
        self.query_one("#beside", VerticalScroll).scroll_home(animate=False)
        self._show()

    def _news(self, key: str) -> None:
        if key != self._key:
            return
        self._show_work()
        if not self._is_at_work:
            self._read()
        self.refresh_bindings()

    def _show_work(self) -> None:
        """How far the work on this dataset is; of one that ended, what the list does not tell."""
        seen = self._session.tracker.works.get(self._key)
        told = work_told(seen.step, seen.notes, seen.ended) if seen else ""
        self.progress.update(told)
        self.progress.display = bool(told)

    def action_close(self) -> None:
        self.app.switch_mode("readers")

    def action_state(self) -> None:
        """The next state of which there is a persona; after the last, all."""
        order: list[State | None] = [None, *STATES]
        self._state = order[(order.index(self._state) + 1) % len(order)]
        self._fill()

    def action_group(self) -> None:
        """The next group of the map; after the last, all."""
        assert self._map is not None
        at = -1 if self._group is None else self._group
        self._group = at + 1 if at + 1 < len(self._map.groups) else None
        self._fill()

    @work(group="ask", exclusive=True)
    async def action_find(self) -> None:
        question = AskWords("Find pairs", FIND, [Blank("Words", self._words)], "Find")
        answer = await self.app.push_screen_wait(question)
        if answer is not None:
            (self._words,) = answer
            self._fill()

    def action_turn_page(self) -> None:
        self.table.turn_page()
        self._show()

    @work(group="dataset", exclusive=True)
    async def action_dataset(self) -> None:
        chosen = await self.app.push_screen_wait(ChooseDataset(self._sizes, self._dataset))
        if chosen is not None and chosen != self._dataset:
            self._dataset, self._state, self._group, self._words = chosen, None, None, ""
            self._read()

    @work(group="ask", exclusive=True)
    async def action_open(self) -> None:
        report = await self.app.push_screen_wait(ImportFile(self._session, "preferences"))
        if report is not None:
            if isinstance(report, PreferencesReport):
                self._dataset = report.dataset
            await self._session.refresh()
            self._read()
            await self.app.push_screen_wait(ShowImport(report))

    def action_tailor(self) -> None:
        self.app.push_screen(TailoringScreen(self._session, self._dataset))

    @work(group="ask", exclusive=True)
    async def action_infer(self) -> None:
        provider, limit = await self._who("Who infers the personas?", "Infer")
        if provider:
            wish = Wish(self._dataset, provider, limit)
            data_dir = self._session.data_dir
            with self._session.errors_told():
                cost = await inference_cost(data_dir, wish)
                await self._begin(cost, provider, "Inferring personas", inferred(data_dir, wish))

    @work(group="ask", exclusive=True)
    async def action_check(self) -> None:
        provider, limit = await self._who("Who checks the personas?", "Check")
        if provider:
            wish = CheckWish(self._dataset, provider, limit)
            data_dir = self._session.data_dir
            with self._session.errors_told():
                cost = await check_cost(data_dir, wish)
                await self._begin(cost, provider, "Checking personas", checked(data_dir, wish))

    async def _who(self, heading: str, verb: str) -> tuple[str, int | None]:
        """A provider and how many pairs; an empty provider where the editor thought better."""
        question = ChooseProvider(heading, verb, "requests and answers")
        provider = await self.app.push_screen_wait(question)
        if provider is None:
            return "", None
        told = "The first so many pairs; leave it empty for all."
        answer = await self.app.push_screen_wait(
            AskWords("How many pairs?", told, [Blank("Pairs", "20")], verb)
        )
        if answer is None:
            return "", None
        (number,) = answer
        if number and not (number.isdecimal() and int(number)):
            self.notify(f"{number!r} is no number of pairs.", severity="warning", markup=False)
            return "", None
        return provider, int(number) if number else None

    async def _begin(
        self, cost: Cost, provider: str, title: str, events: AsyncGenerator[Event, None]
    ) -> None:
        asks = f"{one_line(provider, 60)} is asked. {cost}"
        if not cost.calls or await self.app.push_screen_wait(Confirm(f"{title}?", asks, "Ask")):
            self._session.tracker.watch(self._key, title, events)

    def action_stop(self) -> None:
        self._session.tracker.cancel(self._key)

    @work(group="write", exclusive=True)
    async def action_write(self, side: Side) -> None:
        entry = self._entry
        assert entry is not None
        there = entry.personas.get(side)
        told = f"One sentence: who would prefer the {side} answer? It is unchecked from then on."
        words = there.text if there else "The user is "
        answer = await self.app.push_screen_wait(
            AskWords(f"The {side} answer's persona", told, [Blank("Persona", words, NO_WORDS)])
        )
        if answer is None:
            return
        with self._session.errors_told():
            written = await self._session.ask(
                editing.write_persona, entry.example.id, side, answer[0]
            )
            if written.remark:
                told = f"Kept as you wrote it. A model's would be refused: {written.remark}"
                self.notify(told, markup=False, timeout=10)
            await self._session.refresh()

    @work(group="change")
    async def action_remove(self, side: Side) -> None:
        entry = self._entry
        assert entry is not None
        with self._session.errors_told():
            await self._session.ask(editing.remove_persona, entry.example.id, side)
            await self._session.refresh()
            self.notify(f"The {side} answer's persona is gone; u brings it back.", markup=False)

    @work(group="map", exclusive=True)
    async def action_map(self) -> None:
        """The map as it was made, or a new one where personas have changed since."""
        with self._session.errors_told():
            found = self._map
            if found is None or not found.is_current:
                self.notify("Personas are being grouped…", markup=False)
                dataset = self._dataset
                found = await mapped(self._session.data_dir, dataset)
                if dataset != self._dataset:
                    return
                self._take(found)
                self._fill()
            lines = list(map_lines(found, max(60, self.size.width - 8)))
            self.app.push_screen(ShowLines("Which readers the data serves", lines))

    def action_answer(self) -> None:
        if self._entry is not None:
            self.app.push_screen(PersonaAnswers(self._session, self._entry.example))

    def action_figures(self) -> None:
        everybody = [one for entry in self._entries for one in entry.personas.values()]
        lines = list(figure_lines(figures(everybody).as_json()))
        self.app.push_screen(ShowLines("What the checks come to", lines))
