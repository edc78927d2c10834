"""The files of one export: merged, quantised, the adapter alone; each whole or not there.

What a start before has finished is not made again: a file counts when it is whole and not older
than what it was made of. Whether the files are any good is not asked here.
"""

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from engine.export_order import ExportOrder, order_in
from engine.jobs import RunDir
from engine.train.checkpoints import made_sha256
from engine.train.input_files import read_config, read_near, read_pairs
from models.adapter import open_adapter
from models.errors import BadInput
from models.events import Event, Finished, JsonObject, Note
from models.gguf_file import open_gguf
from models.library import BaseModel, resolve_base, sha256_of
from models.lora_file import adapter_as_gguf
from models.merge import merge_adapter, merged_size_bytes
from models.quantisations import QUANTS
from models.quantize import quantize
from models.room import check_disk, check_memory

ADAPTER = "adapter"
"""Stands for a quantisation where the file is the adapter's."""
MEMORY_BYTES = 500_000_000
"""What merging and quantising take at the most (`benchmarks/export.py`); what llama.cpp maps of
files is not in it, as the system takes that back."""
IMPORTANCE_TEXTS = 64
"""Prompts with their chosen answers that show what counts."""
_IMPORTANCE_BYTES = 50_000_000


@dataclass(frozen=True)
class ExportPlan:
    """What one export reads and writes."""

    base: BaseModel
    trained: RunDir
    order: ExportOrder
    cache_dir: Path
    folder: Path

    @property
    def merged(self) -> Path:
        return self.folder / "merged.F16.gguf"

    @property
    def importance(self) -> Path:
        return self.folder / "importance.safetensors"

    @property
    def ggufs(self) -> Mapping[str, Path]:
        """Quantisation, or `adapter`, → the file to make, in the order's order."""
        names = [*self.order.quants, *([ADAPTER] if self.order.adapter else [])]
        of_run = f"{self.base.name}-{self.trained.id}"
        return {name: self.folder / f"{of_run}.{name}.gguf" for name in names}

    @property
    def is_whole(self) -> bool:
        """Whether every weight was trained, so that there is no adapter."""
        return self.trained.model.exists()


@dataclass(frozen=True)
class _Stage:
    """One file to make."""

    gguf: Path
    made_of: Path
    largest_bytes: int
    """What it takes on the disk at the most."""
    make: Callable[[], Iterator[Event]]


def plan_of(folder: Path, settings: Mapping[str, object]) -> ExportPlan:
    """What an export's settings come to.

    Args:
        folder: gets the files.
        settings: `train_run` (directory of the training run), the order (`engine.export_order`),
            `cache_dir`, and `made_sha256` of the weights that were meant, where they are known.

    Raises:
        BadInput: the run is no training that made weights, made others than were meant, or cannot
            give what is ordered.
    """
    order = order_in(settings)
    trained = RunDir(Path(str(settings["train_run"])))
    try:
        base = resolve_base(json.loads(trained.job.read_text(encoding="utf-8"))["base"])
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(
            f"{trained.job} does not say what base was trained.", "Export another run."
        ) from error
    cache_dir = Path(str(settings["cache_dir"]))
    _check_weights(trained, settings.get("made_sha256"), cache_dir)
    plan = ExportPlan(base, trained, order, cache_dir, folder)
    if order.adapter and plan.is_whole:
        raise BadInput(
            f"{trained.id} trained every weight: there is no adapter to export by itself.",
            "Leave the adapter out.",
        )
    return plan


def make_files(base: Path, plan: ExportPlan) -> Iterator[Event]:
    """Make what is not there yet.

    Args:
        base: the base as a GGUF.

    Yields:
        Steps and notes, then Finished with `files`: of each `quant` (or `adapter`), `gguf`,
        `size_bytes` and `sha256`.

    Raises:
        BadInput: base or weights are not served, or do not fit each other.
        JobFailed: disk or memory are too small, or the disk refuses.
    """
    missing = _missing(list(_stages(base, plan)))
    check_disk(plan.folder, sum(stage.largest_bytes for stage in missing), "The export")
    if missing:
        check_memory(MEMORY_BYTES, "The export")
    for stage in _stages(base, plan):
        if stage.gguf in [it.gguf for it in missing]:
            yield from passed_on(stage.make())
        else:
            yield Note(f"{stage.gguf.name} is there already.")
    yield Finished({"files": [_told(plan, *it) for it in plan.ggufs.items()]})


def passed_on(events: Iterator[Event]) -> Generator[Event, None, JsonObject]:
    """Pass on a stage's events but the last, whose result is what `yield from` returns."""
    for event in events:
        if isinstance(event, Finished):
            return event.result
        yield event
    raise AssertionError("a stage ends with Finished, or raises")


def _stages(base: Path, plan: ExportPlan) -> Iterator[_Stage]:
    trained = plan.trained
    source = trained.model / "config.json"
    if not plan.is_whole:
        source = open_adapter(trained.adapter).path
    size_bytes = merged_size_bytes(base)
    if plan.order.quants:
        yield _Stage(plan.merged, source, size_bytes, partial(_merged, base, plan))
    if plan.order.importance:
        yield _Stage(plan.importance, plan.merged, _IMPORTANCE_BYTES, partial(_measured, plan))
    for name, gguf in plan.ggufs.items():
        if name == ADAPTER:
            make = partial(adapter_as_gguf, base, trained.adapter, gguf)
            yield _Stage(gguf, source, source.stat().st_size, make)
        else:
            share = 0 if name == "F16" else QUANTS[name].largest_bits_per_weight / 16
            make = partial(_quantized, plan, name, gguf)
            yield _Stage(gguf, plan.merged, int(size_bytes * share), make)


def _merged(base: Path, plan: ExportPlan) -> Iterator[Event]:
    if plan.is_whole:
        # Here, since this leads to transformers, which takes a second and 200 MB.
        from models.whole import put_in_place

        return put_in_place(base, plan.trained.model, plan.merged)
    return merge_adapter(base, plan.trained.adapter, plan.merged)


def _measured(plan: ExportPlan) -> Iterator[Event]:
    """Read some of what the run trained on with what came of it."""
    # Here, as these lead to transformers too.
    from engine.train.data import prepare_data
    from models.importance import measure_importance
    from models.torch_base import load_tokenizer

    pairs, cards = read_pairs(plan.trained.path)
    tokenizer = load_tokenizer(plan.base, plan.cache_dir)
    config, near = read_config(plan.trained.path), read_near(plan.trained.path)
    examples = prepare_data(pairs, cards, tokenizer, config, near).train[:IMPORTANCE_TEXTS]
    texts = [(*example.prompt_ids, *example.chosen_ids) for example in examples]
    return measure_importance(plan.merged, texts, plan.importance)


def _quantized(plan: ExportPlan, quant: str, gguf: Path) -> Iterator[Event]:
    if not plan.order.importance:
        return quantize(plan.merged, gguf, quant)
    from models.importance import read_importance

    return quantize(plan.merged, gguf, quant, read_importance(plan.importance))


def _missing(stages: list[_Stage]) -> list[_Stage]:
    """Those whose file is not there, not whole, or older than what it is made of."""
    missing: list[_Stage] = []
    for stage in stages:
        is_outdated = stage.made_of in [it.gguf for it in missing]
        if is_outdated or not _is_current(stage.gguf, stage.made_of):
            missing.append(stage)
    return missing


def _is_current(gguf: Path, source: Path) -> bool:
    if not gguf.exists() or gguf.stat().st_mtime_ns < source.stat().st_mtime_ns:
        return False
    if gguf.suffix != ".gguf":
        return True
    try:
        open_gguf(gguf)
    except BadInput:
        return False
    return True


def _check_weights(trained: RunDir, meant: object, cache_dir: Path) -> None:
    """Refuse weights that another checkpoint was picked for since this export was started."""
    if meant and made_sha256(trained, cache_dir) != meant:
        raise BadInput(
            f"Another checkpoint of {trained.id} was picked since this export was started.",
            "Start a new export.",
        )


def _told(plan: ExportPlan, name: str, gguf: Path) -> JsonObject:
    return {
        "quant": name,
        "gguf": str(gguf),
        "size_bytes": gguf.stat().st_size,
        "sha256": sha256_of(gguf, plan.cache_dir),
    }
