"""The library: everything that the product made or keeps on this disk, and how it is deleted.

Deleting is safe against a kill: what is deleted is put aside first, under a name that nothing takes
for a model, then removed; what a kill left aside goes with the next deletion. It is no change of
the store, and no undo brings it back.
"""

import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from engine import runs as engine_runs
from engine.jobs import take_lock
from engine.library.artefact import Artefact
from engine.library.of_cache import hub_cache, kept_artefacts
from engine.library.of_runs import run_artefacts
from engine.library.room import freed_bytes
from models.aside import alone, remove
from models.errors import BadInput, JobFailed, UserError
from models.library import resolve_base, sha256_of

PUT_ASIDE = ".deleted-"
SORTS: dict[str, Callable[[Artefact], tuple[float, str]]] = {
    "made": lambda it: (-it.made_at.timestamp(), it.id),
    "size": lambda it: (-it.size_bytes, it.id),
    "kind": lambda it: (0, it.kind),
    "reader": lambda it: (not it.reader_ids, ", ".join(it.reader_ids)),
}
"""How the library can be ordered → the key."""


@dataclass(frozen=True)
class Deleted:
    """What a deletion came to."""

    ids: tuple[str, ...]
    freed_bytes: int


def artefacts(data_dir: Path) -> list[Artefact]:
    """Everything there is: of the runs, the newest first, then bases and what is kept of them."""
    runs = engine_runs.runs(data_dir)
    places = data_dir / "runs", data_dir / "cache", runs
    return [*run_artefacts(*places), *kept_artefacts(*places)]


def shown(every: Sequence[Artefact], words: str = "", sort: str = "made") -> list[Artefact]:
    """Those in which all the words stand, whatever their case, in an order of `SORTS`.

    Raises:
        BadInput: there is no such order.
    """
    if sort not in SORTS:
        raise BadInput(f"The library cannot be ordered by {sort!r}.", f"Take {', '.join(SORTS)}.")
    wanted = words.casefold().split()
    kept = [it for it in every if all(word in _told(it) for word in wanted)]
    return sorted(kept, key=SORTS[sort])


def _told(it: Artefact) -> str:
    parts = (it.id, it.words, it.base, *it.reader_ids, it.train_run_id, it.effect)
    return " ".join(parts).casefold()


def hashed(data_dir: Path, artefact: Artefact) -> Artefact:
    """With its own hash and its base's, each a second for every gigabyte the first time."""
    cache_dir = data_dir / "cache"
    own, of_base = artefact.sha256, artefact.base_sha256
    if own is None and artefact.path.is_file():
        own = sha256_of(artefact.path, cache_dir)
    if of_base is None and artefact.base_spec:
        with suppress(UserError):  # a base that is gone has no hash any more
            base = resolve_base(artefact.base_spec)
            of_base = sha256_of(base.path, cache_dir) if base.kind == "gguf" and base.path else None
    return replace(artefact, sha256=own, base_sha256=of_base)


def of_run_but_the_adapter(every: Sequence[Artefact], run_id: str) -> list[Artefact]:
    """What came of a training or lies in an export's directory, the adapter or model left out.

    Raises:
        BadInput: there is nothing of that run but its adapter.
    """
    own = [it for it in every if run_id in (it.run_id, it.train_run_id)]
    found = [it for it in own if it.kind not in ("adapter", "model")]
    if not found:
        there = "only its adapter is there" if own else "nothing of it is there"
        raise BadInput(f"{run_id!r} has nothing to delete: {there}.", "`models list` shows all.")
    return found


def check_deletable(chosen: Sequence[Artefact]) -> None:
    """Refuse to delete what belongs to a package, or is in use.

    Raises:
        BadInput: one of them does or is.
    """
    for artefact in chosen:
        if artefact.fixed:
            raise BadInput(f"{artefact.id} is not deleted. {artefact.fixed}")


def delete(data_dir: Path, ids: Sequence[str]) -> Deleted:
    """Delete artefacts by their ids, all or, where one cannot be, none.

    Raises:
        BadInput: one is not there, belongs to a package, or is in use by a run that goes on.
        JobFailed: the disk refuses; what was put aside before is removed, the rest is there.
    """
    with alone(data_dir / "cache" / "library.lock"):
        known = {it.id: it for it in artefacts(data_dir)}
        for wanted in ids:
            if wanted not in known:
                raise BadInput(f"{wanted} is not in the library any more.", "List it again.")
        chosen = [known[wanted] for wanted in dict.fromkeys(ids)]
        check_deletable(chosen)
        freed = freed_bytes(it.path for it in chosen)
        with ExitStack() as held:
            for run_id in {it.run_id for it in chosen if it.run_id}:
                directory = engine_runs.run_dir(data_dir, run_id)
                lock = held.enter_context(directory.lock.open("w"))
                # No run begins while its files are taken away.
                take_lock(directory, lock)
            for artefact in chosen:
                _put_aside(artefact)
        _sweep(data_dir)
    return Deleted(tuple(it.id for it in chosen), freed)


def _put_aside(artefact: Artefact) -> None:
    aside = artefact.kept_in / f"{PUT_ASIDE}{secrets.token_hex(4)}"
    try:
        os.replace(artefact.path, aside)
        remove(aside)
    except OSError as error:
        raise JobFailed(
            f"{artefact.path} could not be deleted: {error.strerror or error}.",
            "Look who owns it and whether the disk can be written.",
        ) from error


def _sweep(data_dir: Path) -> None:
    """Remove what a deletion that was killed has left aside."""
    for place in (data_dir / "cache", hub_cache(), *(data_dir / "runs").glob("*")):
        for left in place.glob(f"{PUT_ASIDE}*"):
            remove(left)
