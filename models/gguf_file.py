"""GGUF files: their metadata and list of tensors, their weights a block of rows at a time.

The `gguf` package's reader makes an object of every token and merge: opening SmolLM2 takes it
2.2 s and 167 MB (here: 0.03 s and 4 MB). What is not asked for stays bytes, so that a copy of it is
the original's byte for byte; and weights are read, not mapped, so that they take no memory longer
than their turn. How tensors are stored is the package's knowledge (`gguf.quants`).
"""

import mmap
import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFValueType
from gguf.quants import dequantize
from numpy.typing import NDArray

from models.errors import BadInput

FILE_TYPE = "general.file_type"
MOSTLY_F16 = 1
"""`LLAMA_FTYPE_MOSTLY_F16` of llama.h: 16-bit floats, except 1-dimensional tensors."""

BLOCK_WEIGHTS = 1 << 18
"""How many weights a thread has in memory at a time, in float32 and as they are stored."""

_MAGIC = b"GGUF"
_ALIGNMENT = 32
"""Of tensors in bytes, where the file does not say `general.alignment`."""
_FORMATS = {
    GGUFValueType.UINT8: "<B",
    GGUFValueType.INT8: "<b",
    GGUFValueType.UINT16: "<H",
    GGUFValueType.INT16: "<h",
    GGUFValueType.UINT32: "<I",
    GGUFValueType.INT32: "<i",
    GGUFValueType.FLOAT32: "<f",
    GGUFValueType.BOOL: "<?",
    GGUFValueType.UINT64: "<Q",
    GGUFValueType.INT64: "<q",
    GGUFValueType.FLOAT64: "<d",
}


@dataclass(frozen=True)
class GgufTensor:
    """Where one tensor is and how it is stored."""

    name: str
    shape: tuple[int, ...]
    """Rows first, as numpy has it; the file has it the other way round."""
    kind: GGMLQuantizationType
    offset: int
    """Of its first byte, from the beginning of the file."""

    @property
    def elements(self) -> int:
        return prod(self.shape)

    @property
    def row_bytes(self) -> int:
        block, block_bytes = GGML_QUANT_SIZES[self.kind]
        return self.shape[-1] // block * block_bytes

    @property
    def size_bytes(self) -> int:
        return self.elements // self.shape[-1] * self.row_bytes

    def rows(self, file: BinaryIO, first: int, count: int) -> NDArray[np.uint8]:
        """Some rows as they are stored, uint8 (count, bytes of a row); threads may share a file."""
        offset = self.offset + first * self.row_bytes
        stored = os.pread(file.fileno(), count * self.row_bytes, offset)
        return np.frombuffer(stored, dtype=np.uint8).reshape(count, self.row_bytes)

    def weights(self, file: BinaryIO, first: int, count: int) -> NDArray[np.float32]:
        """Some rows dequantised, float32 (count, columns).

        Raises:
            BadInput: the way they are stored cannot be read back.
        """
        try:
            weights: NDArray[np.float32] = dequantize(self.rows(file, first, count), self.kind)
        except NotImplementedError as error:
            raise BadInput(
                f"{self.name} is stored as {self.kind.name}, which cannot be read back.",
                "Take the base as F16, Q8_0 or Q4_K_M.",
            ) from error
        return weights


@dataclass(frozen=True)
class GgufFile:
    """What a GGUF says before its weights."""

    path: Path
    version: int
    metadata: bytes
    """All keys with their values, as they stand in the file."""
    values: Mapping[str, tuple[GGUFValueType, int]]
    """Key → the type of its value, and where that begins in `metadata`."""
    tensors: tuple[GgufTensor, ...]
    alignment: int

    @property
    def weights_bytes(self) -> int:
        return sum(tensor.size_bytes for tensor in self.tensors)


def open_gguf(path: Path) -> GgufFile:
    """Read what is before the weights, and check that all the tensors listed are in the file.

    Raises:
        BadInput: it is missing, cut off, split over several files, or no GGUF.
    """
    if not path.is_file():
        raise BadInput(f"There is no model file at {path}.", "Check the path, or fetch it again.")
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            found = _parsed(path, data)
            size_bytes = len(data)
    except (struct.error, ValueError, KeyError, OverflowError, MemoryError) as error:
        raise BadInput(
            f"{path} is not a whole GGUF file: {error}.", "Fetch it again and compare its size."
        ) from error
    missing = [it for it in found.tensors if it.offset + it.size_bytes > size_bytes]
    if missing:
        raise BadInput(
            f"{path} is not a whole GGUF file: {missing[0].name} is cut off.",
            "Fetch it again and compare its size.",
        )
    if (number_field(found, "split.count") or 1) > 1:
        raise BadInput(
            f"{path} is one part of a model split over several files.",
            "Join them with llama.cpp's `llama-gguf-split --merge`, then take the joined file.",
        )
    return found


def text_field(file: GgufFile, key: str) -> str | None:
    """A metadata value that is text; None where the file has no such key."""
    kind, at = file.values.get(key, (None, 0))
    if kind is not GGUFValueType.STRING:
        return None
    (length,) = struct.unpack_from("<Q", file.metadata, at)
    return file.metadata[at + 8 : at + 8 + length].decode("utf-8", "replace")


def number_field(file: GgufFile, key: str) -> int | None:
    """A metadata value that is one number, as a whole one; None where the file has no such key."""
    kind, at = file.values.get(key, (None, 0))
    if kind is None or kind not in _FORMATS:
        return None
    return int(struct.unpack_from(_FORMATS[kind], file.metadata, at)[0])


def text_item(file: GgufFile, key: str, index: int) -> str | None:
    """One of a metadata value's texts, such as a token; None where the file has no such list."""
    kind, at = file.values.get(key, (None, 0))
    if kind is not GGUFValueType.ARRAY:
        return None
    items, count = struct.unpack_from("<IQ", file.metadata, at)
    if items != GGUFValueType.STRING or not 0 <= index < count:
        return None
    at += 12
    for _ in range(index):
        at += 8 + int(struct.unpack_from("<Q", file.metadata, at)[0])
    (length,) = struct.unpack_from("<Q", file.metadata, at)
    return file.metadata[at + 8 : at + 8 + length].decode("utf-8", "replace")


def beginning_of_16_bit(base: GgufFile) -> bytes:
    """Everything before the weights of a file like `base` in 16-bit floats, vectors in 32.

    The metadata is the base's own; only the file's type, where it is told, is that of the new one.
    """
    metadata = bytearray(base.metadata)
    kind, at = base.values.get(FILE_TYPE, (None, 0))
    if kind is not None and kind in _FORMATS:
        struct.pack_into(_FORMATS[kind], metadata, at, MOSTLY_F16)
    head = _MAGIC + struct.pack("<IQQ", base.version, len(base.tensors), len(base.values))
    told = head + bytes(metadata) + b"".join(_listed(map(in_16_bits, base.tensors), base.alignment))
    return told + padding(len(told), base.alignment)


def in_16_bits(tensor: GgufTensor) -> GgufTensor:
    """The tensor as llama.cpp's converter stores it: a matrix in 16 bits, a vector in 32."""
    is_matrix = len(tensor.shape) > 1
    kind = GGMLQuantizationType.F16 if is_matrix else GGMLQuantizationType.F32
    return replace(tensor, kind=kind)


def padding(size_bytes: int, alignment: int) -> bytes:
    """What has to follow that many bytes before the next tensor begins."""
    return bytes(-size_bytes % alignment)


def blocks(rows: int, columns: int, whole: int = 1) -> Iterator[tuple[int, int]]:
    """(first row, number of rows) of blocks of about `BLOCK_WEIGHTS` weights.

    Args:
        whole: no block ends within that many rows.
    """
    step = max(1, BLOCK_WEIGHTS // columns // whole) * whole
    return ((first, min(step, rows - first)) for first in range(0, rows, step))


def _listed(tensors: Iterable[GgufTensor], alignment: int) -> Iterator[bytes]:
    """The list of tensors that lie one after the other."""
    offset = 0
    for tensor in tensors:
        name = tensor.name.encode()
        sizes = tensor.shape[::-1]
        yield struct.pack("<Q", len(name)) + name
        yield struct.pack(f"<I{len(sizes)}QIQ", len(sizes), *sizes, tensor.kind, offset)
        offset += tensor.size_bytes + len(padding(tensor.size_bytes, alignment))


def _parsed(path: Path, data: mmap.mmap) -> GgufFile:
    if data[:4] != _MAGIC:
        raise ValueError(f"it begins with {data[:4]!r}")
    version, tensor_count, key_count = struct.unpack_from("<IQQ", data, 4)
    if version & 0xFFFF == 0:
        raise ValueError("it was written for a big-endian machine")
    if version not in (2, 3):
        raise ValueError(f"it is of version {version}")
    start = at = 24
    values: dict[str, tuple[GGUFValueType, int]] = {}
    for _ in range(key_count):
        name, at = _string(data, at)
        kind = GGUFValueType(struct.unpack_from("<I", data, at)[0])
        values[name] = kind, at + 4 - start
        at = _after(data, at + 4, kind)
    metadata = data[start:at]
    listed = []
    for _ in range(tensor_count):
        name, at = _string(data, at)
        (dimensions,) = struct.unpack_from("<I", data, at)
        *sizes, stored, offset = struct.unpack_from(f"<{dimensions}QIQ", data, at + 4)
        at += 16 + 8 * dimensions
        shape = tuple(reversed(sizes))
        listed.append(GgufTensor(name, shape, GGMLQuantizationType(stored), offset))
    file = GgufFile(path, version, metadata, values, (), _ALIGNMENT)
    alignment = number_field(file, "general.alignment") or _ALIGNMENT
    weights_at = at + len(padding(at, alignment))
    tensors = tuple(replace(it, offset=it.offset + weights_at) for it in listed)
    return replace(file, tensors=tensors, alignment=alignment)


def _string(data: mmap.mmap, at: int) -> tuple[str, int]:
    """A text and where it ends."""
    (length,) = struct.unpack_from("<Q", data, at)
    if at + 8 + length > len(data):
        raise ValueError("it is cut off")
    return data[at + 8 : at + 8 + length].decode(), at + 8 + length


def _after(data: mmap.mmap, at: int, kind: GGUFValueType) -> int:
    """Where the value of that type which begins at `at` ends."""
    if kind is GGUFValueType.STRING:
        return at + 8 + int(struct.unpack_from("<Q", data, at)[0])
    if kind is not GGUFValueType.ARRAY:
        return at + struct.calcsize(_FORMATS[kind])
    number, count = struct.unpack_from("<IQ", data, at)
    items = GGUFValueType(number)
    at += 12
    if items in _FORMATS:
        return at + int(count) * struct.calcsize(_FORMATS[items])
    for _ in range(count):
        at = _after(data, at, items)
    return at
