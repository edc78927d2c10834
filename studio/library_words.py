"""What is told of the library's artefacts: a line of the list, all that is known of one."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from studio.text import moment, one_line, size

if TYPE_CHECKING:
    # The command line needs these words and must not wait for the engine.
    from engine.library.artefact import Artefact

HASH_DIGITS = 12
SORT_WORDS = {
    "made": "the newest first",
    "size": "the largest first",
    "kind": "by kind",
    "reader": "by reader",
}
"""An order of `engine.library.listing.SORTS` → what it is called."""
MOST_NAMED = 6
"""Things that a question names one by one."""


def amount(size_bytes: int) -> str:
    """`2.1 GB`, `105 MB`, `12 kB`: texts beside the weights are small."""
    return size(size_bytes) if size_bytes >= 1_000_000 else f"{-(-size_bytes // 1000)} kB"


def list_line(it: "Artefact") -> str:
    """One of the list."""
    readers = f", for {', '.join(it.reader_ids)}" if it.reader_ids else ""
    frees = "" if it.frees_bytes == it.size_bytes else f", frees {amount(it.frees_bytes)}"
    effect = f"; {it.effect}" if it.effect else ""
    fixed = "; not to be deleted" if it.fixed else ""
    base = f", {it.base}" if it.base else ""
    return f"{it.id}  {it.words}, {amount(it.size_bytes)}{frees}{base}{readers}{effect}{fixed}"


def detail_lines(it: "Artefact") -> Iterator[str]:
    """All that is known of one."""
    yield it.id
    yield f"  {it.words}, {amount(it.size_bytes)}, made {moment(it.made_at)}"
    yield f"  {it.path}"
    for name, value in facts(it):
        yield f"  {name}: {value}"
    for line in loss_lines(it):
        yield f"  {line}"


def facts(it: "Artefact") -> Iterator[tuple[str, str]]:
    """What it came of, each with its name; hashes whole."""
    told = (
        ("base", it.base),
        ("readers", ", ".join(it.reader_ids)),
        ("trained by", it.train_run_id),
        ("effect", it.effect),
        ("sha256", it.sha256 or ""),
        ("base sha256", it.base_sha256 or ""),
        ("adapter sha256", it.adapter_sha256 or ""),
        ("data sha256", it.data_sha256 or ""),
        ("profile sha256", it.profile_sha256 or ""),
    )
    yield from ((name, one_line(value, 400)) for name, value in told if value)


def loss_lines(it: "Artefact") -> Iterator[str]:
    """What deleting it means, before it is done."""
    if it.fixed:
        yield it.fixed
        return
    if it.frees_bytes < it.size_bytes:
        yield (
            f"Deleting it frees {amount(it.frees_bytes)}: the same file has another name in the "
            "library."
        )
    else:
        yield f"Deleting it frees {amount(it.frees_bytes)}."
    if it.loss:
        yield it.loss
    yield from it.needed_by


def pane_lines(it: "Artefact", data_dir: Path) -> Iterator[str]:
    """What the pane beside the list shows: hashes by their beginning, paths from the data on."""
    yield one_line(it.id)
    yield f"{it.words}, {amount(it.size_bytes)}, {moment(it.made_at)}"
    yield from loss_lines(it)
    for name, value in facts(it):
        short = value[:HASH_DIGITS] if name.endswith("sha256") else value
        yield f"{name}: {short}"
    below = it.path.is_relative_to(data_dir)
    yield one_line(f"in {it.path.relative_to(data_dir) if below else it.path}", 400)


def deletion_lines(chosen: Sequence["Artefact"], freed_bytes: int) -> Iterator[str]:
    """What is asked before deleting."""
    for it in chosen[:MOST_NAMED]:
        yield one_line(f"{it.id}: {it.words}, {amount(it.size_bytes)}", 90)
    if len(chosen) > MOST_NAMED:
        yield f"and {len(chosen) - MOST_NAMED} more"
    yield ""
    yield f"This frees {amount(freed_bytes)}. No undo brings it back."
    if len(chosen) == 1:
        yield from filter(None, (chosen[0].loss, *chosen[0].needed_by))
