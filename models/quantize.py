"""A 16-bit GGUF to a smaller one, through llama.cpp's own quantiser.

Some tensors come out in another type than the name says: K-quants want rows that are multiples of
256 weights, and SmolLM2-135M's rows have 576, so llama.cpp takes Q5_0 or Q8_0 for those. The file
is then larger than the name promises, and no worse.
"""

import ctypes
import os
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from models.aside import written_aside
from models.errors import BadInput, JobFailed
from models.events import Event, Finished, Step
from models.hardware import cores
from models.quantisations import checked_quant

POLL_S = 0.2
ROWS_AT_ONCE_BYTES = 16 << 20
"""What llama.cpp holds of a tensor's rows; 8 GiB unless it is told."""

Importance = Mapping[str, NDArray[np.float32]]
"""Tensor → how much each of its columns counts, float32 (columns,) (`models.importance`)."""


def quantize(
    source: Path, out: Path, quant: str = "Q4_K_M", importance: Importance | None = None
) -> Iterator[Event]:
    """Write a GGUF of 16-bit floats in another type; `F16` is the same file under another name.

    llama.cpp cannot be stopped half-way: closing this generator leaves its thread to end with the
    process, and nothing of the new file.

    Args:
        importance: rounds so that the columns that count most come out nearest.

    Yields:
        Steps over megabytes written (their total is not known before), then Finished with `gguf`
        and `size_bytes`.

    Raises:
        BadInput: no such type, or no such source.
        JobFailed: llama.cpp refuses, or the disk does.
    """
    kind = checked_quant(quant)
    if not source.is_file():
        raise BadInput(f"There is no GGUF to quantise at {source}.", "Check the path.")
    with written_aside(out) as aside:
        if quant == "F16":
            _same_file(source, aside)
        else:
            yield from _quantized(source, aside, kind.ftype, quant, importance)
    yield Finished({"gguf": str(out), "size_bytes": out.stat().st_size})


def _same_file(source: Path, out: Path) -> None:
    try:
        os.link(source, out)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(source, out)


def _quantized(
    source: Path, out: Path, ftype: int, quant: str, importance: Importance | None
) -> Iterator[Event]:
    """Run llama.cpp's quantiser in a thread, so that its progress can be told."""
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = ftype
    params.nthread = cores()
    params.max_buf_size = ROWS_AT_ONCE_BYTES
    matrix = _matrix(importance) if importance else None
    if matrix is not None:
        params.imatrix = matrix
    codes: list[int] = []

    def work() -> None:
        arguments = (os.fsencode(source), os.fsencode(out), ctypes.byref(params))
        codes.append(llama_cpp.llama_model_quantize(*arguments))

    thread = threading.Thread(target=work, name=f"quantize {quant}", daemon=True)
    thread.start()
    told_at = 0.0
    while thread.is_alive():
        thread.join(POLL_S)
        if time.monotonic() - told_at >= POLL_S and out.exists():
            told_at = time.monotonic()
            yield Step(out.stat().st_size >> 20, 0, f"quantising to {quant}, in MiB")
    if codes != [0]:
        raise JobFailed(
            f"llama.cpp could not quantise {source} to {quant}.",
            "What it said is in the run's log.txt; a full disk and a base that is quantised "
            "already are the usual causes.",
        )


def _matrix(
    importance: Importance,
) -> "ctypes.Array[llama_cpp.llama_model_imatrix_data]":
    """The figures as llama.cpp takes them: a list that an entry without a name ends."""
    entries = [
        llama_cpp.llama_model_imatrix_data(
            name.encode(), figures.ctypes.data_as(ctypes.POINTER(ctypes.c_float)), figures.size
        )
        for name, figures in importance.items()
    ]
    ending = llama_cpp.llama_model_imatrix_data()
    return (llama_cpp.llama_model_imatrix_data * (len(entries) + 1))(*entries, ending)
