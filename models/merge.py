"""Fold a LoRA adapter into 16-bit GGUF weights, one tensor in memory at a time.

The base's metadata (tokenizer, chat template, special tokens) is copied, so the merged file speaks
with the base's own words. Nothing is merged into 4-bit weights: small updates would vanish in
their rounding. Quantising is `models.quantize`.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
from gguf import MODEL_ARCH_NAMES, GGUFReader, GGUFWriter, ReaderTensor, get_tensor_name_map
from gguf.quants import dequantize
from numpy.typing import NDArray

from models.adapter import Adapter, open_adapter
from models.aside import written_aside
from models.errors import BadInput, JobFailed
from models.events import Event, Finished, Step
from models.gguf_file import FILE_TYPE, MOSTLY_F16, copy_metadata, number_field, open_gguf
from models.gguf_file import text_field as text_of

STEP_S = 0.1

PERMUTED_ROWS: dict[str, dict[str, str]] = {
    "llama": {"attn_q": "attention.head_count", "attn_k": "attention.head_count_kv"},
    "qwen2": {},
}
"""Architecture of llama.cpp → the tensors whose rows its converter reorders, with the key that
counts their heads (`LlamaModel.permute` of llama.cpp's convert_hf_to_gguf.py; qwen2's rotary
embedding keeps transformers' order)."""


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
    modules = _modules_by_tensor(base, adapter, base_gguf)

    def merged(tensor: ReaderTensor) -> NDArray[np.floating]:
        module = modules.get(tensor.name)
        return in_16_bits(tensor, _update(base, tensor, adapter, module) if module else None)

    yield from written(base, out, merged)
    yield Finished({"gguf": str(out), "tensors": len(base.tensors), "adapted": len(modules)})


def written(
    base: GGUFReader, out: Path, weights: Callable[[ReaderTensor], NDArray[np.floating]]
) -> Iterator[Event]:
    """Write a file like the base with other weights, one tensor at a time; yields steps.

    Args:
        weights: gives each of the base's tensors what to write for it, in 16 bits, vectors in 32.

    Raises:
        JobFailed: the disk refuses.
    """
    total, last_step_at = len(base.tensors), 0.0
    with written_aside(out) as aside, closing(_started_file(base, aside)) as writer:
        for done, tensor in enumerate(base.tensors, start=1):
            writer.write_tensor_data(weights(tensor))
            if time.monotonic() - last_step_at > STEP_S or done == total:
                last_step_at = time.monotonic()
                yield Step(done, total, f"merging {tensor.name}")


def merged_size_bytes(base_gguf: Path) -> int:
    """How large the merged file will be, to within a few kilobytes of padding.

    Raises:
        BadInput: the base cannot be read.
    """
    base = open_gguf(base_gguf)
    metadata = int(base.data_offset)
    return metadata + sum(tensor.n_elements * _dtype(tensor).itemsize for tensor in base.tensors)


def permuted(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Reorder rows (heads · d, …) from transformers' halves to llama.cpp's interleaved pairs."""
    halves = rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:])
    return halves.swapaxes(1, 2).reshape(rows.shape)


def served_architecture(base: GGUFReader, path: Path) -> str:
    """The architecture of a base whose tensors we know how to write.

    Raises:
        BadInput: it is another one, or a mixture of experts.
    """
    architecture = text_of(base, "general.architecture") or ""
    if architecture not in PERMUTED_ROWS or number_field(base, f"{architecture}.expert_count"):
        raise BadInput(
            f"{path.name} is a model of the architecture {architecture!r}, which cannot be merged.",
            f"Served are the dense models of {' and '.join(PERMUTED_ROWS)}.",
        )
    return architecture


def _modules_by_tensor(base: GGUFReader, adapter: Adapter, path: Path) -> Mapping[str, str]:
    """GGUF tensor name → the adapter's module for it, for every module of the adapter."""
    architecture = served_architecture(base, path)
    kind = next(key for key, name in MODEL_ARCH_NAMES.items() if name == architecture)
    blocks = number_field(base, f"{architecture}.block_count") or 0
    names = get_tensor_name_map(kind, blocks)
    present = {tensor.name: tensor for tensor in base.tensors}
    found: dict[str, str] = {}
    for module in sorted(adapter.modules):
        name = f"{names.get_name(module)}.weight"
        if name == "token_embd.weight" or (name == "output.weight" and name not in present):
            raise BadInput(
                f"The adapter changes {module!r}, the embeddings that input and output share.",
                "Train an adapter on the linear layers of the blocks only.",
            )
        if name not in present:
            raise BadInput(
                f"The adapter changes {module!r}, and {path.name} has no such tensor.",
                "Export with the base that the adapter was trained on.",
            )
        found[name] = module
    return found


def _dtype(tensor: ReaderTensor) -> np.dtype[np.floating]:
    """16-bit for matrices, 32-bit for norms and biases, as llama.cpp's converter has it."""
    return np.dtype(np.float16) if len(tensor.shape) > 1 else np.dtype(np.float32)


def _started_file(base: GGUFReader, path: Path) -> GGUFWriter:
    """A file with its metadata and list of tensors written, ready for their data."""
    writer = GGUFWriter(path, text_of(base, "general.architecture") or "")
    copy_metadata(base, writer)
    if FILE_TYPE in base.fields:
        writer.kv_data[0][FILE_TYPE].value = MOSTLY_F16
    for tensor in base.tensors:
        shape = [int(size) for size in reversed(tensor.shape)]
        dtype = _dtype(tensor)
        writer.add_tensor_info(tensor.name, shape, dtype, tensor.n_elements * dtype.itemsize)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    return writer


def in_16_bits(
    tensor: ReaderTensor, update: NDArray[np.float32] | None = None
) -> NDArray[np.floating]:
    """A tensor of the base as it is written: matrices float16, vectors float32.

    Args:
        update: what is added to it, in the order of its rows.

    Raises:
        BadInput: it is stored in a way that cannot be read back.
        JobFailed: the sum does not fit into 16 bits.
    """
    weights: NDArray[np.float32] = _dequantized(tensor)
    if update is not None:
        weights = weights + update
    with np.errstate(over="ignore"):
        rounded = weights.astype(_dtype(tensor), copy=False)
    if not np.isfinite(rounded).all():
        raise JobFailed(
            f"{tensor.name} holds numbers that 16-bit floats cannot, after merging.",
            "The training went astray: train again with a lower learning rate.",
        )
    return rounded


def _dequantized(tensor: ReaderTensor) -> NDArray[np.float32]:
    try:
        return np.asarray(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
    except NotImplementedError as error:
        raise BadInput(
            f"{tensor.name} is stored as {tensor.tensor_type.name}, which cannot be read back.",
            "Take the base as F16, Q8_0 or Q4_K_M.",
        ) from error


def _update(
    base: GGUFReader, tensor: ReaderTensor, adapter: Adapter, module: str
) -> NDArray[np.float32]:
    """scale · B @ A of one module, float32 (out, in), rows in llama.cpp's order."""
    a, b = adapter.matrices(module)
    out_features, in_features = (int(size) for size in reversed(tensor.shape))
    if b.shape[0] != out_features or a.shape[1] != in_features or b.shape[1] != a.shape[0]:
        raise BadInput(
            f"The adapter's update of {module!r} is {b.shape[0]} x {a.shape[1]}, "
            f"and the base's tensor {out_features} x {in_features}.",
            "Export with the base that the adapter was trained on.",
        )
    architecture = text_of(base, "general.architecture") or ""
    counter = PERMUTED_ROWS[architecture].get(tensor.name.split(".")[-2])
    if counter is not None:
        b = permuted(b, _heads(base, architecture, counter))
    return np.float32(adapter.scale) * (b @ a)


def _heads(base: GGUFReader, architecture: str, counter: str) -> int:
    heads = number_field(base, f"{architecture}.{counter}")
    heads = heads or number_field(base, f"{architecture}.attention.head_count")
    if not heads:
        raise BadInput("The base does not say how many attention heads it has.", "Fetch it again.")
    return heads
