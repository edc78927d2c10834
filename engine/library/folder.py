"""A folder that others can use: weights, model card, licence, Modelfile, checksums.

The folder is planned first, without writing anything: an export writes the plan, a push uploads it.
"""

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from engine import cards
from engine.library.artefact import Artefact
from engine.library.licence import Licence
from engine.library.listing import hashed
from engine.library.model_card import model_card, title_of
from engine.library.modelfile import modelfile, use_of_adapter, use_of_adapter_gguf, use_of_gguf
from engine.library.story import Story, story_of
from models.adapter import CONFIG, WEIGHTS
from models.aside import written_aside
from models.errors import BadInput
from models.events import Event, Finished, Step
from models.gguf_file import open_gguf
from models.library import resolve_base, sha256_of
from models.room import check_disk

SUMS = "SHA256SUMS"
_CHUNK_BYTES = 1 << 24


@dataclass(frozen=True)
class PlannedFile:
    """One file of the folder: a copy of another, or a text."""

    name: str
    size_bytes: int
    source: Path | None = None
    text: str = ""


@dataclass(frozen=True)
class FolderPlan:
    """What a folder will hold."""

    artefact: Artefact
    title: str
    licence: Licence
    files: tuple[PlannedFile, ...]

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


def plan_folder(data_dir: Path, artefact: Artefact, card_of: str = "") -> FolderPlan:
    """What goes into a folder.

    Args:
        card_of: the reader, one of the training's, whose card the Modelfile is to hold; empty
            leaves it out.

    Raises:
        BadInput: it is no GGUF and no adapter of a training, or what it needs is gone.
    """
    if artefact.kind not in ("gguf", "merged", "adapter", "adapter_gguf"):
        raise BadInput(
            f"No folder is made of {artefact.id}: it is kind {artefact.words!r}.",
            "Take a GGUF, an adapter or an adapter's GGUF of a run.",
        )
    artefact = hashed(data_dir, artefact)
    story = story_of(data_dir, artefact)
    card = _card(data_dir, artefact, card_of)
    weights, rest, use = _weights(data_dir, story, card)
    cache_dir = data_dir / "cache"
    sums = {
        file.name: sha256_of(file.source, cache_dir) if file.source else _sum(file.text)
        for file in weights
    }
    licence = story.base.licence
    files = [
        *weights,
        _text("README.md", model_card(story, use, sums, bool(card))),
        _text("LICENSE", licence_text(story.base.name, licence)),
        *rest,
    ]
    told = {file.name: sums.get(file.name) or _sum(file.text) for file in files}
    listed = "".join(f"{digest}  {name}\n" for name, digest in told.items())
    return FolderPlan(artefact, title_of(story), licence, (*files, _text(SUMS, listed)))


async def export_folder(
    data_dir: Path, artefact: Artefact, folder: Path, card_of: str = ""
) -> AsyncGenerator[Event, None]:
    """Write a folder; it appears whole or not at all.

    Yields:
        Steps over its megabytes, then Finished with `folder`, `files` and `size_bytes`.

    Raises:
        BadInput: see `plan_folder`; or something else is there already.
        JobFailed: the disk is too small, or refuses.
    """
    await asyncio.to_thread(_check_free, folder)
    plan = await asyncio.to_thread(plan_folder, data_dir, artefact, card_of)
    check_disk(folder.parent, plan.size_bytes, "The folder")
    done = 0
    with written_aside(folder) as aside:
        aside.mkdir()
        for file in plan.files:
            if file.source is None:
                (aside / file.name).write_text(file.text, encoding="utf-8")
                continue
            with file.source.open("rb") as source, (aside / file.name).open("wb") as target:
                while written := await asyncio.to_thread(_copy, source, target):
                    done += written
                    megabytes = done // 1_000_000, plan.size_bytes // 1_000_000
                    yield Step(*megabytes, f"MB of {file.name}")
    names = [file.name for file in plan.files]
    yield Finished({"folder": str(folder), "files": names, "size_bytes": plan.size_bytes})


def licence_text(base: str, licence: Licence) -> str:
    """The base's licence as it carries it, or what is known of it."""
    if licence.text:
        return licence.text
    if not licence.address:
        return (
            f"The licence of the base model {base} is {licence.name}, and nobody tells where its "
            "text is.\nFind it out before you pass these files on.\n"
        )
    return (
        f"The base model {base} is under: {licence.name}\nIts text: {licence.address}\n"
        "The tuned weights in this folder are made of it and stay under the same licence.\n"
    )


def _check_free(folder: Path) -> None:
    is_empty = folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir())
    if os.path.lexists(folder) and not is_empty:
        raise BadInput(
            f"{folder} is there already, and is left as it is.", "Name a folder that is not there."
        )


def _copy(source: BinaryIO, target: BinaryIO) -> int:
    return target.write(source.read(_CHUNK_BYTES))


def _card(data_dir: Path, artefact: Artefact, reader_id: str) -> str:
    if not reader_id:
        return ""
    if reader_id not in artefact.reader_ids:
        trained = ", ".join(artefact.reader_ids) or "nobody"
        raise BadInput(
            f"{artefact.id} was not trained for {reader_id!r}.", f"It was for {trained}."
        )
    if artefact.kind == "adapter":
        raise BadInput("An adapter's folder has no Modelfile to hold a card.", "Leave it out.")
    return cards.card(data_dir, reader_id).text


def _weights(
    data_dir: Path, story: Story, card: str
) -> tuple[list[PlannedFile], list[PlannedFile], str]:
    """The weights' files, the Modelfile where there is one, and how it is run, in Markdown."""
    artefact = story.artefact
    if artefact.kind == "adapter":
        named = story.base.hub_id or story.base.name
        return list(_of_peft(artefact.path, named)), [], use_of_adapter(named)
    name = artefact.path.name
    weights = [_file(name, artefact.path)]
    if artefact.kind != "adapter_gguf":
        model = open_gguf(artefact.path)
        told = modelfile(name, model, story.base, card)
        return weights, [_text("Modelfile", told)], use_of_gguf(name, model)
    below = _base_gguf(story)
    model = open_gguf(below)
    told = modelfile(below.name, model, story.base, card, adapter=name)
    return weights, [_text("Modelfile", told)], use_of_adapter_gguf(name, below.name, model)


def _base_gguf(story: Story) -> Path:
    """The base that an adapter's GGUF was made for.

    Raises:
        BadInput: it is gone.
    """
    told = story.export.get("base_gguf")
    if told and Path(str(told)).exists():
        return Path(str(told))
    base = resolve_base(story.artefact.base_spec)
    if base.kind == "gguf" and base.path is not None:
        return base.path
    raise BadInput(
        f"The base that {story.artefact.id} is laid over is no longer there as a GGUF.",
        f"`persona-studio export {story.artefact.train_run_id} --adapter --fresh` makes it again.",
    )


def _of_peft(folder: Path, base: str) -> Iterator[PlannedFile]:
    """The two files that peft reads; the config names the base as others find it."""
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder / CONFIG} cannot be read: {error}.", "Train it again.") from error
    # peft wrote where the base lay on this machine.
    config = {**config, "base_model_name_or_path": base, "revision": None}
    yield _file(WEIGHTS, folder / WEIGHTS)
    yield _text(CONFIG, json.dumps(config, indent=2, sort_keys=True) + "\n")


def _file(name: str, source: Path) -> PlannedFile:
    if not source.is_file():
        raise BadInput(f"There is no file at {source}.", "List the library again.")
    return PlannedFile(name, source.stat().st_size, source)


def _text(name: str, text: str) -> PlannedFile:
    return PlannedFile(name, len(text.encode()), text=text)


def _sum(text: str) -> str:
    return sha256(text.encode()).hexdigest()
