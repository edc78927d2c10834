"""The preflight as front ends see it: what a run would need, measured by a child where asked.

`engine.train.preflight` reckons; here readers, cards and the machine come to it, the probe is
started and followed, and a plan is taken.
"""

import asyncio
import platform
import secrets
import shutil
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

from huggingface_hub.constants import HF_HUB_CACHE

from engine import cards as reader_cards
from engine import jobs, runs
from engine.cards import ShownCard
from engine.pairs.made_up import MADE_UP
from engine.tailoring.sets import is_dataset
from engine.train.config import TrainConfig
from engine.train.preflight import Base, Forecast, Machine, forecast
from engine.train.preflight_memory import Place
from engine.train.preflight_plan import Option, Way, plan
from engine.train.preflight_probe import Probe, probe_from, probe_path, read_probe, write_probe
from engine.train.preflight_work import as_asked
from engine.training_input import training_input, training_texts
from models import hardware
from models.base_shape import is_fetched, shape_of
from models.events import Event, Finished
from models.library import resolve_base, sha256_of


@dataclass(frozen=True)
class Preflight:
    """What a run would need against what is there, and what makes it fit."""

    forecast: Forecast
    plan: tuple[Way, ...]
    """Ways that fit, the one that costs least first; empty where nothing is wanting."""

    @property
    def refusal(self) -> str:
        """Why the run cannot be ended, in a sentence; empty where it may go ahead.

        Memory is no reason: it may come free, and swap may do.
        """
        for name in ("disk", "download"):
            need = self.forecast.need(name)
            if need is not None and not need.fits:
                return (
                    f"The {'run' if name == 'disk' else 'download of the base'} needs "
                    f"{_gigabytes(need.need_bytes)} of disk, and {_gigabytes(need.there_bytes)} "
                    "are free."
                )
        return ""

    def as_json(self) -> dict[str, object]:
        found = self.forecast
        return {
            "config": asdict(found.config),
            "place": asdict(found.place),
            "fits": found.fits,
            "needs": [
                {
                    "name": need.name,
                    "need_bytes": need.need_bytes,
                    "there_bytes": need.there_bytes,
                    "fits": need.fits,
                    "parts": [asdict(part) for part in need.parts],
                }
                for need in found.needs
            ],
            "seconds": round(found.seconds, 1),
            "durations": [asdict(duration) for duration in found.durations],
            "measured": found.is_measured,
            "steps": found.work.steps,
            "pairs": found.work.pairs,
            "held_out": found.work.held_out,
            "too_long": found.work.too_long,
            "biggest_batch_tokens": found.batch_tokens,
            "refusal": self.refusal,
            "plan": [way.as_json() for way in self.plan],
        }


def _gigabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB"


def check(
    data_dir: Path,
    reader_ids: Sequence[str],
    config: TrainConfig,
    probe: Probe | None = None,
) -> Preflight | None:
    """Reckon at once what a run would need; None for a base that has to be fetched to be known.

    Args:
        probe: what was measured just now; what is kept of an earlier one where that is None.

    Raises:
        BadInput: no such reader, no profile or pairs, no such base, or one that cannot be read.
    """
    texts = training_texts(data_dir, reader_ids, config)
    cards = texts.cards
    pairs = [as_asked(pair, texts.near) for pair in texts.pairs]
    images = texts.opposite.near
    base = _base(config.base, data_dir / "cache")
    if base is None:
        return None
    machine = _machine(data_dir)
    measured = probe or read_probe(probe_path(data_dir / "cache", base.model, config))

    def again(other: TrainConfig, card_budget: int | None) -> Forecast | None:
        shorter = _shorter(data_dir, cards, card_budget) if card_budget else cards
        its_base = base if other.base == config.base else _base(other.base, data_dir / "cache")
        if its_base is None or shorter is None:
            return None
        return forecast(other, its_base, pairs, shorter, machine, measured, base, images)

    found = forecast(config, base, pairs, cards, machine, measured, has_image=images)
    return Preflight(found, plan(found, again))


def _base(spec: str, cache_dir: Path) -> Base | None:
    model = resolve_base(spec)
    shape = shape_of(model)
    if shape is None:
        return None
    is_converted = model.kind != "gguf"
    if model.kind == "gguf":
        assert model.path is not None, "a GGUF has a path"
        is_converted = (cache_dir / "converted" / sha256_of(model.path, cache_dir)).exists()
    return Base(model, shape, model.path is not None or is_fetched(model.spec), is_converted)


def _machine(data_dir: Path) -> Machine:
    found = hardware.gpu()
    return Machine(
        place=_likely_place(found),
        ram_bytes=hardware.available_ram_bytes(),
        gpu_bytes=found.free_bytes if found else None,
        disk_bytes=hardware.free_disk_bytes(data_dir),
        hub_disk_bytes=hardware.free_disk_bytes(Path(HF_HUB_CACHE)),
        cores=hardware.cores(),
    )


def _likely_place(found: hardware.Gpu | None) -> Place:
    """Where `engine.train.device.choose_place` will train, as far as can be told without torch."""
    if found is not None and not version("torch").endswith("+cpu"):
        return Place("cuda", 2, f"Training on {found.name} in bfloat16.")
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return Place("mps", 4, "Training on this Mac's GPU (MPS) in float32.")
    number_bytes = 2 if hardware.multiplies_bf16() else 4
    name = "bfloat16" if number_bytes == 2 else "float32"
    return Place("cpu", number_bytes, f"No GPU here: training on the CPU in {name}.")


def _shorter(data_dir: Path, cards: Mapping[str, str], budget: int) -> Mapping[str, str] | None:
    """The readers' own cards kept to a budget; None where no card would be another.

    A card that the editor wrote stays, and so do those of made-up readers.
    """
    found = {
        reader_id: _kept_to(reader_cards.card(data_dir, reader_id, budget=budget))
        for reader_id in cards
        if not reader_id.startswith(MADE_UP) and not is_dataset(reader_id)
    }
    shorter = {**cards, **found}
    return shorter if shorter != cards else None


def _kept_to(shown: ShownCard) -> str:
    return shown.card.text if shown.edited_text is None else shown.edited_text


def may_be_probed(found: Preflight) -> bool:
    """Whether two steps can be tried: not where memory or disk would surely not do."""
    tried = ("memory", "GPU memory")
    return not found.refusal and all(
        need.fits for need in found.forecast.needs if need.name in tried
    )


def take(data_dir: Path, reader_ids: Sequence[str], option: Option) -> Mapping[str, object]:
    """Make what an option changes of the readers' cards; the settings that it changes.

    Raises:
        BadInput: no such reader, or no profile.
    """
    if option.card_budget:
        for reader_id in reader_ids:
            shown = reader_cards.card(data_dir, reader_id, budget=option.card_budget)
            if shown.edited_text is None:
                reader_cards.edit_card(data_dir, reader_id, shown.card.text)
    return option.changes


async def probe(
    data_dir: Path, reader_ids: Sequence[str], config: TrainConfig
) -> AsyncGenerator[Event, None]:
    """Measure two steps in a child; what was measured is kept, and `check` knows it from then on.

    Every `Item` is a `Probe` of what is known so far, as JSON. Closing the iterator ends the child.

    Raises:
        BadInput: no such reader, no profile or pairs, or no such base.
    """
    config = replace(runs.with_absolute_base(config), processes=1, gradient_accumulation=1)
    directory = await asyncio.to_thread(_started, data_dir, reader_ids, config)
    try:
        async with aclosing(jobs.follow(directory)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    base = resolve_base(config.base)
                    path = probe_path(data_dir / "cache", base, config)
                    await asyncio.to_thread(write_probe, path, probe_from(event.result))
                yield event
    finally:
        jobs.stop(directory)
        shutil.rmtree(directory.path, ignore_errors=True)


def _started(data_dir: Path, reader_ids: Sequence[str], config: TrainConfig) -> jobs.RunDir:
    settings, files = training_input(data_dir, reader_ids, config)
    probes = data_dir / "cache" / "probes"
    for left in probes.glob("*"):
        if not jobs.is_running(jobs.RunDir(left)):
            shutil.rmtree(left, ignore_errors=True)
    directory = jobs.prepare(probes / secrets.token_hex(4), "probe", settings)
    for name, text in files.items():
        (directory.path / name).write_text(text, encoding="utf-8")
    jobs.start(directory)
    return directory
