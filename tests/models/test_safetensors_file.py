"""Safetensors read without torch against torch's own numbers, and files that are refused."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from models.errors import BadInput
from models.safetensors_file import stored_tensors


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_rows_are_torch_s_own_numbers(dtype: torch.dtype, tmp_path: Path) -> None:
    torch.manual_seed(0)
    weights = {"matrix": torch.randn(7, 5).to(dtype), "vector": torch.randn(3).to(dtype)}
    save_file(weights, tmp_path / "model.safetensors")
    found = stored_tensors(tmp_path / "model.safetensors")
    for name, tensor in weights.items():
        expected = tensor.float().numpy().reshape(-1, tensor.shape[-1])
        assert np.array_equal(found[name].weights(), expected)
    middle = weights["matrix"][2:5].float().numpy()
    assert np.array_equal(found["matrix"].weights(2, 3), middle)


def test_numbers_of_another_kind_are_refused_when_they_are_read(tmp_path: Path) -> None:
    save_file({"ids": torch.arange(4)}, tmp_path / "model.safetensors")
    with pytest.raises(BadInput, match=r"ids in .* is stored as I64"):
        stored_tensors(tmp_path / "model.safetensors")["ids"].weights()


@pytest.mark.parametrize("kept_bytes", [0, 5, 40, 150])
def test_a_file_that_was_cut_off_is_refused(kept_bytes: int, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    save_file({"matrix": torch.ones(8, 8)}, file)
    file.write_bytes(file.read_bytes()[:kept_bytes])
    with pytest.raises(BadInput, match="not a whole safetensors file"):
        stored_tensors(file)
