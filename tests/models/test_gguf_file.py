"""What is read of a GGUF against the `gguf` package's own reader, and files that are refused."""

from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFEndian, GGUFReader, GGUFWriter
from gguf.quants import dequantize

from models.errors import BadInput
from models.gguf_file import blocks, number_field, open_gguf, text_field
from models.library import embedded_gguf


def test_metadata_and_tensors_are_those_that_the_gguf_package_reads() -> None:
    found, theirs = open_gguf(embedded_gguf()), GGUFReader(embedded_gguf())
    assert text_field(found, "general.architecture") == "llama"
    assert text_field(found, "tokenizer.chat_template") == (
        theirs.fields["tokenizer.chat_template"].contents()
    )
    assert number_field(found, "llama.block_count") == 30
    assert number_field(found, "tokenizer.chat_template") is None
    assert text_field(found, "llama.block_count") is None
    assert set(found.values) == {name for name in theirs.fields if not name.startswith("GGUF.")}
    assert [(it.name, it.shape, it.kind, it.offset, it.size_bytes) for it in found.tensors] == [
        (it.name, tuple(reversed(it.shape.tolist())), it.tensor_type, it.data_offset, it.n_bytes)
        for it in theirs.tensors
    ]


def test_rows_in_the_middle_of_a_quantised_tensor_are_the_dequantised_ones() -> None:
    tensor = next(it for it in open_gguf(embedded_gguf()).tensors if "ffn_down" in it.name)
    theirs = next(it for it in GGUFReader(embedded_gguf()).tensors if it.name == tensor.name)
    with embedded_gguf().open("rb") as file:
        rows = tensor.weights(file, 100, 7)
    assert np.array_equal(rows, dequantize(theirs.data, theirs.tensor_type)[100:107])


@pytest.mark.parametrize(
    ("rows", "columns", "whole", "expected"),
    [
        (3, 1 << 17, 1, [(0, 2), (2, 1)]),
        (6, 1 << 16, 3, [(0, 3), (3, 3)]),
        (2, 1 << 20, 1, [(0, 1), (1, 1)]),
    ],
)
def test_blocks_of_a_quarter_million_weights_end_at_whole_heads(
    rows: int, columns: int, whole: int, expected: list[tuple[int, int]]
) -> None:
    assert list(blocks(rows, columns, whole)) == expected


def written(path: Path, endian: GGUFEndian = GGUFEndian.LITTLE, parts: int = 1) -> Path:
    writer = GGUFWriter(path, "llama", endianess=endian)
    writer.add_uint16("split.count", parts)
    writer.add_tensor("output_norm.weight", np.ones(4, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.mark.parametrize(
    ("endian", "parts", "sentence"),
    [
        (GGUFEndian.BIG, 1, "big-endian machine"),
        (GGUFEndian.LITTLE, 3, "one part of a model split over several files"),
    ],
)
def test_a_file_that_cannot_be_read_alone_or_here_is_refused(
    tmp_path: Path, endian: GGUFEndian, parts: int, sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        open_gguf(written(tmp_path / "model.gguf", endian, parts))


def test_a_file_that_is_no_gguf_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(BadInput, match="it begins with"):
        open_gguf(tmp_path / "model.gguf")
    with pytest.raises(BadInput, match="There is no model file"):
        open_gguf(tmp_path / "missing.gguf")
