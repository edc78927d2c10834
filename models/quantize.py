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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import llama_cpp

from models.aside import written_aside
from models.errors import BadInput, JobFailed
from models.events import Event, Finished, Step
from models.hardware import cores

POLL_S = 0.2


@dataclass(frozen=True)
class Quantisation:
    """One of the types on offer."""

    ftype: int
    """`enum llama_ftype` of llama.h."""
    largest_bits_per_weight: float
    """With llama.cpp's fallbacks for rows that are no multiple of 256; for planning disk space."""


QUANTS = {
    "Q4_K_M": Quantisation(llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M, 8.5),
    "Q5_K_M": Quantisation(llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_K_M, 8.5),
    "Q6_K": Quantisation(llama_cpp.LLAMA_FTYPE_MOSTLY_Q6_K, 8.5),
    "Q8_0": Quantisation(llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0, 8.5),
    "F16": Quantisation(llama_cpp.LLAMA_FTYPE_MOSTLY_F16, 16),
}
"""Name → type. No type below 4 bits: what an adapter learned would drown in their rounding."""


def checked_quant(name: str) -> Quantisation:
    """The type of that name.

    Raises:
        BadInput: there is none.
    """
    if name not in QUANTS:
        raise BadInput(f"There is no quantisation {name!r}.", f"Choose one of {', '.join(QUANTS)}.")
    return QUANTS[name]


def quantize(source: Path, out: Path, quant: str = "Q4_K_M") -> Iterator[Event]:
    """Write a GGUF of 16-bit floats in another type; `F16` is the same file under another name.

    llama.cpp cannot be stopped half-way: closing this generator leaves its thread to end with the
    process, and nothing of the new file.

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
        if kind.ftype == llama_cpp.LLAMA_FTYPE_MOSTLY_F16:
            _same_file(source, aside)
        else:
            yield from _quantized(source, aside, kind.ftype, quant)
    yield Finished({"gguf": str(out), "size_bytes": out.stat().st_size})


def _same_file(source: Path, out: Path) -> None:
    try:
        os.link(source, out)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(source, out)


def _quantized(source: Path, out: Path, ftype: int, quant: str) -> Iterator[Event]:
    """Run llama.cpp's quantiser in a thread, so that its progress can be told."""
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = ftype
    params.nthread = cores()
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
