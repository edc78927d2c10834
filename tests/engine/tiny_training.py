"""Training runs of a random model of two layers with a real tokenizer, in their real child."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from engine import jobs
from engine.domain import Book, PreferencePair
from engine.jobs import RunDir
from engine.train.config import TrainConfig
from engine.train.input_files import input_files
from models.events import Event, Metric
from models.library import resolve_base
from models.torch_base import base_folder

CARD = "The reader: in Recife; teaches literature. Seek in reading: poetry; family sagas."
TINY = TrainConfig(
    beta=0.3, max_pairs=0, batch_size=2, checkpoint_every=2, learning_rate=1e-2, epochs=4
)

SHAPE: dict[str, Any] = {
    "vocab_size": 49152,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
"""Of a base that trains in seconds, with the embedded model's vocabulary."""


def save_tiny_base(folder: Path, cache_dir: Path) -> None:
    """Write the base into a new folder."""
    embedded = base_folder(resolve_base("embedded"), cache_dir)
    assert embedded is not None
    shutil.copytree(embedded, folder, ignore=shutil.ignore_patterns("*.safetensors", "config.json"))
    torch.manual_seed(0)
    LlamaForCausalLM(LlamaConfig(**SHAPE, tie_word_embeddings=True)).save_pretrained(folder)


CHOSEN = "The river rose and everybody carried a chair up the hill."


def a_pair(number: int, held_out: bool = False, chosen: str = CHOSEN) -> PreferencePair:
    return PreferencePair(
        id=f"p{number}",
        reader_id="ann",
        track="values",
        trait_id="schwartz.face.1",
        topic=f"topic {number}",
        prompt=f"Tell this reader something small, number {number}.",
        chosen=chosen,
        rejected="The bank opened at nine and the queue was already long.",
        origin=f"o{number}",
        held_out=held_out,
    )


PAIRS = [a_pair(n, held_out=n > 5) for n in range(8)]


def a_run(
    folder: Path,
    base: Path,
    cache_dir: Path,
    config: TrainConfig = TINY,
    pairs: Sequence[PreferencePair] = PAIRS,
    book: Book | None = None,
) -> RunDir:
    config = replace(config, base=str(base))
    settings: Mapping[str, object] = {
        "reader_ids": ["ann"],
        "config": asdict(config),
        "base": config.base,
        "processes": config.processes,
        "cache_dir": str(cache_dir),
    }
    run = jobs.prepare(folder, "train", settings)
    for name, text in input_files(pairs, {"ann": CARD}, book).items():
        (folder / name).write_text(text, encoding="utf-8")
    return run


async def run_child(run: RunDir) -> list[Event]:
    jobs.start(run)
    return [event async for event in jobs.follow(run, from_start=False)]


def steps_of(events: Sequence[Event]) -> list[Metric]:
    """The metrics of steps, without those of the looks between them."""
    return [event for event in events if isinstance(event, Metric) and "loss" in event.values]
