"""Quantising a model of two layers with llama.cpp, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest
from gguf import GGUFReader

from models.convert import base_gguf
from models.errors import BadInput, JobFailed
from models.events import Finished, result_of
from models.library import embedded_gguf, resolve_base
from models.quantize import quantize
from models.tokens import opened

TinyFolder = Callable[[str, Path], Path]


@pytest.fixture(scope="module")
def source(tiny_folder: TinyFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two-layer model in 16-bit floats."""
    folder = tmp_path_factory.mktemp("tiny")
    base = resolve_base(str(tiny_folder("llama", folder / "llama")))
    return Path(str(result_of(base_gguf(base, folder / "cache"))["gguf"]))


@pytest.mark.parametrize(("quant", "ftype"), [("Q4_K_M", 15), ("Q8_0", 7)])
def test_a_quantised_file_is_smaller_and_llama_cpp_opens_it(
    source: Path, tmp_path: Path, quant: str, ftype: int
) -> None:
    out = tmp_path / "small.gguf"
    events = list(quantize(source, out, quant))
    assert events[-1] == Finished({"gguf": str(out), "size_bytes": out.stat().st_size})
    assert out.stat().st_size < 0.8 * source.stat().st_size
    assert GGUFReader(out).fields["general.file_type"].contents() == ftype
    with opened(out) as llama:
        assert next(llama.generate([1, 5, 9], temp=0.0)) < llama.n_vocab()


def test_f16_is_the_same_file_under_another_name(source: Path, tmp_path: Path) -> None:
    result_of(quantize(source, tmp_path / "same.gguf", "F16"))
    assert (tmp_path / "same.gguf").read_bytes() == source.read_bytes()


def test_an_unknown_type_is_refused_with_those_on_offer(source: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"'Q3'.*Q4_K_M, Q5_K_M, Q6_K, Q8_0, F16"):
        result_of(quantize(source, tmp_path / "small.gguf", "Q3"))


def test_a_source_that_is_quantised_already_fails_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(JobFailed, match="could not quantise"):
        result_of(quantize(embedded_gguf(), tmp_path / "small.gguf", "Q8_0"))
    assert not list(tmp_path.iterdir())


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no GGUF to quantise at .*missing\.gguf"):
        result_of(quantize(tmp_path / "missing.gguf", tmp_path / "small.gguf"))
