"""Filtering a hundred thousand pairs as one types: python -m benchmarks.workbench [--quick].

Stores 100,000 pairs (20,000 with --quick) whose answers are made of the bank's own sentences, so
that words are as frequent as there, opens the window without a terminal at 120x40, and types
filters key by key: words, a rare word, a track, a regular expression, and back again. From each
key's event to the first update of the screen that shows the pairs that the new filter finds first,
with their texts; of a rare expression as many as there are by then, and of one that finds nothing
the update that says so. All filters are typed twice: with the next key sent as soon as these are
drawn, while the rest is still being found, and with each key waiting until all is found and
counted. Keys that bring no other pairs into view are not counted.

The bar is 50 ms at the 95th percentile, by the clock (ratio: 50 ms over what was measured; 1 or
more). A machine with other work to do is slower in all. So the same run takes the time of keys that
only move the cursor, which is what drawing the list takes (ratio: that over a key of the filter),
and has Python's `re` look through the same texts for letters that none of them has (ratio: that
over the search). Also told: the act and its undo on all pairs, finding similar ones, and memory.
Prints one JSON object last.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

from rich.console import RenderableType
from textual._compositor import CompositorUpdate
from textual.events import Key
from textual.keys import _character_to_key
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input
from textual.worker import WorkerCancelled

from engine import desk, workbench
from engine.bank import books, questions, scenarios
from engine.domain import PreferencePair, Reader, Track
from engine.frameworks import all_statements
from engine.store import pairs as pair_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from engine.workbench import PairIndex, Search
from models.errors import BadInput
from studio import app as app_module
from studio.app import StudioApp
from studio.screens.pairs import PairsScreen
from studio.widgets.pair_list import PairList

BAR_MS = 50
SENTENCES_OF_AN_ANSWER = (2, 5)
FILTERS = (
    "the light",
    "lighthouse",
    "brother and sister",
    "zq",
    "track:values is:open kitchen",
    "trait:schwartz.face strength:>0.5",
    "/the (old|young) \\w+ (said|asked)/",
    "not:held_out sort:-strength river",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--child", nargs=2, metavar=("WHAT", "DATA_DIR"))
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(CHILDREN[asked.child[0]](Path(asked.child[1]))))
        return
    with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
        data_dir = Path(folder)
        pairs = 20_000 if asked.quick else 100_000
        store(data_dir, pairs)
        window, engine = child("window", data_dir), child("engine", data_dir)
        print(json.dumps(report(pairs, window, engine)))


def report(
    pairs: int, window: Mapping[str, object], engine: Mapping[str, object]
) -> dict[str, object]:
    clock, cpu = (float(str(window[f"key_to_paint_{by}p95_ms"])) for by in ("", "cpu_"))
    middle, cursor = (
        float(str(window[f"{key}_p50_ms"])) for key in ("key_to_paint", "cursor_down")
    )
    scan, search = (float(str(engine[f"{name}_ms"])) for name in ("plain_re_scan", "no_word_all"))
    return {
        "benchmark": "workbench",
        "ratios": {
            "bar_to_key_to_paint_p95": round(BAR_MS / clock, 2),
            "bar_to_key_to_paint_p95_by_cpu": round(BAR_MS / cpu, 2),
            "cursor_down_to_key_to_paint_p50": round(cursor / middle, 2),
            "plain_re_scan_to_no_word": round(scan / search, 1),
        },
        "figures": {"pairs": pairs, "window": window, "engine": engine},
        "machine": f"{platform.machine()} {platform.system()}, {os.cpu_count()} cores",
    }


def store(data_dir: Path, number: int) -> None:
    """Store made-up pairs of one reader, the same every time."""
    with opened(data_dir) as db, change(db, "Build pairs"):
        reader_rows.save(db, [Reader("ana", "Ana", "jsonl")], [], [])
        pair_rows.save(db, "ana", list(made_up(number)))


def made_up(number: int) -> Iterator[PreferencePair]:
    """Pairs of the bank's sentences, in new company."""
    chance = random.Random(11)
    texts = [text for scene in scenarios() for text in (scene.aligned, scene.opposed)]
    texts += [text for question in questions() for text in (*question.high, *question.low)]
    texts += [book.description for book in books()]
    sentences = [part for text in texts for part in re.split(r"(?<=[.!?…]) ", text) if part]
    traits = list(all_statements())
    tracks: tuple[Track, ...] = ("interests", "values", "personality", "descriptions")

    def answer() -> str:
        return " ".join(chance.choices(sentences, k=chance.randint(*SENTENCES_OF_AN_ANSWER)))

    for at in range(number):
        yield PreferencePair(
            id=f"{at:012x}",
            reader_id="ana",
            track=chance.choice(tracks),
            trait_id=chance.choice(traits),
            topic=f"topic.{at % 997}",
            prompt="Write a short scene that this reader would enjoy.",
            chosen=answer(),
            rejected=answer(),
            origin=f"made.{at}",
            held_out=at % 7 == 0,
            stance=chance.uniform(-1, 1),
        )


def child(what: str, data_dir: Path) -> Mapping[str, object]:
    """The figures of one part, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.workbench", "--child", what, str(data_dir)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    told: Mapping[str, object] = json.loads(done.stdout.splitlines()[-1])
    print(what, told, file=sys.stderr)
    return told


class Moment(NamedTuple):
    """When something was, by the clock and by what this process has computed; in seconds."""

    clock: float
    cpu: float


def now() -> Moment:
    return Moment(time.perf_counter(), time.process_time())


class TimedApp(StudioApp):
    """The window, which notes what the list of pairs showed when the screen was last drawn."""

    CSS_PATH = str(Path(app_module.__file__).with_name("studio.tcss"))
    drawn_at = Moment(0.0, 0.0)
    shown: tuple[str, ...] = ()
    """The ids in view, once all of them are drawn with their texts."""
    drawn = asyncio.Event()
    listed_at = Moment(0.0, 0.0)

    def note_listing(self, message: Message) -> None:
        """The list has other lines; told before they are drawn."""
        if isinstance(message, PairList.Moved):
            self.listed_at = now()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        if isinstance(renderable, CompositorUpdate) and isinstance(screen, PairsScreen):
            renderable.render_segments(self.console)  # what a terminal would be sent
            seen = screen.list_.in_view
            if set(seen) <= set(screen.list_.kept_ids):
                self.shown, self.drawn_at = tuple(seen), now()
                self.drawn.set()

    async def until_drawn(self, is_so: Callable[[], bool], after: Moment) -> Moment:
        """Wait for an update of the screen after which something is so; the time it took."""
        async with asyncio.timeout(30):
            while self.drawn_at.clock <= after.clock or not is_so():
                self.drawn.clear()
                await self.drawn.wait()
        return Moment(self.drawn_at.clock - after.clock, self.drawn_at.cpu - after.cpu)

    def key(self, sign: str) -> Moment:
        """Send a key as the terminal does; the moment it was sent."""
        name = sign if len(sign) > 1 else _character_to_key(sign)
        event = Key(name, sign if len(sign) == 1 else None)
        event.set_sender(self)
        assert self._driver is not None, "the window is open"
        sent = now()
        self._driver.send_message(event)
        return sent


async def typed(data_dir: Path) -> dict[str, object]:
    """Type every filter and take the time of each key that brings other pairs into view."""
    index = workbench.load_index(data_dir, "ana")
    app = TimedApp(data_dir, "pairs")
    began = time.perf_counter()
    taken: dict[str, list[Moment]] = {"at_once": [], "patiently": []}
    async with app.run_test(size=(120, 40)):
        await app.until_drawn(lambda: bool(app.shown), app.drawn_at)
        await settled(app)
        opened_s = time.perf_counter() - began
        sieve, listed = app.screen.query_one("#filter", Input), app.screen.query_one(PairList)
        sieve.focus()
        listed.message_signal.subscribe(app, app.note_listing, immediate=True)
        wanted = {
            line[:at]: first_of(index, line[:at], listed.page_height)
            for line in FILTERS
            for at in range(1, len(line) + 1)
        }
        for manner, times in taken.items():
            for line in FILTERS:
                for at in range(1, len(line) + 1):
                    then = wanted[line[:at]]
                    sent = app.key(line[at - 1])
                    if then is None or then == app.shown:
                        await asyncio.sleep(0.05)
                    else:
                        is_there = partial(shows_first_of, app, listed, then, sent)
                        times.append(await app.until_drawn(is_there, sent))
                    if manner == "patiently":
                        await settled(app)
                sieve.value = ""
                await settled(app)
        listed.focus()
        moved = [await move(app, listed, "down") for _ in range(30)]
        paged = [await move(app, listed, "pagedown") for _ in range(40)]
    every = taken["at_once"] + taken["patiently"]
    return {
        "keys": len(every),
        **figures("key_to_paint", every),
        **{f"p95_ms_{manner}": p95([time.clock for time in taken[manner]]) for manner in taken},
        **figures("cursor_down", moved),
        **figures("page_down", paged),
        "opened_s": round(opened_s, 1),
        "peak_mb": peak_mb(),
    }


def shows_first_of(app: TimedApp, listed: PairList, wanted: tuple[str, ...], sent: Moment) -> bool:
    """Whether the list shows what a filter finds first, or as much of it as is found by then.

    Of a filter that finds nothing it has to say so: to be looking still is not enough.
    """
    is_new = app.listed_at.clock > sent.clock and app.shown == wanted[: len(app.shown) or None]
    return is_new and (bool(wanted) or "No pair" in listed.render_line(0).text)


def first_of(index: PairIndex, line: str, height: int) -> tuple[str, ...] | None:
    """The ids that a filter shows first; None for a line that means nothing yet."""
    try:
        rows = workbench.found(index, workbench.parse_query(line))
    except BadInput:
        return None
    return tuple(index.ids_of(rows[:height].tolist()))


async def move(app: TimedApp, listed: PairList, key: str) -> Moment:
    """Go down by one or by a page; the time until the pairs there are drawn."""
    before = listed.current_id
    sent = app.key(key)
    taken = await app.until_drawn(
        lambda: listed.current_id != before and listed.current_id in app.shown, sent
    )
    await asyncio.sleep(0.15)  # until the pair is shown in full, and that is drawn
    return taken


async def settled(app: TimedApp) -> None:
    """Wait until all is found and counted."""
    await asyncio.sleep(0.05)
    while running := [worker for worker in app.workers if not worker.is_finished]:
        with suppress(WorkerCancelled):
            await app.workers.wait_for_complete(running)
    await asyncio.sleep(0.05)


def in_window(data_dir: Path) -> dict[str, object]:
    return asyncio.run(typed(data_dir))


def in_engine(data_dir: Path) -> dict[str, object]:
    """The times of what the window asks of the engine, each in ms on its own."""
    told: dict[str, object] = {}

    def take(name: str, work: Callable[[], object]) -> None:
        began = time.perf_counter()
        work()
        told[f"{name}_ms"] = round((time.perf_counter() - began) * 1e3, 1)

    began = time.perf_counter()
    index = workbench.load_index(data_dir, "ana")
    told["index_loaded_s"] = round(time.perf_counter() - began, 2)
    told["index_text_mb"] = round(sum(map(len, index.texts)) / 1e6)
    told["peak_mb_with_index"] = peak_mb()
    take("plain_re_scan", lambda: [text for text in index.texts if re.search(b"zqzq", text)])
    take("letters_taken_in", lambda: index.letters.grow(600))
    for name, line in SEARCHES.items():
        query = workbench.parse_query(line)
        take(f"{name}_first", partial(Search(index, query).take, 40))
        take(f"{name}_all", partial(workbench.found, index, query))
    take("page", lambda: workbench.page(data_dir, index.ids[5000:5040]))
    take("counts", index.counts)
    take("similar_first", lambda: workbench.similar(index, index.ids[7]))
    take("similar_next", lambda: workbench.similar(index, index.ids[8]))
    ids = list(index.ids)
    take("accept_all", lambda: workbench.act(data_dir, "accept", ids))
    take("follow_all", lambda: workbench.refreshed(data_dir, index))
    take("undo_all", lambda: desk.undo(data_dir))
    take("flag_one", lambda: workbench.act(data_dir, "flag", ids[:1]))
    take("journal_of_one", lambda: workbench.pair_journal(data_dir, ids[0]))
    told["peak_mb"] = peak_mb()
    return told


SEARCHES = {"word": "light", "no_word": "zqzq", "expression": "/the (old|young) \\w+/"}
CHILDREN = {"window": in_window, "engine": in_engine}


def figures(name: str, times: Sequence[Moment]) -> dict[str, float]:
    """By the clock, and by the processor: the same on a machine with other work to do."""
    clock, cpu = [time.clock for time in times], [time.cpu for time in times]
    return {
        f"{name}_p50_ms": round(median(clock) * 1e3, 1),
        f"{name}_p95_ms": p95(clock),
        f"{name}_cpu_p50_ms": round(median(cpu) * 1e3, 1),
        f"{name}_cpu_p95_ms": p95(cpu),
    }


def p95(seconds: Sequence[float]) -> float:
    """The 95th percentile, in ms."""
    return round(quantiles(seconds, n=20)[-1] * 1e3, 1)


def peak_mb() -> int:
    """The most memory that this process has held.

    Linux's getrusage begins with the peak of the process that started this one; what the kernel
    tells of this process alone is in /proc.
    """
    status = Path("/proc/self/status")
    if status.exists() and (told := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return round(int(told[1]) / 1e3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3))


if __name__ == "__main__":
    main()
