"""A LoRA adapter as peft saves it: `adapter_config.json` and `adapter_model.safetensors`.

Only plain LoRA is read: whatever else peft can put there would be lost in a merge, and is refused.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import BadInput
from models.safetensors_file import StoredTensor, stored_tensors

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"

_TENSOR = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<side>[AB])\.weight")
_PLAIN_STARTS = (True, False, "gaussian", "orthogonal", "eva")
"""`init_lora_weights` of peft that leave the base weights as they were (PiSSA, OLoRA, LoftQ and
CorDA do not: their adapter fits only the changed base)."""
_NOT_PLAIN = (
    *("use_dora", "modules_to_save", "lora_bias", "fan_in_fan_out", "rank_pattern"),
    *("alpha_pattern", "trainable_token_indices", "target_parameters", "layer_replication"),
    *("alora_invocation_tokens", "use_qalora", "use_bdlora", "arrow_config", "kasa_config"),
    *("velora_config", "monteclora_config"),
)
"""Options of peft's LoraConfig that make more of it than scale · B @ A, when they are set."""


@dataclass(frozen=True)
class Adapter:
    """A plain LoRA adapter on disk; its matrices are read one at a time."""

    path: Path
    """Of the safetensors file."""
    scale: float
    rank: int
    stored: Mapping[str, tuple[StoredTensor, StoredTensor]]
    """Module, as transformers names it (`model.layers.0.self_attn.q_proj`) → its A and B."""

    def matrices(self, module: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A of shape (r, in) and B of shape (out, r) of one module; their product is the update."""
        a, b = self.stored[module]
        return a.weights(), b.weights()


def open_adapter(folder: Path) -> Adapter:
    """Read an adapter's settings and the names of its matrices.

    Raises:
        BadInput: a file is missing or broken, or the adapter is more than plain LoRA.
    """
    config = _config(folder / CONFIG)
    _refuse_what_is_not_plain(config, folder / CONFIG)
    rank, alpha = config.get("r"), config.get("lora_alpha")
    if not isinstance(rank, int) or not isinstance(alpha, int | float) or rank < 1:
        raise BadInput(f"{folder / CONFIG} has no rank `r` and `lora_alpha`.", _TRAIN_AGAIN)
    scale = alpha / math.sqrt(rank) if config.get("use_rslora") else alpha / rank
    return Adapter(folder / WEIGHTS, scale, rank, _modules(folder / WEIGHTS))


_TRAIN_AGAIN = "Export a run that finished its training, or train again."


def _config(path: Path) -> Mapping[str, object]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadInput(f"There is no adapter at {path.parent}.", _TRAIN_AGAIN) from error
    except ValueError as error:
        raise BadInput(f"{path} is not JSON: {error}.", _TRAIN_AGAIN) from error
    if not isinstance(config, dict) or config.get("peft_type") != "LORA":
        raise BadInput(f"{path} does not describe a LoRA adapter.", _TRAIN_AGAIN)
    return config


def _refuse_what_is_not_plain(config: Mapping[str, object], path: Path) -> None:
    options = [name for name in _NOT_PLAIN if config.get(name)]
    if config.get("bias", "none") != "none":
        options.append("bias")
    if config.get("init_lora_weights", True) not in _PLAIN_STARTS:
        options.append("init_lora_weights")
    if options:
        chosen = ", ".join(f"{name}={config[name]!r}" for name in options)
        raise BadInput(
            f"{path} uses {chosen}, which cannot be merged into a GGUF.",
            "Only plain LoRA (and rsLoRA) is merged: train without it.",
        )


def _modules(path: Path) -> Mapping[str, tuple[StoredTensor, StoredTensor]]:
    sides: dict[str, dict[str, StoredTensor]] = {}
    for name, tensor in stored_tensors(path).items():
        match = _TENSOR.fullmatch(name)
        if match is None:
            raise BadInput(
                f"{path} holds {name!r}, which is no LoRA matrix of a linear layer.",
                "Train an adapter on the linear layers only, not on embeddings.",
            )
        sides.setdefault(match["module"], {})[match["side"]] = tensor
    halves = sorted(module for module, found in sides.items() if found.keys() != {"A", "B"})
    if halves or not sides:
        missing = f"one of its two matrices for {halves[0]}" if halves else "any LoRA matrix"
        raise BadInput(f"{path} lacks {missing}.", _TRAIN_AGAIN)
    return {module: (found["A"], found["B"]) for module, found in sides.items()}
