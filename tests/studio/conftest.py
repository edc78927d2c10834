"""A data directory with real rows of one reader, and the window opened on it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import DataTable, Input, Static, TextArea, Tree
from textual.widgets.tree import TreeNode

from engine import desk, jobs
from engine.domain import (
    Book,
    Evidence,
    PreferencePair,
    Profile,
    Reader,
    Review,
    Run,
    RunKind,
    Trait,
)
from engine.pairs.build import pairs_for
from engine.profile.assemble import Material, assembled
from engine.profile.findings import Finding
from engine.profile.sentences import Span
from engine.runs import run_dir
from engine.store import findings as finding_rows
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store import runs as run_rows
from engine.store.database import change, opened
from models.events import Event, to_line
from studio.app import StudioApp
from studio.tracker import NEWS_EVERY_S
from studio.widgets.pair_list import PairList

READ_AT = datetime(2024, 5, 17, 12, 30, tzinfo=UTC)
HOSTILE = "He says [/INST] and [b]bold[/b], \x1b[31mred\x1b[0m, then שלום עולם."
"""Markup, a terminal's escape codes, and right-to-left text: all of it is only text."""


class Window:
    """The window under test: press keys, wait until it has settled, read what it shows."""

    def __init__(self, app: StudioApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> Screen[object]:
        return self.app.screen

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def click(self, selector: str) -> None:
        assert await self.pilot.click(selector) is True
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is being read, changed or shown any more."""
        await self.pilot.pause()
        await _nothing_read(self.pilot)
        await self.pilot.pause(NEWS_EVERY_S * 1.5)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for what other processes or threads bring about, a minute at most."""
        async with asyncio.timeout(60):
            while not is_so():
                await self.pilot.pause(0.05)
        await self.settle()

    async def go_to(self, trait_id: str) -> None:
        """Put the cursor of the profile on a trait, unfolding what it lies under."""
        tree = self.screen.query_one("#traits", Tree)
        nodes = list(tree.root.children)
        node = next(
            node for node in _with_all_below(nodes) if node.data and node.data.id == trait_id
        )
        if node.parent is not None:
            node.parent.expand()
        await self.settle()
        tree.move_cursor(node)
        await self.settle()

    def text(self, selector: str) -> str:
        """What a text widget of the screen on top shows."""
        return str(self.screen.query_one(selector, Static).render())

    @property
    def pairs(self) -> list[str]:
        """The lines of the list of pairs, as they are drawn."""
        shown = self.screen.query_one(PairList)
        return [
            shown.render_line(y).text.rstrip() for y in range(min(shown.count, shown.size.height))
        ]

    def rows(self, selector: str) -> list[list[str]]:
        """The cells of a table of the screen on top."""
        table = self.screen.query_one(selector, DataTable)
        return [[str(cell) for cell in table.get_row_at(at)] for at in range(table.row_count)]

    def type_in(self, selector: str, text: str) -> None:
        """Fill in a field; keys one by one would take seconds."""
        self.screen.query_one(selector, Input).value = text

    async def find(self, line: str) -> None:
        """Put a filter over the pairs and wait until all is found."""
        self.type_in("#filter", line)
        await self.settle()


async def drawn(pilot: Pilot[Any], apart_s: float = 0.35) -> None:
    """Wait until the picture stands still, however busy the machine: for snapshots.

    It stands still when nothing is being read and two, `apart_s` seconds apart, are equal.
    """
    async with asyncio.timeout(60):
        before, now = "", pilot.app.export_screenshot()
        while before != now:
            await _nothing_read(pilot)
            await pilot.pause(apart_s)
            before, now = now, pilot.app.export_screenshot()


async def press_and_draw(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys, each in the picture that the one before has left."""
    await drawn(pilot)
    for key in keys:
        await pilot.press(key)
        await drawn(pilot, 0.1)
    await drawn(pilot)


async def _nothing_read(pilot: Pilot[Any]) -> None:
    # Not wait_for_complete: it raises for a load that a newer load has replaced.
    async with asyncio.timeout(60):
        while any(w.group in SHORT and not w.is_finished for w in pilot.app.workers):
            await pilot.pause(0.02)


def _with_all_below(nodes: Iterable[TreeNode[Any]]) -> Iterator[TreeNode[Any]]:
    for node in nodes:
        yield node
        yield from _with_all_below(node.children)


SHORT = {"load", "reviews", "change", "history", "look again", "search", "page"}
"""Groups of workers that end by themselves; a worker that asks the editor does not."""


@pytest.fixture(autouse=True)
def _same_everywhere() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        patch.setattr(Input, "cursor_blink", False)
        patch.setattr(TextArea, "cursor_blink", False)
        yield
    time.tzset()


@pytest.fixture
def empty_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def data_dir(empty_dir: Path) -> Path:
    """Two readers with reviews; the first has a profile and pairs."""
    books = [
        Book("b1", "The House of the Spirits", "Isabel Allende", 1982),
        Book("b2", "Rich Dad Poor Dad", "Robert T. Kiyosaki", 1997),
        Book("b3", "The Old Man [and the] Sea", "Ernest Hemingway", 1952),
    ]
    reviews = [
        Review("r1", "ana", "b1", REVIEW_1, "I wanted to live there", 5.0, READ_AT),
        Review("r2", "ana", "b2", REVIEW_2, "I am the poor dad", 1.0, READ_AT.replace(month=6)),
        Review("r3", "ana", "b3", HOSTILE, "", 4.0, READ_AT.replace(month=7)),
        Review("r4", "jo", "b3", "Short and salty, and the fish is the hero of it.", "", 3.0),
    ]
    readers = [Reader("ana", "Ana Lima", "amazon2023"), Reader("jo", "Jo [x]", "jsonl")]
    with opened(empty_dir) as db:
        with change(db, "Import reviews"):
            reader_rows.save(db, readers, books, reviews)
        with change(db, "Build a profile"):
            profile_rows.save(db, PROFILE)
        with change(db, "Build pairs"):
            pair_rows.replace_built(db, "ana", PAIRS)
    return empty_dir


OpenWindow = Callable[..., AbstractAsyncContextManager[Window]]
PastRun = Callable[..., Run]


@pytest.fixture
def open_window() -> OpenWindow:
    """Opens the window: `async with open_window(data_dir, "pairs") as window`."""

    @asynccontextmanager
    async def opened_window(
        data_dir: Path, step: str = "readers", size: tuple[int, int] = (120, 40)
    ) -> AsyncIterator[Window]:
        app = StudioApp(data_dir, step)
        async with app.run_test(size=size, notifications=True) as pilot:
            window = Window(app, pilot)
            await window.settle()
            yield window

    return opened_window


@pytest.fixture
def past_run(data_dir: Path) -> PastRun:
    """Leave a run of Ana's in the data directory: its row, and the events its child wrote."""

    def add(run_id: str, kind: RunKind, *events: Event) -> Run:
        run = Run(run_id, kind, "ana", f"{kind} for Ana [x]", READ_AT)
        directory = jobs.prepare(run_dir(data_dir, run_id).path, kind, {"reader_ids": ["ana"]})
        directory.events.write_text("".join(to_line(event) + "\n" for event in events))
        with opened(data_dir) as db:
            run_rows.add(db, run)
        return run

    return add


REVIEW_1 = (
    "What a family. He gives some bricks and a school to the peasants and thinks he bought "
    "their souls. I finished at three in the morning with a swollen face."
)
REVIEW_2 = (
    "The employees who make these businesses function, what do they do in the story? Almost "
    "nothing. I would have lunch with the poor dad any Sunday!"
)


def _quote(review_id: str, text: str, words: str, stance: float) -> Evidence:
    start = text.index(words)
    return Evidence(review_id, start, start + len(words), words, stance)


PROFILE = Profile(
    reader_id="ana",
    provider="embedded",
    built_at=READ_AT,
    provider_note="A small encoder read these reviews; check what matters to you.",
    traits=(
        Trait("demographics.age", "demographics", 0, 0, "unknown", note="Nobody says it."),
        Trait("demographics.occupation", "demographics", 0, 0.9, "known", value="teacher"),
        Trait("interests.literary_fiction", "interests", 0.8, 0.7, "known"),
        Trait(
            "schwartz.power_resources",
            "schwartz",
            -0.62,
            0.71,
            "known",
            (
                _quote("r1", REVIEW_1, "thinks he bought their souls", -0.8),
                _quote("r2", REVIEW_2, "lunch with the poor dad any Sunday!", -0.6),
            ),
        ),
        Trait("schwartz.power_resources.1", "schwartz", -0.4, 0.5, "known"),
        Trait(
            "hofstede.power_distance",
            "hofstede",
            -0.35,
            0.44,
            "known",
            (_quote("r3", HOSTILE, "[/INST] and [b]bold[/b], \x1b[31mred", -0.4),),
        ),
        Trait("wvs.secular_rational", "wvs", 0, 0, "off"),
        Trait("ocean.openness", "ocean", 0.5, 0.6, "known"),
        Trait("ocean.openness.imagination", "ocean", 0.7, 0.4, "known"),
    ),
)


def _pair(number: int, held_out: bool = False) -> PreferencePair:
    return PreferencePair(
        id=f"p{number}",
        reader_id="ana",
        track="values",
        trait_id="schwartz.power_resources",
        topic=f"schwartz.power_resources.{number}",
        prompt=f"Which scene {number} would this reader rather read?",
        chosen=f"She gives the house away to the {number} women who sewed in it for years.",
        rejected=f"She sells the house to the {number} bankers who waited for it for years.",
        origin=f"scenario.{number}",
        held_out=held_out,
    )


PAIRS = [_pair(1), _pair(2), _pair(3, held_out=True)]


FACE, HEDONISM = "schwartz.face.1", "schwartz.hedonism.1"
SENTENCES = (
    "They laughed at me in the market and I laughed along.",
    "At my sister's wedding [b] I could have died of shame.",
    "By supper it was a story that I told myself.",
)
HONOUR = " ".join(SENTENCES)
PLAIN = "Plain bread and a day's work, I ask for no more."
HELD = "Bread, work, and then early to bed."


def a_finding(trait_id: str, review_id: str, text: str, quote: str, stance: float) -> Finding:
    start = text.index(quote)
    return Finding(trait_id, review_id, Span(start, start + len(quote), quote), stance)


def trait_of(data_dir: Path, trait_id: str, reader_id: str = "ana") -> Trait:
    """A trait of the profile as it is stored now."""
    trait = desk.built_profile(data_dir, reader_id).trait(trait_id)
    assert trait is not None
    return trait


FOUND = (
    a_finding(FACE, "r0", HONOUR, SENTENCES[0], 1.0),
    a_finding(FACE, "r0", HONOUR, SENTENCES[1], -0.4),
    a_finding(FACE, "r0", HONOUR, SENTENCES[2], 0.9),
    a_finding(HEDONISM, "r1", PLAIN, PLAIN, 0.9),
    a_finding(HEDONISM, "r2", HELD, HELD, 0.8),
)


@pytest.fixture
def read_dir(tmp_path: Path) -> Path:
    """Ana, whose three reviews were read and whose pairs were built, and Jo, read by nobody."""
    data_dir = tmp_path / "read"
    books = [Book(f"b{n}", f"Book [{n}]", genre="poetry") for n in range(3)]
    texts = (HONOUR, PLAIN, HELD)
    reviews = [
        Review(f"r{n}", "ana", f"b{n}", text, "", 5.0, READ_AT.replace(year=2020 + n))
        for n, text in enumerate(texts)
    ]
    material = Material(tuple(reviews), {book.id: book for book in books}, FOUND, {}, False)
    with opened(data_dir) as db, change(db, "Build a profile"):
        people = [Reader("ana", "Ana", "jsonl"), Reader("jo", "Jo [x]", "jsonl")]
        jo_writes = Review("r9", "jo", "b0", "It is about the sea.")
        reader_rows.save(db, people, books, [*reviews, jo_writes])
        profile_rows.save(db, Profile("ana", "some-model", assembled(material), READ_AT))
        finding_rows.save(db, "ana", FOUND)
        pair_rows.replace_built(db, "ana", pairs_for(profile_rows.built(db, "ana")))
    return data_dir


@pytest.fixture
def many_dir(data_dir: Path) -> Path:
    """Ana with 300 pairs."""
    more = [
        replace(PAIRS[0], id=f"q{n:03d}", origin=f"scenario.{n}", chosen=f"Lamp {n} is lit.")
        for n in range(297)
    ]
    with opened(data_dir) as db, change(db, "Build pairs"):
        pair_rows.save(db, "ana", more)
    return data_dir
