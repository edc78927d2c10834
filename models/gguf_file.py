"""What the rest of the product asks of a GGUF file: that it is whole, and single metadata keys.

Reading is by memory map (`gguf.GGUFReader`): a tensor costs memory only while it is used.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from gguf import GGUFEndian, GGUFReader, GGUFValueType, GGUFWriter, ReaderField

from models.errors import BadInput

FILE_TYPE = "general.file_type"
MOSTLY_F16 = 1
"""`LLAMA_FTYPE_MOSTLY_F16` of llama.h: 16-bit floats, except 1-dimensional tensors."""


def open_gguf(path: Path) -> GGUFReader:
    """Map a GGUF file and check that all the tensors it lists are in it.

    Raises:
        BadInput: it is missing, cut off, split over several files, or no GGUF.
    """
    if not path.is_file():
        raise BadInput(f"There is no model file at {path}.", "Check the path, or fetch it again.")
    stat = path.stat()
    try:
        reader = _mapped(path, stat.st_size, stat.st_mtime_ns)
    except (ValueError, IndexError, KeyError, OverflowError, MemoryError) as error:
        raise BadInput(
            f"{path} is not a whole GGUF file: {error}.", "Fetch it again and compare its size."
        ) from error
    if reader.endianess is not GGUFEndian.LITTLE:
        raise BadInput(f"{path} was written for a big-endian machine.", "Fetch the usual file.")
    if (number_field(reader, "split.count") or 1) > 1:
        raise BadInput(
            f"{path} is one part of a model split over several files.",
            "Join them with llama.cpp's `llama-gguf-split --merge`, then take the joined file.",
        )
    return reader


@lru_cache(maxsize=1)
def _mapped(path: Path, size_bytes: int, changed_ns: int) -> GGUFReader:
    """Kept for the next call, since a vocabulary of 50 000 tokens takes 2 seconds to read."""
    return GGUFReader(path)


def text_field(reader: GGUFReader, key: str) -> str | None:
    """A metadata value that is text; None where the file has no such key."""
    field = reader.get_field(key)
    if field is None or field.types != [GGUFValueType.STRING]:
        return None
    return str(field.contents())


def number_field(reader: GGUFReader, key: str) -> int | None:
    """A metadata value that is one whole number; None where the file has no such key."""
    field = reader.get_field(key)
    if field is None or field.types == [GGUFValueType.STRING] or len(field.data) != 1:
        return None
    return int(field.contents())


def copy_metadata(reader: GGUFReader, writer: GGUFWriter) -> None:
    """Give `writer` every metadata key of `reader`, type and bytes unchanged.

    Strings are copied as bytes, so that text which is not UTF-8 survives. The one thing left
    out is an array without elements, which the `gguf` package cannot write and which says
    nothing.
    """
    writer.data_alignment = int(reader.alignment)
    for field in _metadata(reader):
        if field.types[0] is not GGUFValueType.ARRAY:
            writer.kv_data[0].pop(field.name, None)
            writer.add_key_value(field.name, _value(field, field.data[0]), field.types[0])
        elif field.data:
            values = [_value(field, index) for index in field.data]
            writer.add_key_value(field.name, values, GGUFValueType.ARRAY, field.types[-1])


def _metadata(reader: GGUFReader) -> Iterator[ReaderField]:
    """The file's own keys; the reader's three `GGUF.*` describe the container."""
    return (field for name, field in reader.fields.items() if not name.startswith("GGUF."))


def _value(field: ReaderField, index: int) -> bytes | int | float | bool:
    part = field.parts[index]
    if field.types[-1] is GGUFValueType.STRING:
        return part.tobytes()
    value = part[0]
    assert isinstance(value, np.generic)
    scalar = value.item()
    assert isinstance(scalar, int | float | bool)
    return scalar
