"""The preflight against what runs really take: memory, and the time of a run.

    python -m benchmarks.preflight [--quick] [--case NAME ...] [--steps 4]

For each case it asks for the forecast from sizes alone, has the probe measure, asks again, and then
trains. The peak is the run's own (`memory_bytes` of its last step); a forecast below 1 in the
ratios is too low. The profiles are made up (sides drawn with a fixed seed), which changes no shape.
The last line printed is one JSON object: {benchmark, ratios, figures, machine}.
"""

import argparse
import asyncio
import json
import platform
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.dpo import made_up_profile
from engine import cards, desk, preflight, runs
from engine.domain import Reader
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from engine.train.config import TrainConfig, config_for
from engine.train.preflight import Forecast
from models.events import Event, Failed, Metric

READER = "made-up"
SHORT_CARD, LONG_CARD = 60, 1200


@dataclass(frozen=True)
class Case:
    """One run to forecast."""

    changes: Mapping[str, object]
    card_budget: int = 300
    """Tokens."""


CASES = {
    "batch 8": Case({"batch_size": 8}),
    "batch 4": Case({"batch_size": 4}),
    "batch 16": Case({"batch_size": 16}),
    "short card": Case({"batch_size": 8}, SHORT_CARD),
    "long card": Case({"batch_size": 8, "max_length": 2048}, LONG_CARD),
    "fine-tuned first": Case({"batch_size": 8, "method": "sft-dpo"}),
}
QUICK = ("batch 8",)


@dataclass(frozen=True)
class Figures:
    """What was forecast for a case, and what it came to."""

    case: str
    base: str
    place: str
    biggest_batch_tokens: int
    peak_memory_bytes: int
    forecast_bytes: int
    """From sizes alone."""
    probed_bytes: int
    """After the probe."""
    seconds: float
    probed_seconds: float
    probe_seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one case")
    parser.add_argument("--case", choices=CASES, nargs="+", default=[], dest="names")
    parser.add_argument("--base", default="embedded")
    parser.add_argument("--steps", type=int, default=4)
    given = parser.parse_args()
    found = []
    for name in given.names or (QUICK if given.quick else CASES):
        print(name, file=sys.stderr)
        found.append(measured(name, given.base, given.steps))
        print(json.dumps(asdict(found[-1])), file=sys.stderr)
    ratios = {
        f"{what}, {one.case}": value
        for one in found
        for what, value in (
            ("memory forecast / peak", one.forecast_bytes / one.peak_memory_bytes),
            ("memory after the probe / peak", one.probed_bytes / one.peak_memory_bytes),
            ("time after the probe / run", one.probed_seconds / one.seconds),
        )
    }
    machine = {"cpu": platform.processor() or platform.machine(), "python": sys.version.split()[0]}
    figures = [asdict(one) for one in found]
    print(
        json.dumps(
            {"benchmark": "preflight", "ratios": ratios, "figures": figures, "machine": machine}
        )
    )


def measured(name: str, base: str, steps: int) -> Figures:
    case = CASES[name]
    cache = Path(tempfile.gettempdir()) / "persona-studio-benchmark"
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        if (cache / "converted").exists():
            (data_dir / "cache").mkdir()
            (data_dir / "cache" / "converted").symlink_to(cache / "converted")
        a_reader(data_dir, case.card_budget)
        batch_size = int(str(case.changes["batch_size"]))
        changes = {**case.changes, "max_pairs": steps * batch_size, "max_held_out": 8}
        config = config_for("quick", base, changes)
        guessed = forecast(data_dir, config)
        began = time.monotonic()
        asyncio.run(_to_end(preflight.probe(data_dir, [READER], config)))
        probe_seconds = time.monotonic() - began
        probed = forecast(data_dir, config)
        began = time.monotonic()
        run = runs.start_training(data_dir, [READER], base, "quick", changes)
        peaks = asyncio.run(_to_end(runs.follow(data_dir, run.id)))
        seconds = time.monotonic() - began
    return Figures(
        name,
        base,
        probed.place.told,
        probed.batch_tokens,
        round(max(peaks)),
        guessed.needs[0].need_bytes,
        probed.needs[0].need_bytes,
        round(seconds, 1),
        round(probed.seconds, 1),
        round(probe_seconds, 1),
    )


def forecast(data_dir: Path, config: TrainConfig) -> Forecast:
    found = preflight.check(data_dir, [READER], config)
    assert found is not None, "the base is on this disk"
    return found.forecast


async def _to_end(events: AsyncIterator[Event]) -> list[float]:
    """The memory that each step told of."""
    peaks = []
    async for event in events:
        if isinstance(event, Failed):
            raise SystemExit(f"{event.message} {event.hint}")
        if isinstance(event, Metric) and "memory_bytes" in event.values:
            peaks.append(event.values["memory_bytes"])
    return peaks


def a_reader(data_dir: Path, card_budget: int) -> None:
    """A made-up reader with pairs, and a card kept to a budget."""
    profile = made_up_profile(READER, random.Random(3))
    with opened(data_dir) as db, change(db, "Build a profile"):
        reader_rows.save(db, [Reader(READER, READER, "jsonl")], [], [])
        profile_rows.save(db, profile)
    desk.build_pairs(data_dir, READER)
    shown = cards.card(data_dir, READER, budget=card_budget)
    cards.edit_card(data_dir, READER, shown.card.text)


if __name__ == "__main__":
    main()
