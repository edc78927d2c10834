"""One file or folder that the product made or keeps, and the words for its kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from models.errors import BadInput

Kind = Literal[
    "adapter",
    "model",
    "checkpoint",
    "merged",
    "gguf",
    "adapter_gguf",
    "importance",
    "converted",
    "base",
    "reference",
]
KIND_WORDS: Mapping[Kind, str] = {
    "adapter": "adapter",
    "model": "whole model",
    "checkpoint": "checkpoint",
    "merged": "merged",
    "gguf": "GGUF",
    "adapter_gguf": "adapter GGUF",
    "importance": "importance",
    "converted": "converted base",
    "base": "base",
    "reference": "scores",
}


@dataclass(frozen=True)
class Artefact:
    """Something on this disk, with what it came of and what depends on it."""

    id: str
    """As people name it: `RUN/adapter`, `RUN/Q4_K_M`, `cache/converted/…`, `base/…`."""
    kind: Kind
    path: Path
    kept_in: Path
    """The folder in which it is put aside before it is removed: of the same disk."""
    size_bytes: int
    frees_bytes: int
    """What deleting it gives back: a file with a further name elsewhere gives nothing."""
    made_at: datetime
    base: str = ""
    """The base's name; empty where nobody knows."""
    base_spec: str = ""
    """What `models.library.resolve_base` takes; empty where nobody knows."""
    sha256: str | None = None
    """None of a folder, and of a large file that nobody has read through yet."""
    base_sha256: str | None = None
    """None where it is a folder, or was not read through yet."""
    adapter_sha256: str | None = None
    data_sha256: str | None = None
    """Of the pairs that the run was given."""
    profile_sha256: str | None = None
    """Of the cards of the readers it was trained for."""
    reader_ids: tuple[str, ...] = ()
    run_id: str = ""
    """The run in whose directory it lies; empty of what belongs to none."""
    train_run_id: str = ""
    """The training that it came of; empty of what came of none."""
    quant: str = ""
    effect: str = ""
    needed_by: tuple[str, ...] = ()
    """Sentences: what reads it, or would have to make it again."""
    loss: str = ""
    """A sentence: the work that goes with it, where there is no other copy."""
    fixed: str = ""
    """A sentence: why it cannot be deleted just now, or not here at all."""

    @property
    def words(self) -> str:
        """Its kind, with the quantisation or the step: `GGUF Q4_K_M`, `checkpoint 40`."""
        if self.kind == "checkpoint":
            return f"checkpoint {self.id.rpartition('/')[2].removeprefix('checkpoint-')}"
        return f"{KIND_WORDS[self.kind]} {self.quant}".strip()


def found(artefacts: list[Artefact], named: str) -> Artefact:
    """The artefact of that id, path, or unique beginning or end of an id.

    Raises:
        BadInput: none, or several.
    """
    for exact in (
        [it for it in artefacts if it.id == named],
        [it for it in artefacts if named and it.path == Path(named).expanduser().absolute()],
        [it for it in artefacts if it.id.startswith(named) or it.id.endswith(f"/{named}")],
    ):
        if len(exact) == 1:
            return exact[0]
        if exact:
            some = ", ".join(it.id for it in exact[:6])
            raise BadInput(f"{named!r} could be {len(exact)} things.", f"Say which: {some}.")
    raise BadInput(
        f"There is nothing called {named!r} in the library.",
        "`persona-studio models list` and the Library, L in the window, list what there is.",
    )
