"""The pair doctor on a hundred thousand pairs: python -m benchmarks.pair_doctor [--quick].

Stores 100,000 pairs (10,000 with --quick) of a reader of whom everything is known: first those
that are built, then the same with answers made of the bank's own sentences, as if edited; every
50th repeats the one before it. In processes of their own: all pairs are examined, and all that is
safe is mended, while another process does nothing but begin and end changes of the store.

The bar is that nobody else waits more than a second to write while the doctor mends (ratio: a
second over the longest wait; 1 or more). Also told: wall time and peak memory of both, tokens
not counted. Prints one JSON object last.
"""

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.workbench import Moment, made_up, now, peak_mb
from engine import pair_doctor, pair_mending
from engine.domain import PreferencePair, Profile, Reader, Trait, framework_of
from engine.frameworks import all_dimensions, all_statements, genres
from engine.pairs.build import pairs_for
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from models.errors import UserError

BAR_S = 1.0
EVERY_TWIN = 50
OVER = "over"
"""The file that tells the writer to end."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--child", nargs=2, metavar=("WHAT", "DATA_DIR"))
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(CHILDREN[asked.child[0]](Path(asked.child[1]))))
        return
    with tempfile.TemporaryDirectory(prefix="pair-doctor-") as folder:
        data_dir = Path(folder)
        pairs = 10_000 if asked.quick else 100_000
        store(data_dir, pairs)
        with started("examine", data_dir) as child:
            examined = told_by(child)
        with started("write", data_dir) as writer:
            time.sleep(2)
            with started("mend", data_dir) as child:
                mended = told_by(child)
            (data_dir / OVER).touch()
            waited = told_by(writer)
        longest_s = float(str(waited["longest_s"]))
        report = {
            "benchmark": "pair_doctor",
            "ratios": {"bar_to_longest_wait": round(BAR_S / longest_s, 2)},
            "figures": {"pairs": pairs, "examine": examined, "mend": mended, "writer": waited},
            "machine": f"{platform.machine()} {platform.system()}, {os.cpu_count()} cores",
        }
        print(json.dumps(report))


def store(data_dir: Path, number: int) -> None:
    """Store a reader of whom everything is known, with so many pairs; the same every time."""
    profile = known_profile()
    with opened(data_dir) as db, change(db, "Build pairs"):
        reader_rows.save(db, [Reader("ana", "Ana", "jsonl")], [], [])
        profile_rows.save(db, profile)
        pair_rows.save(db, "ana", list(ill_pairs(profile, number)))


def known_profile() -> Profile:
    """A reader with a score on every scale, statement and genre."""
    chance = random.Random(5)
    names = [*all_dimensions(), *all_statements(), *(f"interests.{genre}" for genre in genres())]
    traits = (
        Trait(name, framework_of(name), chance.uniform(-0.9, 0.9), 0.8, "known") for name in names
    )
    return Profile("ana", "embedded", tuple(traits), datetime(2026, 1, 2, tzinfo=UTC))


def ill_pairs(profile: Profile, number: int) -> Iterator[PreferencePair]:
    built = pairs_for(profile)
    yield from built
    before = built[-1]
    for at, made in enumerate(made_up(number - len(built))):
        texts = before if at % EVERY_TWIN == EVERY_TWIN - 1 else made
        before = replace(
            built[at % len(built)],
            id=made.id,
            chosen=texts.chosen,
            rejected=texts.rejected,
            edited=True,
        )
        yield before


def started(what: str, data_dir: Path) -> "subprocess.Popen[str]":
    """One part of the work, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.pair_doctor", "--child", what, str(data_dir)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def told_by(child: "subprocess.Popen[str]") -> Mapping[str, object]:
    """The figures that a child prints when it is done."""
    out, _ = child.communicate()
    told: Mapping[str, object] = json.loads(out.splitlines()[-1])
    print(child.args, told, file=sys.stderr)
    return told


def examine(data_dir: Path) -> dict[str, object]:
    began = now()
    found = pair_doctor.examine(data_dir, "ana")
    times = seconds_since(began)
    kinds = {finding.kind: len(finding.cases) for finding in found.findings}
    return {**times, "peak_mb": peak_mb(), "found": kinds}


def mend(data_dir: Path) -> dict[str, object]:
    began = now()
    report = pair_mending.mend(data_dir, "ana")
    return {**seconds_since(began), "peak_mb": peak_mb(), "changed": report.changed}


def seconds_since(began: Moment) -> dict[str, float]:
    """By the clock, and by what this process has computed."""
    done = now()
    return {"wall_s": round(done.clock - began.clock, 1), "cpu_s": round(done.cpu - began.cpu, 1)}


def write(data_dir: Path) -> dict[str, object]:
    """Begin and end changes until the doctor is done; how long the slowest had to wait."""
    waits, refused = [], 0
    while not (data_dir / OVER).exists():
        began = time.perf_counter()
        try:
            with opened(data_dir) as db, change(db, "Wait for the turn"):
                pass
        except UserError:
            refused += 1
        waits.append(time.perf_counter() - began)
        time.sleep(0.01)
    return {"longest_s": round(max(waits), 3), "changes": len(waits), "refused": refused}


CHILDREN = {"examine": examine, "mend": mend, "write": write}

if __name__ == "__main__":
    main()
