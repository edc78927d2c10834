"""Quantising a model of two layers with llama.cpp, merging into one that is, what is refused."""

import json
from pathlib import Path

import llama_cpp
import numpy as np
import pytest
from gguf import GGUFReader
from gguf.quants import dequantize
from numpy.typing import NDArray
from safetensors.numpy import save_file

from models.convert import base_gguf
from models.errors import BadInput, JobFailed
from models.events import Finished, result_of
from models.library import embedded_gguf, resolve_base
from models.merge import merge_adapter
from models.quantisations import QUANTS
from models.quantize import quantize
from models.tokens import opened
from tests.models.tiny_models import save_tiny_model

VALUE = "base_model.model.model.layers.1.self_attn.v_proj"


@pytest.fixture(scope="module")
def source(embedded_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-layer model in 16-bit floats, with rows of 256 weights: every type can be as named."""
    folder = tmp_path_factory.mktemp("tiny")
    sizes = {"hidden_size": 256, "intermediate_size": 256}
    save_tiny_model("mistral", folder / "mistral", embedded_folder, **sizes)
    base = resolve_base(str(folder / "mistral"))
    return Path(str(result_of(base_gguf(base, folder / "cache"))["gguf"]))


def weights(gguf: Path) -> dict[str, NDArray[np.float32]]:
    return {
        tensor.name: np.asarray(dequantize(tensor.data, tensor.tensor_type), np.float32)
        for tensor in GGUFReader(gguf).tensors
    }


@pytest.mark.parametrize("quant", [quant for quant in QUANTS if quant != "F16"])
def test_a_quantised_file_is_smaller_and_llama_cpp_opens_it(
    source: Path, tmp_path: Path, quant: str
) -> None:
    ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{quant}")
    out = tmp_path / "small.gguf"
    events = list(quantize(source, out, quant))
    assert events[-1] == Finished({"gguf": str(out), "size_bytes": out.stat().st_size})
    assert out.stat().st_size < 0.8 * source.stat().st_size
    assert GGUFReader(out).fields["general.file_type"].contents() == ftype
    with opened(out) as llama:
        assert next(llama.generate([1, 5, 9], temp=0.0)) < llama.n_vocab()


@pytest.mark.parametrize("quant", list(QUANTS))
def test_an_adapter_is_merged_into_a_base_of_any_type(
    source: Path, tmp_path: Path, quant: str
) -> None:
    """Rank 1, alpha 1: B @ A adds 2 · 3 = 6 to the weight in row 4, column 5."""
    result_of(quantize(source, tmp_path / "base.gguf", quant))
    a, b = np.zeros((1, 256), np.float32), np.zeros((64, 1), np.float32)
    a[0, 5], b[4, 0] = 3, 2
    adapter = {f"{VALUE}.lora_A.weight": a, f"{VALUE}.lora_B.weight": b}
    save_file(adapter, tmp_path / "adapter_model.safetensors")
    settings = {"peft_type": "LORA", "r": 1, "lora_alpha": 1, "bias": "none"}
    (tmp_path / "adapter_config.json").write_text(json.dumps(settings))
    result_of(merge_adapter(tmp_path / "base.gguf", tmp_path, tmp_path / "merged.gguf"))
    expected = weights(tmp_path / "base.gguf")
    expected["blk.1.attn_v.weight"][4, 5] += 6
    for name, merged in weights(tmp_path / "merged.gguf").items():
        rounded = expected[name].astype(np.float16 if merged.ndim > 1 else np.float32)
        assert np.array_equal(merged, rounded.astype(np.float32)), name


def test_f16_is_the_same_file_under_another_name(source: Path, tmp_path: Path) -> None:
    result_of(quantize(source, tmp_path / "same.gguf", "F16"))
    assert (tmp_path / "same.gguf").read_bytes() == source.read_bytes()


def test_an_unknown_type_is_refused_with_those_on_offer(source: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"'Q3'.*Q4_K_M, Q5_K_M, Q6_K, Q8_0, Q4_0, IQ4_XS, F16"):
        result_of(quantize(source, tmp_path / "small.gguf", "Q3"))


def test_a_source_that_is_quantised_already_fails_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(JobFailed, match="could not quantise"):
        result_of(quantize(embedded_gguf(), tmp_path / "small.gguf", "Q8_0"))
    assert not list(tmp_path.iterdir())


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no GGUF to quantise at .*missing\.gguf"):
        result_of(quantize(tmp_path / "missing.gguf", tmp_path / "small.gguf"))
