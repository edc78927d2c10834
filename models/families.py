"""The families of models that are merged and converted, and how llama.cpp's files of them differ.

What is not here is the same in both: a tensor under another name (`gguf.get_tensor_name_map`).
"""

from dataclasses import dataclass

import numpy as np
from gguf import MODEL_ARCH, MODEL_ARCH_NAMES
from numpy.typing import NDArray

from models.errors import BadInput
from models.gguf_file import GgufFile, number_field, text_field

HEADS = {"attn_q": "attention.head_count", "attn_k": "attention.head_count_kv"}
"""Tensor of a block → llama.cpp's key for how many heads its rows make."""


@dataclass(frozen=True)
class Family:
    """What llama.cpp's converter does to the weights of one family."""

    architecture: MODEL_ARCH
    rows_are_reordered: bool = False
    """Those of query and key, from the halves that transformers rotates against each other to
    pairs that lie side by side (`LlamaModel.permute` of llama.cpp's conversion/llama.py)."""
    added_to_norms: float = 0.0
    """transformers' Gemma multiplies by 1 + weight; llama.cpp's file has the sum."""

    @property
    def name(self) -> str:
        return MODEL_ARCH_NAMES[self.architecture]


FAMILIES = {
    "llama": Family(MODEL_ARCH.LLAMA, rows_are_reordered=True),
    "mistral": Family(MODEL_ARCH.LLAMA, rows_are_reordered=True),
    "qwen2": Family(MODEL_ARCH.QWEN2),
    "qwen3": Family(MODEL_ARCH.QWEN3),
    "gemma": Family(MODEL_ARCH.GEMMA, added_to_norms=1.0),
    "gemma2": Family(MODEL_ARCH.GEMMA2, added_to_norms=1.0),
    "gemma3_text": Family(MODEL_ARCH.GEMMA3, added_to_norms=1.0),
    "phi3": Family(MODEL_ARCH.PHI3),
}
"""transformers' `model_type` → the family."""


def family_of(base: GgufFile) -> Family:
    """The family of a GGUF.

    Raises:
        BadInput: it is none of those served, or a mixture of experts.
    """
    architecture = text_field(base, "general.architecture") or ""
    family = next((it for it in FAMILIES.values() if it.name == architecture), None)
    if family is None or number_field(base, f"{architecture}.expert_count"):
        served = sorted({it.name for it in FAMILIES.values()})
        raise BadInput(
            f"{base.path.name} is a model of the architecture {architecture!r}, which cannot be "
            "merged.",
            f"Served are the dense models of {', '.join(served)}.",
        )
    return family


def reordered(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Reorder rows (heads · d, …) from transformers' halves to llama.cpp's interleaved pairs."""
    halves = rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:])
    return halves.swapaxes(1, 2).reshape(rows.shape)


def heads_of(name: str) -> str | None:
    """llama.cpp's key for how many heads a tensor's rows make; None if they are no heads'."""
    return HEADS.get(name.split(".")[-2])
