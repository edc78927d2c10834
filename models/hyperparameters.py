"""A model's config.json as the metadata of a GGUF: sizes, rotary embedding, attention windows.

The keys and their values are those of llama.cpp's converter (conversion/base.py and the family's
own file there). What llama.cpp takes for granted of a family is checked here, and refused where a
model differs.
"""

import math
from collections.abc import Mapping

import numpy as np
from gguf import GGUFWriter, RopeScalingType
from numpy.typing import NDArray
from transformers import PretrainedConfig

from models.errors import BadInput
from models.gguf_file import MOSTLY_F16

Rope = Mapping[str, object]
"""The settings of a rotary embedding, as transformers' `rope_parameters` has them."""
_ROTATIONS = ("default", "linear", "llama3", "longrope")
_SLIDING_PERIOD = {"gemma2": 2, "gemma3_text": 6}
"""Of so many layers the last attends to everything, the others to a window (llama-model.cpp)."""
_SCALED_BY_WIDTH = {"gemma2": 46, "gemma3_text": 62}
"""Gemma 27B, told by its number of layers, scales attention by hidden size / heads; all others by
the size of a head (llama-model.cpp)."""


def add_hyperparameters(writer: GGUFWriter, config: PretrainedConfig, name: str) -> None:
    """Write what llama.cpp has to know to compute the model.

    Raises:
        BadInput: llama.cpp would compute another model than transformers does.
    """
    _check_attention(config, name)
    rope = _rope(config)
    writer.add_type("model")
    writer.add_name(_told_name(config, name))
    writer.add_file_type(MOSTLY_F16)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head_size(config))
    writer.add_value_length(head_size(config))
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_rope_freq_base(_number(rope, "rope_theta"))
    writer.add_rope_dimension_count(_rotated_size(config))
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(_number(rope, "factor"))
    if config.model_type in ("gemma2", "gemma3_text"):
        _add_gemma(writer, config)
    if config.model_type == "phi3":
        _add_phi3(writer, config)


def rotations(config: PretrainedConfig) -> dict[str, NDArray[np.float32]]:
    """The tables of the rotary embedding that stand among the tensors, by their name there."""
    rope = _rope(config)
    if rope["rope_type"] == "llama3":
        return {"rope_freqs.weight": _llama3_factors(config, rope)}
    if rope["rope_type"] == "longrope":
        return {
            f"rope_factors_{length}.weight": np.asarray(rope[f"{length}_factor"], np.float32)
            for length in ("long", "short")
        }
    return {}


def head_size(config: PretrainedConfig) -> int:
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return int(size)


def _rotated_size(config: PretrainedConfig) -> int:
    """Of a head, how many numbers are rotated."""
    share = _rope(config).get("partial_rotary_factor")
    return int(head_size(config) * share) if isinstance(share, float) else head_size(config)


def _rope(config: PretrainedConfig) -> Rope:
    """Of the layers that attend to everything, where a model has two.

    Raises:
        BadInput: it is of a kind that is not converted.
    """
    told = config.rope_parameters
    rope: Rope = told.get("full_attention", told)
    if rope["rope_type"] not in _ROTATIONS:
        raise BadInput(
            f"The model's rotary embedding is of the type {rope['rope_type']!r}, which is not "
            "converted.",
            "Name a GGUF of it instead.",
        )
    return rope


def _llama3_factors(config: PretrainedConfig, rope: Rope) -> NDArray[np.float32]:
    """Llama 3's frequency factors, float32 (head size / 2,).

    The formula is transformers' `_compute_llama3_parameters`, as a divisor of each frequency.
    """
    size = head_size(config)
    theta = _number(rope, "rope_theta")
    frequencies = theta ** (-np.arange(0, size, 2, dtype=np.float64) / size)
    turns = _number(rope, "original_max_position_embeddings") * frequencies / (2 * math.pi)
    low, high = _number(rope, "low_freq_factor"), _number(rope, "high_freq_factor")
    smooth = np.clip((turns - low) / (high - low), 0, 1)
    factors = 1 / ((1 - smooth) / _number(rope, "factor") + smooth)
    return np.asarray(factors, dtype=np.float32)


def _add_gemma(writer: GGUFWriter, config: PretrainedConfig) -> None:
    writer.add_sliding_window(config.sliding_window)
    if config.attn_logit_softcapping:
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
    if config.final_logit_softcapping:
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
    if "sliding_attention" in config.rope_parameters:
        writer.add_rope_freq_base_swa(config.rope_parameters["sliding_attention"]["rope_theta"])


def _add_phi3(writer: GGUFWriter, config: PretrainedConfig) -> None:
    rope, longest = _rope(config), config.max_position_embeddings
    trained = int(_number(rope, "original_max_position_embeddings", longest))
    writer.add_rope_scaling_orig_ctx_len(trained)
    # llama.cpp tells Phi-4, which has no window, from Phi-3 by a window of 0.
    writer.add_sliding_window(config.sliding_window or 0)
    if rope["rope_type"] == "longrope":
        factor = math.sqrt(1 + math.log(longest / trained) / math.log(trained))
        writer.add_rope_scaling_attn_factors(factor if longest > trained else 1.0)


def _check_attention(config: PretrainedConfig, name: str) -> None:
    period = _SLIDING_PERIOD.get(config.model_type)
    if period is None:
        return
    layers = range(1, config.num_hidden_layers + 1)
    usual = ["sliding_attention" if n % period else "full_attention" for n in layers]
    wide = config.num_hidden_layers == _SCALED_BY_WIDTH[config.model_type]
    scale = config.hidden_size // config.num_attention_heads if wide else head_size(config)
    if config.layer_types != usual or config.query_pre_attn_scalar != scale:
        raise BadInput(
            f"{name} attends in another way than the {config.model_type} models that llama.cpp "
            "knows.",
            "Name a GGUF of it instead.",
        )


def _told_name(config: PretrainedConfig, name: str) -> str:
    """llama.cpp knows by a Phi-3's name that its special tokens swallow the space after them."""
    is_known = any(part in name.lower() for part in ("phi-3", "phi3"))
    return name if config.model_type != "phi3" or is_known else f"{name} (phi-3)"


def _number(rope: Rope, key: str, otherwise: float | None = None) -> float:
    value = rope.get(key, otherwise)
    if not isinstance(value, int | float):
        raise BadInput(
            f"The model's config.json gives its rotary embedding no {key}.", "Fetch it again."
        )
    return float(value)
