"""Safetensors files, a block of rows at a time, as float32 and without torch.

The `safetensors` package gives bfloat16, which most models are stored in, to torch alone, and maps
the file, whose pages then count as the process's memory.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import BadInput

_LARGEST_HEADER = 100_000_000
"""Bytes; the format's own limit."""
_STORED: Mapping[str, type[np.generic]] = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "BF16": np.uint16,
}
"""The format's name of a type → what numpy reads its bytes as."""


@dataclass(frozen=True)
class StoredTensor:
    """Where one tensor is and how it is stored."""

    file: Path
    name: str
    dtype: str
    """Under the format's own name, such as BF16."""
    shape: tuple[int, ...]
    offset: int
    """Of its first byte, from the beginning of the file."""

    @property
    def columns(self) -> int:
        return self.shape[-1]

    @property
    def rows(self) -> int:
        """How many there are; a vector is one."""
        return prod(self.shape[:-1])

    def weights(self, first: int = 0, count: int | None = None) -> NDArray[np.float32]:
        """Some rows, float32 (count, columns); all of them by default.

        Raises:
            BadInput: they are no floats of 16, 32 or 64 bits.
        """
        if self.dtype not in _STORED:
            raise BadInput(
                f"{self.name} in {self.file} is stored as {self.dtype}, which is not read.",
                "Take the model as it was trained, in 16-bit or 32-bit floats.",
            )
        stored = np.dtype(_STORED[self.dtype])
        wanted = (self.rows if count is None else count) * self.columns
        with self.file.open("rb") as file:
            file.seek(self.offset + first * self.columns * stored.itemsize)
            read = np.frombuffer(file.read(wanted * stored.itemsize), dtype=stored)
        if self.dtype == "BF16":
            # bfloat16 is the upper half of a float32.
            read = (read.astype(np.uint32) << 16).view(np.float32)
        return read.astype(np.float32, copy=False).reshape(-1, self.columns)


def stored_tensors(file: Path) -> Mapping[str, StoredTensor]:
    """The tensors of a file by name; the order is the file's.

    Raises:
        BadInput: it is missing, cut off, or no safetensors file.
    """
    try:
        size_bytes = file.stat().st_size
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            if length > min(_LARGEST_HEADER, size_bytes):
                raise ValueError("its header is cut off")
            header = json.loads(opened.read(length))
        told = {name: it for name, it in header.items() if name != "__metadata__"}
        if any(it["data_offsets"][1] + 8 + length > size_bytes for it in told.values()):
            raise ValueError("its weights are cut off")
        return {
            name: StoredTensor(
                file, name, it["dtype"], tuple(it["shape"]), it["data_offsets"][0] + 8 + length
            )
            for name, it in told.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise BadInput(
            f"{file} is missing or not a whole safetensors file: {error}.", "Fetch it again."
        ) from error
