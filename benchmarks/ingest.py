"""Streaming a long file of reviews in: python -m benchmarks.ingest [--quick].

Makes a file of a million reviews by 50,000 readers (a tenth of both with --quick) in the shape of
Amazon Reviews 2023, in a temporary directory. Few readers write much and most write little, as
anywhere (log-normal). In processes of their own, by turns and three times over: the file is parsed
line by line with orjson and nothing else; the 20 readers with most reviews (2 with --quick) are
imported by --min-reviews; one reader is imported by id; the survey behind the window's picker is
made. Then the first import is made again, which must add nothing, and once all of it is imported.

Ratios are of medians: the speed of each against orjson alone (bar: 0.5 or more; storing all of it
is the database's speed and has no bar). Memory is the child's peak (bar: 300 MB). Prints one JSON
object last.
"""

import argparse
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
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

import orjson

from engine.imports import import_reviews, survey_reviews
from engine.sources.choice import Choice
from models.events import result_of

REVIEWS_OF_A_READER = 20
"""On average."""
READERS_TO_ONE_TAKEN = 2500
REPEATS = 3
WORDS = 3000
WORDS_OF_A_REVIEW = (10, 130)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--child", nargs=4, metavar=("WHAT", "FILE", "DATA_DIR", "WISH"))
    asked = parser.parse_args()
    if asked.child:
        what, file, data_dir, wish = asked.child
        print(json.dumps(measured(CHILDREN[what], Path(file), Path(data_dir), wish)))
        return
    with tempfile.TemporaryDirectory(prefix="ingest-") as folder:
        print(json.dumps(report(Path(folder), 100_000 if asked.quick else 1_000_000)))


def report(folder: Path, reviews: int) -> dict[str, object]:
    """Make the file, measure, and put the figures together."""
    file = folder / "reviews.jsonl"
    counts = write_file(file, reviews)
    by_size = counts.most_common(len(counts) // READERS_TO_ONE_TAKEN)
    least, one = by_size[-1][1], by_size[0][0]
    wishes = {"orjson": "", "min_reviews": str(least), "reader": one, "survey": ""}
    runs: dict[str, list[Mapping[str, float]]] = {what: [] for what in wishes}
    for repeat in range(REPEATS):
        for what, wish in wishes.items():
            runs[what].append(child(what, file, folder / f"{what}-{repeat}", wish))
            print(what, runs[what][-1], file=sys.stderr)
    again = child("min_reviews", file, folder / "min_reviews-0", str(least))
    everything = child("all", file, folder / "all", "")
    seconds, cpu = (
        {what: median(run[kind] for run in runs[what]) for what in runs}
        for kind in ("seconds", "cpu_seconds")
    )
    peaks = {what: max(run["peak_mb"] for run in runs[what]) for what in runs}
    return {
        "benchmark": "ingest",
        "ratios": {
            f"{what}_to_orjson_alone": round(seconds["orjson"] / seconds[what], 2)
            for what in ("min_reviews", "reader", "survey")
        }
        | {
            # The same on a machine with other work to do.
            f"{what}_to_orjson_alone_by_cpu": round(cpu["orjson"] / cpu[what], 2)
            for what in ("min_reviews", "reader", "survey")
        },
        "figures": {
            "reviews": reviews,
            "readers": len(counts),
            "file_mb": round(file.stat().st_size / 1e6),
            "least_reviews": least,
            "stored": {what: int(runs[what][0]["added"]) for what in ("min_reviews", "reader")},
            "added_again": int(again["added"]),
            "seconds": {what: round(seconds[what], 2) for what in seconds},
            "peak_mb": peaks,
            "all": everything,
        },
        "machine": f"{platform.machine()} {platform.system()}, {os.cpu_count()} cores",
    }


def write_file(path: Path, reviews: int) -> Counter[str]:
    """Write made-up reviews, the same every time; returns the number of each reader's."""
    chance = random.Random(11)
    words = ["".join(chance.choices("aeilmnorstu", k=chance.randint(2, 9))) for _ in range(WORDS)]
    readers = [f"AE{number:026d}" for number in range(reviews // REVIEWS_OF_A_READER)]
    weights = [chance.lognormvariate(0, 1) for _ in readers]
    counts: Counter[str] = Counter()
    with path.open("wb") as file:
        for number, reader in enumerate(chance.choices(readers, weights, k=reviews)):
            counts[reader] += 1
            book = f"B{chance.randrange(200_000):09d}"
            row = {
                "rating": float(chance.randint(1, 5)),
                "title": " ".join(chance.choices(words, k=4)),
                "text": " ".join(chance.choices(words, k=chance.randint(*WORDS_OF_A_REVIEW))),
                "images": [],
                "asin": book,
                "parent_asin": book,
                "user_id": reader,
                "timestamp": 1_400_000_000_000 + number * 1000,
                "helpful_vote": 0,
                "verified_purchase": True,
            }
            file.write(orjson.dumps(row) + b"\n")
    return counts


def child(what: str, file: Path, data_dir: Path, wish: str) -> Mapping[str, float]:
    """Seconds, peak memory and added reviews of one piece of work in a process of its own."""
    arguments = ["--child", what, str(file), str(data_dir), wish]
    command = [sys.executable, "-m", "benchmarks.ingest", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told: Mapping[str, float] = json.loads(done.stdout)
    return told


def measured(
    work: Callable[[Path, Path, str], int], file: Path, data_dir: Path, wish: str
) -> dict[str, float]:
    started, cpu_started = time.perf_counter(), time.process_time()
    added = work(file, data_dir, wish)
    seconds = time.perf_counter() - started
    cpu_seconds = time.process_time() - cpu_started
    return {
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu_seconds, 3),
        "peak_mb": peak_mb(),
        "added": added,
    }


def peak_mb() -> int:
    """The most memory that this process has held.

    Linux's getrusage begins with the peak of the process that started this one, which wrote the
    file; what the kernel tells of this process alone is in /proc.
    """
    status = Path("/proc/self/status")
    if status.exists() and (told := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return round(int(told[1]) / 1e3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3))


def parse_alone(file: Path, _: Path, __: str) -> int:
    """What every reader of the file has to do at least."""
    with file.open("rb") as lines:
        for line in lines:
            orjson.loads(line)
    return 0


def import_most_active(file: Path, data_dir: Path, wish: str) -> int:
    return import_reviews(data_dir, file, choice=Choice(min_reviews=int(wish))).added


def import_one(file: Path, data_dir: Path, wish: str) -> int:
    return import_reviews(data_dir, file, choice=Choice(frozenset([wish]))).added


def import_all(file: Path, data_dir: Path, _: str) -> int:
    return import_reviews(data_dir, file, choice=Choice(everyone=True)).added


def survey(file: Path, _: Path, __: str) -> int:
    result_of(survey_reviews(file))
    return 0


CHILDREN = {
    "orjson": parse_alone,
    "min_reviews": import_most_active,
    "reader": import_one,
    "survey": survey,
    "all": import_all,
}


if __name__ == "__main__":
    main()
