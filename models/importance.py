"""How much each column of a model's weights counts: llama.cpp's importance matrix, measured here.

What goes into a product with the weights is seen while llama.cpp reads texts, through the callback
that its own `llama-imatrix` tool uses; a column counts as the mean square of what it is multiplied
with. llama-cpp-python gives the callback a bare `struct ggml_tensor`, whose layout belongs to its
version, which is pinned; that every matrix was seen is checked.
"""

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import llama_cpp
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from models.aside import written_aside
from models.errors import JobFailed
from models.events import Event, Finished, Step
from models.gguf_file import open_gguf
from models.quantize import Importance
from models.tokens import opened

READ_AT_ONCE = 64
"""Tokens; with a vocabulary of 152 000 their logits take 39 MB."""
_FLOAT32 = 0
"""`GGML_TYPE_F32` of ggml.h."""


class _Tensor(ctypes.Structure):
    """The beginning of `struct ggml_tensor` (ggml.h)."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("buffer", ctypes.c_void_p),
        ("ne", ctypes.c_int64 * 4),
        ("nb", ctypes.c_size_t * 4),
        ("op", ctypes.c_int),
        ("op_params", ctypes.c_int32 * 16),
        ("flags", ctypes.c_int32),
        ("src", ctypes.c_void_p * 10),
        ("view_src", ctypes.c_void_p),
        ("view_offs", ctypes.c_size_t),
        ("data", ctypes.c_void_p),
        ("name", ctypes.c_char * 64),
    )


class _Sums:
    """Squares of what is multiplied with each matrix, summed over the tokens read."""

    def __init__(self, columns: dict[str, int]) -> None:
        self.squares = {name: np.zeros(size) for name, size in columns.items()}
        self.tokens = dict.fromkeys(columns, 0)

    def seen(self, node: int, asks: bool, _: object) -> bool:
        """llama.cpp's callback: before a node is computed it asks whether to show it."""
        of_node = _Tensor.from_address(node)
        if not of_node.src[0] or not of_node.src[1]:
            return not asks
        weights, read = (_Tensor.from_address(of_node.src[i]) for i in (0, 1))
        name = weights.name.decode("utf-8", "replace")
        is_product = name in self.squares and read.type == _FLOAT32
        if is_product and not asks:
            rows = _rows(read)
            self.squares[name] += np.square(rows).sum(axis=0, dtype=np.float64)
            self.tokens[name] += len(rows)
        return is_product or not asks


def measure_importance(gguf: Path, texts: Sequence[Sequence[int]], out: Path) -> Iterator[Event]:
    """Read texts with a model, and write down how much each column of its blocks counts.

    Args:
        gguf: the model in 16 bits.
        texts: as token ids, such as the prompts with their answers that a run trained on.
        out: the file to write; it appears whole or not at all.

    Yields:
        Steps over texts, then Finished with `importance` (path), `texts` and `tokens`.

    Raises:
        BadInput: the model cannot be read.
        JobFailed: llama.cpp does not take the model, or shows less than all of it.
    """
    tensors = [it for it in open_gguf(gguf).tensors if len(it.shape) == 2]
    sums = _Sums({it.name: it.shape[1] for it in tensors if it.name.startswith("blk.")})
    longest = max(map(len, texts))
    with opened(gguf) as llama, _reading(llama, sums, longest) as context:
        for done, ids in enumerate(texts, start=1):
            _read(llama, context, ids)
            yield Step(done, len(texts), "reading what the run trained on")
    unseen = sorted(name for name, count in sums.tokens.items() if not count)
    if unseen:
        raise JobFailed(f"llama.cpp did not show what goes into {unseen[0]}.", _LEAVE_OUT)
    means = {name: square / sums.tokens[name] for name, square in sums.squares.items()}
    with written_aside(out) as aside:
        save_file({name: mean.astype(np.float32) for name, mean in means.items()}, aside)
    tokens = sum(map(len, texts))
    yield Finished({"importance": str(out), "texts": len(texts), "tokens": tokens})


def read_importance(path: Path) -> Importance:
    """What `measure_importance` wrote."""
    return load_file(path)


_SEE_LOG = "What it said is in the run's log.txt."
_LEAVE_OUT = "Export without --importance."


def _read(llama: llama_cpp.Llama, context: llama_cpp.llama_context_p, ids: Sequence[int]) -> None:
    """Read a text from its beginning.

    Logits are asked for at every token: without, llama.cpp leaves out most of the last block.
    """
    llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
    for first in range(0, len(ids), READ_AT_ONCE):
        some = ids[first : first + READ_AT_ONCE]
        llama._batch.set_batch(some, n_past=first, logits_all=True)
        if llama_cpp.llama_decode(context, llama._batch.batch):
            raise JobFailed("llama.cpp could not read one of the run's texts.", _SEE_LOG)


@contextmanager
def _reading(
    llama: llama_cpp.Llama, sums: _Sums, tokens: int
) -> Iterator[llama_cpp.llama_context_p]:
    """A context of that many tokens in which everything is shown."""
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch = tokens, READ_AT_ONCE, READ_AT_ONCE
    # Must live as long as the context.
    callback = llama_cpp.ggml_backend_sched_eval_callback(sums.seen)
    params.cb_eval = callback
    context = llama_cpp.llama_init_from_model(llama.model, params)
    if context is None:
        raise JobFailed(f"There is no memory to read texts of {tokens} tokens.", _LEAVE_OUT)
    try:
        yield context
    finally:
        llama_cpp.llama_free(context)


def _rows(tensor: _Tensor) -> NDArray[np.float32]:
    """The numbers of a tensor in the host's memory, float32 (tokens, columns)."""
    columns, rows = tensor.ne[0], tensor.ne[1] * tensor.ne[2] * tensor.ne[3]
    size_bytes = tensor.nb[1] * rows
    held = np.frombuffer((ctypes.c_char * size_bytes).from_address(tensor.data), dtype=np.float32)
    found: NDArray[np.float32] = held.reshape(rows, -1)[:, :columns]
    return found
