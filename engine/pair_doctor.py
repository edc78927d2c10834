"""The pair doctor as front ends see it: examine a reader's pairs, count their tokens.

`engine.pairs.doctor` knows what is wrong; here its patients come from the store. How they go back
to it mended: `engine.pair_mending`.
"""

import asyncio
import secrets
import shutil
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path

from engine import jobs
from engine.bank_extend.decisions import accepted
from engine.domain import PreferencePair, Track
from engine.pairs.addition import NOTHING_ADDED, Addition
from engine.pairs.bearing import bearing
from engine.pairs.doctor.counts import content_key, counts_path, read_counts
from engine.pairs.doctor.coverage import Row, grid
from engine.pairs.doctor.finding import Finding, Severity, many
from engine.pairs.doctor.patient import Lengths, Patient
from engine.pairs.doctor.table import examined
from engine.store import cards as card_rows
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store import readers as reader_rows
from engine.store.database import Store, opened
from engine.train.config import TrainConfig
from engine.train.input_files import NOTHING_NEAR, input_files
from models.errors import BadInput
from models.events import Event, Finished
from models.library import resolve_base


@dataclass(frozen=True)
class Ruler:
    """What the length of a pair is measured with."""

    base: str = "embedded"
    """As `resolve_base` takes it."""
    max_length: int = TrainConfig().max_length
    """Tokens."""


@dataclass(frozen=True)
class Examination:
    """What the doctor found."""

    reader: str
    pairs: tuple[PreferencePair, ...]
    """Those that are not dropped."""
    findings: tuple[Finding, ...]
    grid: tuple[Row, ...]
    base: str
    """The name of the base whose tokens count."""
    uncounted: int
    """Pairs whose tokens this base has not counted yet."""

    def as_json(self) -> dict[str, object]:
        return {
            "reader": self.reader,
            "pairs": len(self.pairs),
            "findings": [finding.as_json() for finding in self.findings],
            "by_track": dict(self.by_track),
            "coverage": [asdict(row) | {"holes": row.holes} for row in self.grid],
            "base": self.base,
            "uncounted": self.uncounted,
        }

    @property
    def by_track(self) -> Mapping[Track, int]:
        """Each pair counted once: in the grid one can stand in several rows."""
        return Counter(pair.track for pair in self.pairs)


def examine(data_dir: Path, reader_id: str, ruler: Ruler | None = None) -> Examination:
    """Look a reader's pairs through; of their lengths only what was counted before.

    Raises:
        BadInput: no such reader, no pairs, or no such base.
    """
    ruler = ruler or Ruler()
    added = accepted(data_dir)
    with opened(data_dir) as db:
        patient, uncounted = patient_of(db, data_dir, reader_id, ruler, added)
    return Examination(
        reader=reader_id,
        pairs=patient.used,
        findings=examined(patient),
        grid=tuple(grid(patient.used, patient.profile)),
        base=resolve_base(ruler.base).name,
        uncounted=len(uncounted),
    )


def stops(data_dir: Path, reader_ids: Sequence[str], ruler: Ruler | None = None) -> str:
    """One sentence on what should be mended before training; empty where nothing is."""
    told: list[str] = []
    stop: list[Severity] = ["stop"]
    added = accepted(data_dir)
    with opened(data_dir) as db:
        for reader_id in reader_ids:
            pairs = tuple(pair_rows.of_reader(db, reader_id))
            if pairs:
                patient, _ = patient_of(db, data_dir, reader_id, ruler or Ruler(), added)
                told += [
                    f"{finding.title.lower()} in {many(len(finding.cases), 'pair')}"
                    for finding in examined(patient, stop)
                ]
    return f"The pair doctor would stop here: {', '.join(told)}." if told else ""


async def count_tokens(
    data_dir: Path, reader_id: str, ruler: Ruler | None = None
) -> AsyncGenerator[Event, None]:
    """Count the tokens of the pairs that were not counted yet, in a child process.

    Closing the iterator stops it; `examine` knows the counts from then on.

    Raises:
        BadInput: no such reader, no pairs, or no such base.
    """
    ruler = ruler or Ruler()
    directory = await asyncio.to_thread(_counting, data_dir, reader_id, ruler)
    if directory is None:
        yield Finished({"pairs": 0, "base": ruler.base})
        return
    try:
        async with aclosing(jobs.follow(directory)) as events:
            async for event in events:
                yield event
    finally:
        jobs.stop(directory)
        shutil.rmtree(directory.path, ignore_errors=True)


def _counting(data_dir: Path, reader_id: str, ruler: Ruler) -> jobs.RunDir | None:
    """A child that counts; None where there is nothing to count."""
    with opened(data_dir) as db:
        patient, uncounted = patient_of(db, data_dir, reader_id, ruler)
        card = _card(db, reader_id)
    if not uncounted:
        return None
    base = resolve_base(ruler.base)
    cache_dir = data_dir / "cache"
    path = cache_dir / "counting" / secrets.token_hex(4)
    settings = {
        "base": ruler.base if base.path is None or base.spec == "embedded" else str(base.path),
        "counts": str(_counts_path(data_dir, card, ruler).resolve()),
        "cache_dir": str(cache_dir.resolve()),
        "max_length": ruler.max_length,
    }
    directory = jobs.prepare(path, "lengths", settings)
    near = bearing(patient.profile, uncounted) if patient.profile else NOTHING_NEAR
    for name, text in input_files(uncounted, {reader_id: card}, near=near).items():
        (path / name).write_text(text, encoding="utf-8")
    jobs.start(directory)
    return directory


def patient_of(
    db: Store, data_dir: Path, reader_id: str, ruler: Ruler, added: Addition = NOTHING_ADDED
) -> tuple[Patient, list[PreferencePair]]:
    """The reader's pairs with what is known of them, and those whose tokens are not counted.

    Raises:
        BadInput: no such reader, no pairs, or no such base.
    """
    reader_rows.find(db, reader_id)
    pairs = tuple(pair_rows.of_reader(db, reader_id))
    if not pairs:
        raise BadInput(
            f"Reader {reader_id!r} has no pairs to look at.",
            f"Build them first: `persona-studio pairs build {reader_id}`.",
        )
    counts = read_counts(_counts_path(data_dir, _card(db, reader_id), ruler))
    known = counts.tokens if counts else {}
    profile = profile_rows.find(db, reader_id)
    near = bearing(profile, pairs) if profile else NOTHING_NEAR
    keys = {pair.id: content_key(pair, near.get(pair.id, ())) for pair in pairs}
    lengths = Lengths(
        resolve_base(ruler.base).name,
        ruler.max_length,
        {pair_id: known[key] for pair_id, key in keys.items() if key in known},
        counts.special_tokens if counts else (),
    )
    uncounted = [pair for pair in pairs if not pair.dropped and keys[pair.id] not in known]
    return Patient(pairs, profile, lengths, added), uncounted


def _card(db: Store, reader_id: str) -> str:
    profile = profile_rows.find(db, reader_id)
    return card_rows.conditioning_text(db, profile) if profile else ""


def _counts_path(data_dir: Path, card: str, ruler: Ruler) -> Path:
    base = resolve_base(ruler.base)
    return counts_path(data_dir / "cache", str(base.path or base.spec), card, ruler.max_length)
