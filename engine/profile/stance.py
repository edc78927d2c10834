"""The trained judge of stance, read from stance.safetensors: an adapter for the encoder and a class
for each side of each trait. Numpy only, no training: that is tools/train_stance.py.

MiniLM as it comes hardly tells a sentence from its contrary. Adapted by low-rank updates on some
eight thousand sentences of ours, for and against each statement and facet and on nothing of the
kind, it does so well enough to be asked where it is sure.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from models.errors import UserError

FILE = "stance.safetensors"

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class StanceHead:
    """The trained parts, in memory."""

    about: Mapping[str, object]
    """Where it came from, and what was measured on sentences held out of the training."""
    adapter: Mapping[str, Floats]
    """Low-rank updates for `Encoder.adapted`, by the layer's name with `.a` (R, in) or `.b`."""
    scaling: float
    traits: tuple[str, ...]
    """Statements and facets, T of them."""
    classes: Floats
    """(2 T + 1, 384), each of length 1: agreeing and disagreeing by turns, nothing last."""
    sharpness: float
    """What cosines are multiplied by."""
    bias: float
    """Added to the logit of nothing."""
    least_chance: float
    """The probability of a class below which nothing is said."""

    def probabilities(self, vectors: Floats) -> Floats:
        """The chance of each class for each text.

        Args:
            vectors: float32 (N, 384), of the adapted encoder.

        Returns:
            float32 (N, 2 T + 1), rows summing to 1.
        """
        logits = self.sharpness * (vectors @ self.classes.T)
        logits[:, -1] += self.bias
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)

    def trait_and_pole(self, column: int) -> tuple[str, int] | None:
        """What a class stands for; None for nothing."""
        if column == len(self.classes) - 1:
            return None
        return self.traits[column // 2], 1 if column % 2 == 0 else -1


@cache
def stance_head() -> StanceHead:
    """The judge that is shipped.

    Raises:
        UserError: the file is missing or broken.
    """
    try:
        with as_file(files(__package__) / FILE) as path, safe_open(path, framework="numpy") as file:
            about = json.loads(file.metadata()["about"])
            tensors = {
                name: np.asarray(file.get_tensor(name), dtype=np.float32)
                for name in tuple(file.keys())
            }
        return StanceHead(
            about=about,
            adapter={
                name.removeprefix("adapter."): tensors[name]
                for name in tensors
                if name.startswith("adapter.")
            },
            scaling=float(about["scaling"]),
            traits=tuple(about["traits"]),
            classes=tensors["classes"],
            sharpness=float(about["sharpness"]),
            bias=float(about["bias"]),
            least_chance=float(about["least chance"]),
        )
    except Exception as error:
        # safetensors raises an error class of its own, which it does not export with types.
        raise UserError(
            f"The trained judge of stance ({FILE}) cannot be read: {error}.",
            "Install Persona Studio again, or run `python -m tools.train_stance`.",
        ) from error
