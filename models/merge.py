"""Fold a LoRA adapter into 16-bit GGUF weights, a block of rows in memory at a time.

The base's metadata (tokenizer, chat template, special tokens) is copied byte for byte, so the
merged file speaks with the base's own words. Nothing is merged into 4-bit weights: small updates
would vanish in their rounding. Quantising is `models.quantize`. No torch is needed for any of it.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
from gguf import GGMLQuantizationType, get_tensor_name_map
from numpy.typing import NDArray

from models.adapter import Adapter, open_adapter
from models.aside import written_aside
from models.errors import BadInput, JobFailed
from models.events import Event, Finished, Step
from models.families import Family, family_of, heads_of, reordered
from models.gguf_file import (
    GgufFile,
    GgufTensor,
    beginning_of_16_bit,
    blocks,
    in_16_bits,
    number_field,
    open_gguf,
    padding,
)
from models.hardware import cores

STEP_S = 0.1
_ONE_THREAD = 1 << 18
"""Multiplications of a matrix product up to which OpenBLAS starts no threads of its own (its
interface/gemm.c); ours are enough, and its wait for each other where others use the cores."""

Blocks = Iterator[NDArray[np.floating]]
"""A tensor's rows in their order, some at a time: matrices float16, vectors float32."""


def merge_adapter(base_gguf: Path, adapter_dir: Path, out: Path) -> Iterator[Event]:
    """Write `base + scale · B @ A` as a GGUF of 16-bit floats (1-dimensional tensors: 32-bit).

    Args:
        base_gguf: any GGUF of a served architecture; quantised tensors are dequantised.
        adapter_dir: a plain LoRA adapter of peft for the same base.
        out: the file to write; it appears whole or not at all.

    Yields:
        Steps over tensors, then Finished with `gguf` (path), `tensors` and `adapted` (counts).

    Raises:
        BadInput: base or adapter cannot be read, do not fit each other, or are not served.
        JobFailed: the disk refuses, or the merged numbers do not fit into 16 bits.
    """
    base, adapter = open_gguf(base_gguf), open_adapter(adapter_dir)
    modules = modules_by_tensor(base, adapter)
    with base_gguf.open("rb") as weights, ThreadPoolExecutor(cores()) as threads:

        def merged(tensor: GgufTensor) -> Blocks:
            module = modules.get(tensor.name)
            if module is None:
                return as_it_is(weights, tensor)
            a, b = low_rank(base, tensor, adapter, module)
            update = np.float32(adapter.scale) * b
            return _updated(threads, weights, tensor, a, update)

        yield from written(base, out, merged)
    yield Finished({"gguf": str(out), "tensors": len(base.tensors), "adapted": len(modules)})


def written(base: GgufFile, out: Path, weights: Callable[[GgufTensor], Blocks]) -> Iterator[Event]:
    """Write a file like the base with other weights; yields steps.

    Args:
        weights: gives each of the base's tensors what to write for it.

    Raises:
        JobFailed: the disk refuses.
    """
    total, last_step_at = len(base.tensors), 0.0
    with written_aside(out) as aside, aside.open("wb") as file:
        file.write(beginning_of_16_bit(base))
        for done, tensor in enumerate(base.tensors, start=1):
            for block in weights(tensor):
                file.write(block.tobytes())
            file.write(padding(in_16_bits(tensor).size_bytes, base.alignment))
            if time.monotonic() - last_step_at > STEP_S or done == total:
                last_step_at = time.monotonic()
                yield Step(done, total, f"merging {tensor.name}")


def merged_size_bytes(base_gguf: Path) -> int:
    """How large the merged file will be.

    Raises:
        BadInput: the base cannot be read.
    """
    base = open_gguf(base_gguf)
    sizes = [in_16_bits(tensor).size_bytes for tensor in base.tensors]
    padded = sum(size + len(padding(size, base.alignment)) for size in sizes)
    return len(beginning_of_16_bit(base)) + padded


def modules_by_tensor(base: GgufFile, adapter: Adapter) -> Mapping[str, str]:
    """GGUF tensor name → the adapter's module for it, for every module of the adapter.

    Raises:
        BadInput: the base is of no family that is served, or lacks what the adapter changes.
    """
    family = family_of(base)
    blocks_of_base = number_field(base, f"{family.name}.block_count") or 0
    names = get_tensor_name_map(family.architecture, blocks_of_base)
    present = {tensor.name for tensor in base.tensors}
    found: dict[str, str] = {}
    for module in sorted(adapter.stored):
        name = f"{names.get_name(module)}.weight"
        if name == "token_embd.weight" or (name == "output.weight" and name not in present):
            raise BadInput(
                f"The adapter changes {module!r}, the embeddings that input and output share.",
                "Train an adapter on the linear layers of the blocks only.",
            )
        if name not in present:
            raise BadInput(
                f"The adapter changes {module!r}, and {base.path.name} has no such tensor.",
                "Export with the base that the adapter was trained on.",
            )
        found[name] = module
    return found


def low_rank(
    base: GgufFile, tensor: GgufTensor, adapter: Adapter, module: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A (r, in) and B (out, r) of one module, float32; B's rows in llama.cpp's order.

    Raises:
        BadInput: they do not fit the base's tensor.
    """
    a, b = adapter.matrices(module)
    rows, columns = tensor.shape
    if b.shape[0] != rows or a.shape[1] != columns or b.shape[1] != a.shape[0]:
        raise BadInput(
            f"The adapter's update of {module!r} is {b.shape[0]} x {a.shape[1]}, "
            f"and the base's tensor {rows} x {columns}.",
            "Export with the base that the adapter was trained on.",
        )
    family, counter = family_of(base), heads_of(tensor.name)
    if family.rows_are_reordered and counter is not None:
        b = reordered(b, _heads(base, family, counter))
    return a, b


def as_it_is(file: BinaryIO, tensor: GgufTensor) -> Blocks:
    """A tensor of the base in 16 bits.

    Raises:
        BadInput: the way it is stored cannot be read back.
    """
    is_16_bit = tensor.kind is GGMLQuantizationType.F16
    for first, count in _blocks_of(tensor):
        if is_16_bit:
            yield tensor.rows(file, first, count).view(np.float16)
        else:
            yield rounded(tensor, tensor.weights(file, first, count))


def rounded(tensor: GgufTensor, weights: NDArray[np.float32]) -> NDArray[np.floating]:
    """Rows of a tensor as they are written.

    Raises:
        JobFailed: they hold numbers that do not fit.
    """
    if len(tensor.shape) == 1:
        dtype: type[np.float16 | np.float32] = np.float32
    else:
        dtype = np.float16
    if not np.abs(weights).max() <= np.finfo(dtype).max:
        raise JobFailed(
            f"{tensor.name} holds numbers that 16-bit floats cannot, after merging.",
            "The training went astray: train again with a lower learning rate.",
        )
    return weights.astype(dtype, copy=False)


def _updated(
    threads: ThreadPoolExecutor,
    file: BinaryIO,
    tensor: GgufTensor,
    a: NDArray[np.float32],
    b: NDArray[np.float32],
) -> Blocks:
    """The tensor plus B @ A, in 16 bits; as many blocks in memory as there are cores."""

    def block(place: tuple[int, int]) -> NDArray[np.floating]:
        first, count = place
        update = _product(b[first : first + count], a)
        update += tensor.weights(file, first, count)
        return rounded(tensor, update)

    places = _blocks_of(tensor)
    while some := list(islice(places, cores())):
        yield from threads.map(block, some)


def _product(b: NDArray[np.float32], a: NDArray[np.float32]) -> NDArray[np.float32]:
    """B @ A, float32 (rows of B, columns of A), on this thread alone."""
    product = np.empty((len(b), a.shape[1]), np.float32)
    step = max(1, _ONE_THREAD // a.size)
    for first in range(0, len(b), step):
        np.matmul(b[first : first + step], a, out=product[first : first + step])
    return product


def _blocks_of(tensor: GgufTensor) -> Iterator[tuple[int, int]]:
    return blocks(tensor.elements // tensor.shape[-1], tensor.shape[-1])


def _heads(base: GgufFile, family: Family, counter: str) -> int:
    heads = number_field(base, f"{family.name}.{counter}")
    heads = heads or number_field(base, f"{family.name}.attention.head_count")
    if not heads:
        raise BadInput("The base does not say how many attention heads it has.", "Fetch it again.")
    return heads
