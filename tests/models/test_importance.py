"""The importance matrix: what torch sees go into each layer, and what it does to the rounding."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFReader
from gguf.quants import dequantize

from models.convert import base_gguf
from models.events import Finished, result_of
from models.importance import measure_importance, read_importance
from models.library import resolve_base
from models.quantize import quantize
from models.torch_base import load_base

TinyFolder = Callable[[str, Path], Path]

TEXTS = [[5, 9, 70, 33, 128, 41], [7, 7, 300, 12]]
MODULES = {
    "attn_q": "self_attn.q_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def tensor(gguf: Path, name: str) -> np.ndarray:
    found = next(it for it in GGUFReader(gguf).tensors if it.name == name)
    return dequantize(found.data, found.tensor_type)


def test_a_column_counts_as_the_mean_square_of_what_torch_multiplies_it_with(
    tiny_folder: TinyFolder, tmp_path: Path
) -> None:
    base = resolve_base(str(tiny_folder("qwen3", tmp_path / "qwen3")))
    gguf = Path(str(result_of(base_gguf(base, tmp_path / "cache"))["gguf"]))
    *_, last = measure_importance(gguf, TEXTS, tmp_path / "importance.safetensors")
    assert isinstance(last, Finished)
    assert (last.result["texts"], last.result["tokens"]) == (2, 10)
    found = read_importance(tmp_path / "importance.safetensors")
    assert len(found) == 2 * 7, "every matrix of both blocks"

    model, _ = load_base(base, tmp_path / "cache", torch.float32)
    read: dict[str, list[torch.Tensor]] = {}
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear):
            module.register_forward_pre_hook(
                lambda _, given, name=name: read.setdefault(name, []).append(given[0][0])
            )
    with torch.no_grad():
        for ids in TEXTS:
            model(torch.tensor([ids]))
    for part, module_name in MODULES.items():
        for layer in range(2):
            by_torch = torch.cat(read[f"model.layers.{layer}.{module_name}"]).square().mean(0)
            ours = found[f"blk.{layer}.{part}.weight"]
            assert np.allclose(ours, by_torch.numpy(), rtol=0.03, atol=1e-3), (layer, part)


def test_columns_that_count_are_rounded_less(tiny_folder: TinyFolder, tmp_path: Path) -> None:
    """One column of each 32 counts a million times as much as the others."""
    base = resolve_base(str(tiny_folder("llama", tmp_path / "llama")))
    gguf = Path(str(result_of(base_gguf(base, tmp_path / "cache"))["gguf"]))
    name = "blk.0.ffn_up.weight"
    counts = np.ones(64, np.float32)
    counts[::32] = 1e6
    for out, importance in (("plain", None), ("by-importance", {name: counts})):
        result_of(quantize(gguf, tmp_path / f"{out}.gguf", "Q4_0", importance))
    exact = tensor(gguf, name)
    plain, better = (
        np.abs(tensor(tmp_path / f"{out}.gguf", name) - exact)[:, ::32].mean()
        for out in ("plain", "by-importance")
    )
    assert better < 0.7 * plain
