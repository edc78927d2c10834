"""What was trained for the embedded judge, read from heads.safetensors. Numpy only, no training.

`tools/train_heads.py` writes the file: value heads from the arguments of Touché23-ValueEval, our
own example sentences as vectors, and the weights that engine/profile/embedded_stance.py uses.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from engine.profile.embedded_stance import Examples, Floats
from models.errors import UserError

FILE = "heads.safetensors"


@dataclass(frozen=True)
class Heads:
    """The trained parts, in memory."""

    about: Mapping[str, object]
    """Where it came from: sources with their licences, settings, and the measured macro-F1."""
    values: tuple[str, ...]
    """The 20 values of ValueEval, by the names of our dimensions (`achievement`)."""
    value_weights: Floats
    """(3 * 384, 20), on the three layers of `Encoder.embed_layers` side by side."""
    value_bias: Floats
    """(20,); a logit above 0 says that the text draws on the value."""
    traits: tuple[str, ...]
    """Statements and facets, T of them."""
    examples: Examples
    """Sentences that speak for or against a trait, or say nothing of their writer."""
    side_weights: Floats
    """(S,) on `Closeness.side`."""
    least_side: float
    """The logit of the side below which the judge says nothing."""

    def value_logits(self, layers: Floats) -> Floats:
        """How strongly each text draws on each value.

        Args:
            layers: float32 (N, 3, 384), of `Encoder.embed_layers`.

        Returns:
            float32 (N, 20), above 0 where a value is drawn on.
        """
        return layers.reshape(len(layers), -1) @ self.value_weights + self.value_bias


@cache
def heads() -> Heads:
    """The heads that are shipped.

    Raises:
        UserError: the file is missing or broken.
    """
    try:
        with as_file(files(__package__) / FILE) as path, safe_open(path, framework="numpy") as file:
            about = json.loads(file.metadata()["about"])
            tensors = {name: file.get_tensor(name) for name in tuple(file.keys())}
        return _heads(about, tensors)
    except Exception as error:
        # safetensors raises an error class of its own, which it does not export with types.
        raise UserError(
            f"The trained heads of the embedded judge ({FILE}) cannot be read: {error}.",
            "Install Persona Studio again, or run `python -m tools.train_heads`.",
        ) from error


def _heads(about: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> Heads:
    traits = tuple(map(str, about["traits"]))
    return Heads(
        about=about,
        values=tuple(map(str, about["values"])),
        value_weights=tensors["value_weights"],
        value_bias=tensors["value_bias"],
        traits=traits,
        examples=Examples(
            vectors=tensors["examples"].astype(np.float32),
            rows=tensors["example_rows"].astype(np.int64),
            turned=tensors["turned"].astype(bool),
            values=tensors["example_values"].astype(np.float32),
            neutral=tensors["neutral"].astype(np.float32),
        ),
        side_weights=tensors["side_weights"],
        least_side=float(tensors["least_side"][0]),
    )
