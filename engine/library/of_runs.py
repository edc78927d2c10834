"""What lies in the directories of runs: adapters, checkpoints, GGUFs, importance matrices."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from engine.domain import Run
from engine.jobs import RunDir
from engine.library.artefact import Artefact, Kind
from engine.library.effect import effect_line, kept_line
from engine.library.room import freed_bytes, size_bytes
from engine.train.checkpoints import WHOLE, made_sha256, whole_checkpoints
from engine.train.input_files import CARDS, PAIRS
from models.errors import BadInput
from models.library import known_sha256, resolve_base, sha256_of

QUICK_BYTES = 64_000_000
"""Files up to this size are read for their hash while the library is listed: a tenth of a second.
Of larger ones the hash is told where it is known."""
GOING_ON = {"running": "is running", "waiting": "waits in the queue"}


@dataclass(frozen=True)
class Origin:
    """What a training was given, and what became of it: said of everything that came of it."""

    base: str
    base_spec: str
    base_sha256: str | None
    adapter_sha256: str | None
    data_sha256: str | None
    profile_sha256: str | None
    reader_ids: tuple[str, ...]
    train_run_id: str
    effect: str


def run_artefacts(runs_dir: Path, cache_dir: Path, runs: list[Run]) -> Iterator[Artefact]:
    """Of all runs, the newest first."""
    trained = {run.id: run for run in runs if run.kind == "train"}
    for run in runs:
        directory = RunDir(runs_dir / run.id)
        if run.kind == "train":
            own = _of_training(run, directory, cache_dir, runs)
        elif run.kind == "export":
            own = _of_export(run, directory, runs_dir, cache_dir, trained)
        else:
            continue
        for artefact in own:
            yield replace(artefact, fixed=_fixed(run, directory, runs))


def job_of(run: RunDir) -> Mapping[str, object]:
    """What a run was told; nothing where its job.json is gone or broken."""
    try:
        told = json.loads(run.job.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def quick_sha256(path: Path, cache_dir: Path) -> str | None:
    """The hash of a file that is small, or was read before; None of others and of folders."""
    if not path.is_file():
        return None
    if path.stat().st_size <= QUICK_BYTES:
        return sha256_of(path, cache_dir)
    return known_sha256(path, cache_dir)


def _origin(run_id: str, run: Run | None, directory: RunDir, cache_dir: Path) -> Origin:
    """Of the training `run_id`, whose row may be gone."""
    job = job_of(directory)
    spec = str(job.get("base", ""))
    readers = job.get("reader_ids")
    reader_ids = tuple(map(str, readers)) if isinstance(readers, list) else ()
    name, base_sha = _base(spec, cache_dir)
    return Origin(
        base=name,
        base_spec=spec,
        base_sha256=base_sha,
        adapter_sha256=_made(directory, cache_dir),
        data_sha256=quick_sha256(directory.path / PAIRS, cache_dir),
        profile_sha256=_cards_sha256(directory, reader_ids),
        reader_ids=reader_ids,
        train_run_id=run_id,
        effect=effect_line(run.result) if run else "",
    )


def _base(spec: str, cache_dir: Path) -> tuple[str, str | None]:
    """Name and hash of a base; what is no longer there has its spec for a name, and no hash."""
    try:
        base = resolve_base(spec)
    except BadInput:
        return Path(spec).name, None
    return base.name, quick_sha256(base.path, cache_dir) if base.path else None


def _made(directory: RunDir, cache_dir: Path) -> str | None:
    weights = sorted(directory.made.glob("*.safetensors"))
    quick = [quick_sha256(file, cache_dir) for file in weights]
    return made_sha256(directory, cache_dir) if quick and all(quick) else None


def _cards_sha256(directory: RunDir, reader_ids: tuple[str, ...]) -> str | None:
    """Of the readers' own cards, not of the made-up readers' beside them."""
    try:
        cards = json.loads((directory.path / CARDS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    own = [str(cards.get(reader_id, "")) for reader_id in reader_ids]
    return sha256("\n\n".join(own).encode()).hexdigest() if any(own) else None


Make = Callable[[str, Kind, Path], Artefact]


def _maker(run: Run, directory: RunDir, cache_dir: Path, origin: Origin) -> Make:
    def make(name: str, kind: Kind, path: Path) -> Artefact:
        return Artefact(
            id=f"{run.id}/{name}",
            kind=kind,
            path=path,
            kept_in=directory.path,
            size_bytes=size_bytes(path),
            frees_bytes=freed_bytes([path]),
            made_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
            sha256=quick_sha256(path, cache_dir),
            run_id=run.id,
            **vars(origin),
        )

    return make


def _of_training(
    run: Run, directory: RunDir, cache_dir: Path, runs: list[Run]
) -> Iterator[Artefact]:
    make = _maker(run, directory, cache_dir, _origin(run.id, run, directory, cache_dir))
    others = _checkpoints(run, directory, make)
    exports = [
        it.id
        for it in runs
        if it.kind == "export"
        and _train_run(directory, it) == run.id
        and any((directory.path.parent / it.id).glob("*.gguf"))
    ]
    needed = [f"Exports of {run.id} are made of it."]
    if exports:
        needed.append(f"{_names(exports)} could not be made again.")
    seconds = run.result.get("seconds")
    took = f" ({float(str(seconds)) / 60:.0f} minutes of work)" if seconds else ""
    loss = "" if others or exports else f"It is the only copy of what this training made{took}."
    for kind, path, mark in (
        ("adapter", directory.adapter, "adapter_config.json"),
        ("model", directory.model, "config.json"),
    ):
        if (path / mark).exists():
            made = make(kind, "adapter" if kind == "adapter" else "model", path)
            yield replace(made, sha256=made.adapter_sha256, needed_by=tuple(needed), loss=loss)
    yield from others


def _checkpoints(run: Run, directory: RunDir, make: Make) -> list[Artefact]:
    whole = {kept.path: kept.step for kept in whole_checkpoints(directory)}
    if not directory.checkpoints.is_dir():
        return []
    folders = sorted(path for path in directory.checkpoints.rglob("checkpoint-*") if path.is_dir())
    newest = max(whole.values(), default=None)
    kept = []
    for path in folders:
        made_only = make(
            f"checkpoint-{whole[path]}" if path in whole else f"{path.parent.name}-{path.name}",
            "checkpoint",
            path,
        )
        needed = []
        if path not in whole:
            needed.append(f"Nothing: it has no {WHOLE}, a kill cut it off.")
        elif whole[path] == newest and run.state in ("stopped", "failed", "running"):
            needed.append(f"`persona-studio runs resume {run.id}` goes on from it.")
        else:
            needed.append(f"`persona-studio runs pick {run.id} {whole[path]}` could take it.")
        kept.append(replace(made_only, needed_by=tuple(needed)))
    fine_tuned = directory.path / "fine_tuned"
    if fine_tuned.is_dir():
        kept.append(make("fine_tuned", "checkpoint", fine_tuned))
    return kept


def _of_export(
    run: Run,
    directory: RunDir,
    runs_dir: Path,
    cache_dir: Path,
    trained: Mapping[str, Run],
) -> Iterator[Artefact]:
    job = job_of(directory)
    train_id = str(job.get("train_run_id", ""))
    origin = _origin(train_id, trained.get(train_id), RunDir(runs_dir / train_id), cache_dir)
    if job.get("made_sha256"):
        # Another checkpoint may have been picked since.
        origin = replace(origin, adapter_sha256=str(job["made_sha256"]))
    make = _maker(run, directory, cache_dir, origin)
    again = f"`persona-studio export {train_id}` makes it again"
    for path in sorted(directory.path.glob("*.gguf")):
        if path.name == "merged.F16.gguf":
            goes_on = run.state in ("stopped", "failed")
            told = f"{run.id} goes on from it." if goes_on else "More files are made of it."
            yield replace(make("merged", "merged", path), quant="F16", needed_by=(told,))
            continue
        quant = path.stem.rpartition(".")[2]
        kind: Kind = "adapter_gguf" if quant == "adapter" else "gguf"
        name = "adapter.gguf" if kind == "adapter_gguf" else quant
        needed = [f"{again}, as long as the adapter is there."]
        if run.result.get("gguf") == str(path):
            needed.insert(0, f"Previews and blind rounds for {_names(origin.reader_ids)} ask it.")
        kept = kept_line(run.result, quant)
        yield replace(
            make(name, kind, path),
            quant="" if kind == "adapter_gguf" else quant,
            effect="; ".join(filter(None, (origin.effect, kept))),
            needed_by=tuple(needed),
        )
    importance = directory.path / "importance.safetensors"
    if importance.exists():
        told = "More quantisations by importance would measure it again."
        yield replace(make("importance", "importance", importance), needed_by=(told,))


def _train_run(directory: RunDir, export: Run) -> str:
    return str(job_of(RunDir(directory.path.parent / export.id)).get("train_run_id", ""))


def _fixed(run: Run, directory: RunDir, runs: list[Run]) -> str:
    """Why nothing of a run can be deleted now; empty where it can."""
    if run.state in GOING_ON:
        return f"{run.id} {GOING_ON[run.state]}: it can be deleted when the run has ended."
    for other in runs:
        reads = other.kind == "export" and other.state in GOING_ON
        if reads and _train_run(directory, other) == run.id:
            return f"{other.id} {GOING_ON[other.state]} and reads it."
    return ""


def _names(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names)
