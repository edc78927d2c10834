"""Runs as a front end sees them: start, list, follow, stop, resume; and the models they made."""

import asyncio
import json
import secrets
import shutil
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from engine import jobs
from engine.domain import PreferencePair, Run, RunKind
from engine.jobs import RunDir
from engine.record import record_profile
from engine.store import cards as card_rows
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store import runs as run_rows
from engine.store.database import opened
from engine.train.config import TrainConfig, config_for
from engine.train.input_files import input_files
from models.errors import BadInput
from models.events import Event, Finished
from models.library import resolve_base


@dataclass(frozen=True)
class TunedModel:
    """A GGUF that an export made."""

    run_id: str
    train_run_id: str
    reader_ids: tuple[str, ...]
    title: str
    gguf: Path
    base_gguf: Path
    """The base it was made from, for panes that show what tuning changed."""
    quant: str
    sha256: str
    size_bytes: int
    created_at: datetime

    @property
    def reader_id(self) -> str:
        return self.reader_ids[0]


def run_dir(data_dir: Path, run_id: str) -> RunDir:
    """The directory of a run."""
    return RunDir(data_dir / "runs" / run_id)


def runs(data_dir: Path, kind: RunKind | None = None, subject: str | None = None) -> list[Run]:
    """Runs with where each stands, the newest first."""
    with opened(data_dir) as db:
        found = run_rows.everything(db, kind, subject)
    return [_with_state(data_dir, run) for run in found]


def find_run(data_dir: Path, run_id: str) -> Run:
    """One run by its id or the beginning of it, with where it stands.

    Raises:
        BadInput: none or several begin so.
    """
    with opened(data_dir) as db:
        run = run_rows.find(db, run_id)
    return _with_state(data_dir, run)


def _with_state(data_dir: Path, run: Run) -> Run:
    state, result = jobs.standing(run_dir(data_dir, run.id))
    return replace(run, state=state, result=dict(result))


def launch(
    data_dir: Path,
    kind: RunKind,
    subject: str,
    title: str,
    settings: Mapping[str, object],
    files: Mapping[str, str],
) -> Run:
    """Make a run with its input files and start its child.

    Raises:
        UserError: the disk refuses; nothing is left behind.
    """
    now = datetime.now(UTC)
    run = Run(
        id=f"{kind}-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
        kind=kind,
        subject=subject,
        title=title,
        created_at=now,
        state="running",
    )
    path = run_dir(data_dir, run.id).path
    try:
        directory = jobs.prepare(path, kind, settings)
        for name, text in files.items():
            _write_private(path / name, text)
        with opened(data_dir) as db:
            run_rows.add(db, run)
        jobs.start(directory)
    except BaseException:
        if not (path / "pid").exists():
            shutil.rmtree(path, ignore_errors=True)
        raise
    return run


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def start_training(
    data_dir: Path,
    reader_ids: Sequence[str],
    base: str = "embedded",
    preset: str = "quick",
    changes: Mapping[str, object] | None = None,
) -> Run:
    """Start DPO on the pairs of one reader, or one adapter over several.

    Raises:
        BadInput: no such reader or preset, no profile or pairs, or the base cannot be found.
    """
    config = with_absolute_base(config_for(preset, base, changes or {}))
    settings, files = training_input(data_dir, reader_ids, config)
    title = f"{preset} on {config.base} for {', '.join(reader_ids)}"
    return launch(data_dir, "train", reader_ids[0], title, settings, files)


def with_absolute_base(config: TrainConfig) -> TrainConfig:
    """The configuration with a base that a child finds from wherever it stands.

    Raises:
        BadInput: there is no such base.
    """
    base = resolve_base(config.base)
    if base.path is None or config.base == "embedded":
        return config
    return replace(config, base=str(base.path))


def training_input(
    data_dir: Path, reader_ids: Sequence[str], config: TrainConfig
) -> tuple[dict[str, object], dict[str, str]]:
    """What a training run reads: its settings, and its files by name.

    Raises:
        BadInput: no reader given, no profile or no pairs.
    """
    if not reader_ids:
        raise BadInput("No reader to train for.", "Name one or more: `train READER`.")
    cards: dict[str, str] = {}
    pairs: list[PreferencePair] = []
    with opened(data_dir) as db:
        for reader_id in dict.fromkeys(reader_ids):
            profile = profile_rows.built(db, reader_id)
            cards[reader_id] = card_rows.conditioning_text(db, profile)
            own = [pair for pair in pair_rows.of_reader(db, reader_id) if not pair.dropped]
            if not any(not pair.held_out for pair in own):
                raise BadInput(
                    f"Reader {reader_id!r} has no pairs to train on.",
                    "Build them first: b on the Pairs screen, or "
                    f"`persona-studio pairs build {reader_id}`.",
                )
            pairs += own
    files = input_files(pairs, cards)
    settings: dict[str, object] = {
        "reader_ids": list(cards),
        "config": asdict(config),
        "base": config.base,
        "cache_dir": str(data_dir / "cache"),
    }
    settings["fingerprint"] = fingerprint(settings["config"], files)
    return settings, files


def start_export(data_dir: Path, run_id: str, quant: str = "Q4_K_M") -> Run:
    """Start merging, quantising and checking what a training run made.

    Raises:
        BadInput: no such run, it is not a training run, or it has no adapter yet.
    """
    trained = find_run(data_dir, run_id)
    source = run_dir(data_dir, trained.id)
    if trained.kind != "train" or not (source.adapter / "adapter_config.json").exists():
        raise BadInput(
            f"Run {trained.id} has no adapter to export.",
            "Export a training run that has finished: the Train screen and `persona-studio runs` "
            "list them.",
        )
    settings: dict[str, object] = {
        "train_run": str(source.path),
        "train_run_id": trained.id,
        "reader_ids": json.loads(source.job.read_text())["reader_ids"],
        "quant": quant,
        "cache_dir": str(data_dir / "cache"),
    }
    settings["fingerprint"] = fingerprint(trained.id, quant)
    return launch(data_dir, "export", trained.subject, f"{quant} of {trained.id}", settings, {})


def fingerprint(*parts: object) -> str:
    """A short hash of what a run's result depends on."""
    text = json.dumps(parts, sort_keys=True, default=str, ensure_ascii=False)
    return sha256(text.encode()).hexdigest()[:16]


def finished_like(data_dir: Path, kind: RunKind, subject: str, print_: object) -> Run | None:
    """The newest finished run whose input was the same; None if there is none."""
    for run in runs(data_dir, kind, subject):
        job = run_dir(data_dir, run.id).job
        if run.state == "finished" and json.loads(job.read_text()).get("fingerprint") == print_:
            return run
    return None


def stop(data_dir: Path, run_id: str) -> None:
    """Ask a run to write a checkpoint and stop; one that is not running is left alone."""
    jobs.stop(run_dir(data_dir, find_run(data_dir, run_id).id))


def resume(data_dir: Path, run_id: str) -> Run:
    """Start a stopped or failed run again, from what it left.

    Raises:
        BadInput: it is running, or it finished.
    """
    run = find_run(data_dir, run_id)
    if run.state == "finished":
        raise BadInput(f"Run {run.id} is finished; there is nothing to resume.")
    jobs.start(run_dir(data_dir, run.id))
    return replace(run, state="running")


async def follow(
    data_dir: Path, run_id: str, from_start: bool = True
) -> AsyncGenerator[Event, None]:
    """Yield a run's events, live or of yesterday; what it made is recorded when it has finished.

    Closing the iterator only stops watching.
    """
    run = await asyncio.to_thread(find_run, data_dir, run_id)
    async with aclosing(jobs.follow(run_dir(data_dir, run.id), from_start)) as events:
        async for event in events:
            if isinstance(event, Finished) and run.kind == "profile":
                await asyncio.to_thread(record_profile, data_dir, run.id, event.result)
            yield event


def tuned_models(data_dir: Path, reader_id: str | None = None) -> list[TunedModel]:
    """The models that exports made and that are still on disk, the newest first."""
    found = []
    for run in runs(data_dir, "export"):
        job = run_dir(data_dir, run.id).job
        if run.state != "finished" or not job.exists():
            continue
        settings = json.loads(job.read_text())
        gguf = Path(str(run.result["gguf"]))
        if gguf.exists() and (reader_id is None or reader_id in settings["reader_ids"]):
            found.append(
                TunedModel(
                    run_id=run.id,
                    train_run_id=settings["train_run_id"],
                    reader_ids=tuple(settings["reader_ids"]),
                    title=run.title,
                    gguf=gguf,
                    base_gguf=Path(str(run.result["base_gguf"])),
                    quant=str(run.result["quant"]),
                    sha256=str(run.result["sha256"]),
                    size_bytes=int(str(run.result["size_bytes"])),
                    created_at=run.created_at,
                )
            )
    return found


def forget_runs(data_dir: Path, reader_id: str) -> list[Run]:
    """Delete the runs of a reader that hold the reviews; return the other runs of it.

    Training and export runs are left to the person: others may be in the same model.
    """
    carrying = []
    for run in runs(data_dir):
        if run.kind in ("profile", "suggest") and run.subject == reader_id:
            shutil.rmtree(run_dir(data_dir, run.id).path, ignore_errors=True)
            with opened(data_dir) as db:
                run_rows.remove(db, run.id)
        elif run.subject == reader_id or reader_id in _readers_of(data_dir, run):
            carrying.append(run)
    return carrying


def _readers_of(data_dir: Path, run: Run) -> list[str]:
    job = run_dir(data_dir, run.id).job
    return list(json.loads(job.read_text()).get("reader_ids", [])) if job.exists() else []
