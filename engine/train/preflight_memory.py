"""The memory a run will need, from the base's sizes, the adapter and the biggest batch.

Policy and reference are one set of weights: the reference is the base with its adapter off. What
the backward pass keeps was counted with autograd's hooks on a llama of the embedded model's sizes
(18.6 kB a token and layer in bfloat16 where `kept_bytes` says 18.3; 36.7 and 36.6 in float32). What
it really takes is more: freed blocks of unequal batches lie between those in use.

`benchmarks/preflight.py` holds the forecast against the peak that was measured. Nothing here leads
to torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from engine.train.config import TrainConfig, targets
from engine.train.preflight_work import Batch
from models.shape import Shape

LIBRARIES_BYTES = 530_000_000
"""Python with torch, transformers, peft and TRL, before a model is loaded."""
CONTEXT_BYTES = 600_000_000
"""What CUDA itself takes of a GPU for a process (not measured here)."""
SLOP = {"cpu": 1.4, "mps": 1.4, "cuda": 1.15}
"""What is held for what is used: measured 1.2 to 1.6 with glibc over four or five batches; of
CUDA's allocator assumed."""
SCORING_LEFT_BYTES = 70_000_000
"""Held after the scoring, of what it took."""
UNSHARED = {2: 1.25, 4: 1.1}
"""What transformers' own layers keep a token, against ours: counted in the same way."""
ADAPTER_BYTES = 4 + 4 + 8 + 4
"""A trained weight, its gradient, Adam's two averages, and TRL's copy of the adapter as it began;
all float32."""
FOUR_BITS_BYTES = 0.53
"""Of a weight in four bits, with its share of the scales (QLoRA, arXiv 2305.14314: 4.127 bits)."""
FULL_BYTES = 4 + 8
"""Where every weight is trained: its gradient and Adam's two averages, float32 as the weight."""
HEAD_ROWS, HEAD_COLUMNS = 128, 32768
"""Logits that exist at once: rows on a CPU (`engine.train.logprobs`), columns elsewhere."""
SERVED = ("llama", "mistral", "qwen2", "qwen3", "smollm3")
"""`engine.train.shared_prefix`'s, which leads to torch; a test holds them together."""

Device = Literal["cpu", "cuda", "mps"]
DEVICES: tuple[Device, ...] = get_args(Device)


@dataclass(frozen=True)
class Place:
    """Where a run trains, and in how many bytes a number."""

    device: Device
    number_bytes: int
    told: str
    """What the machine calls it."""


@dataclass(frozen=True)
class Part:
    """One of the things that take room."""

    what: str
    bytes: int


def place_of(device: str, number_bytes: int, told: str) -> Place:
    """A place from torch's name of its device."""
    known: Mapping[str, Device] = {name: name for name in DEVICES}
    return Place(known.get(device, "cpu"), number_bytes, told)


def has_tree(shape: Shape) -> bool:
    """Whether batches of this base are packed into their prefix tree."""
    return shape.model_type in SERVED


def memory_parts(
    shape: Shape, config: TrainConfig, biggest: Batch, pack: Batch, place: Place
) -> tuple[Part, ...]:
    """What is in memory when it is fullest.

    Args:
        biggest: of the batches that are trained on, in whose backward pass that is.
        pack: the biggest that is scored, should that take more.
    """
    libraries = LIBRARIES_BYTES + SCORING_LEFT_BYTES if place.device != "cuda" else CONTEXT_BYTES
    batch = max(
        activation_bytes(shape, config, biggest, place),
        scoring_bytes(shape, pack, place),
    )
    parts = (
        Part("Python and its libraries", libraries),
        Part(
            "policy and reference, one set of weights",
            weights_bytes(shape, config, place.number_bytes),
        ),
        Part("adapter, gradients and optimiser", trained_bytes(shape, config)),
        Part("the biggest batch", batch),
    )
    # Each process holds all of it: on GPUs, in one of its own.
    processes = 1 if place.device == "cuda" else config.processes
    return tuple(replace(part, bytes=part.bytes * processes) for part in parts)


def weights_bytes(shape: Shape, config: TrainConfig, number_bytes: int) -> int:
    """The base's weights as they are held for training."""
    if config.adapter == "full":
        return shape.parameters * 4
    if not config.four_bit:
        return shape.parameters * number_bytes
    others = shape.parameters - shape.linear_parameters
    return round(shape.linear_parameters * FOUR_BITS_BYTES) + others * number_bytes


def trained_bytes(shape: Shape, config: TrainConfig) -> int:
    """What is trained, with all that training keeps of it."""
    if config.adapter == "full":
        return shape.parameters * FULL_BYTES
    return trained_parameters(shape, config) * ADAPTER_BYTES


def trained_parameters(shape: Shape, config: TrainConfig) -> int:
    """How many weights a run changes."""
    if config.adapter == "full":
        return shape.parameters
    return shape.lora_parameters(config.lora_rank, targets(config))


def activation_bytes(shape: Shape, config: TrainConfig, batch: Batch, place: Place) -> int:
    """What the backward pass of a batch keeps, and the logits of one chunk."""
    kept = kept_bytes(shape, config.lora_rank, place.number_bytes)
    if not has_tree(shape):
        kept = round(kept * UNSHARED[place.number_bytes])
    whole, inputs = shape.num_hidden_layers, 0
    if config.gradient_checkpointing:
        whole, inputs = 1, shape.num_hidden_layers * shape.hidden_size * place.number_bytes
    tokens = batch.tokens(has_tree(shape))
    return round(tokens * (kept * whole + inputs) * SLOP[place.device]) + logit_bytes(shape, place)


def kept_bytes(shape: Shape, rank: int, number_bytes: int) -> int:
    """What one layer keeps of one token for the backward pass.

    The input and the output of both norms; queries, keys and values with the attention's output,
    once by head and once in a row; gate, up and their product; the low-rank parts of seven
    adapters. In float32 the norms' scales, the sums of attention and the rotation's angles.
    """
    hidden, wide = shape.hidden_size, shape.intermediate_size
    numbers = 4 * hidden + 3 * shape.query_size + 2 * shape.key_size + 3 * wide + 7 * rank
    return numbers * number_bytes + 4 * (2 + shape.num_attention_heads)


def scoring_bytes(shape: Shape, pack: Batch, place: Place) -> int:
    """What scoring a pack takes without gradient: one layer's states, and a chunk of logits."""
    tokens = pack.packed if has_tree(shape) else pack.longest
    states = (2 * shape.hidden_size + 4 * shape.intermediate_size) * place.number_bytes
    return tokens * states + logit_bytes(shape, place)


def logit_bytes(shape: Shape, place: Place) -> int:
    """A chunk of logits with its two float32 copies."""
    if place.device == "cpu" and has_tree(shape):
        return HEAD_ROWS * shape.vocab_size * (place.number_bytes + 8)
    return 1024 * min(HEAD_COLUMNS, shape.vocab_size) * (place.number_bytes + 8)
