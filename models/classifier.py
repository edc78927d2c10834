"""Sequence classifiers of the Hugging Face kind: texts to a probability for each label.

Heavy: imported by child processes only. Code that comes with a model is never run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from logging import ERROR

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers.modeling_utils import PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase
from transformers.utils import logging

from models.errors import BadInput, UserError

BATCH = 8
MOST_TOKENS = 512
"""Where the model does not say how much it reads; the rest of a text is not seen."""


@dataclass(frozen=True)
class Classifier:
    """A classifier in memory."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    labels: tuple[str, ...]
    """As the model names them, by class."""

    @classmethod
    def load(cls, model_id: str, names: Sequence[str] = ()) -> "Classifier":
        """Read a classifier from a folder, or from the hub, which may mean a download.

        Args:
            model_id: a folder in the layout of Hugging Face, or a hub id.
            names: the labels by class, for a model that does not name them itself.

        Raises:
            UserError: it cannot be fetched or read, or is no classifier with a trained head.
            BadInput: it does not name its labels, or not as many as `names`.
        """
        logging.set_verbosity(ERROR)
        try:
            tokenizer = AutoTokenizer.from_pretrained(model_id, trust_remote_code=False)
            model, report = AutoModelForSequenceClassification.from_pretrained(
                model_id,
                trust_remote_code=False,
                dtype=torch.float32,
                output_loading_info=True,
            )
        except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
            raise UserError(
                f"The classifier {model_id} cannot be loaded: {_first_line(error)}.",
                "Check the id or folder, and that this machine may reach the hub; a model that "
                "was fetched once is read from the cache.",
            ) from error
        if report["missing_keys"]:
            raise UserError(
                f"{model_id} is no trained classifier: {min(report['missing_keys'])} is missing.",
                "Name a model that was trained for text classification.",
            )
        model.train(False)
        return cls(model, tokenizer, _labels(model_id, model.config.id2label, names))

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """What the model gives each label for each text: float32 (N, labels), rows sum to 1."""
        rows = [self._of_batch(texts[at : at + BATCH]) for at in range(0, len(texts), BATCH)]
        return np.concatenate(rows)

    @torch.inference_mode()
    def _of_batch(self, texts: Sequence[str]) -> NDArray[np.float32]:
        longest = min(self.tokenizer.model_max_length, self._positions, MOST_TOKENS)
        tokens = self.tokenizer(
            list(texts), truncation=True, max_length=longest, padding=True, return_tensors="pt"
        )
        logits = self.model(**tokens).logits  # (B, labels)
        probabilities: NDArray[np.float32] = logits.float().softmax(dim=-1).numpy()
        return probabilities

    @property
    def _positions(self) -> int:
        return int(getattr(self.model.config, "max_position_embeddings", None) or MOST_TOKENS)


def _labels(model_id: str, own: dict[int, str], names: Sequence[str]) -> tuple[str, ...]:
    if names and len(names) != len(own):
        raise BadInput(
            f"{model_id} has {len(own)} labels, and {len(names)} names were given.",
            "Name them in the order of its classes; its model card says which is which.",
        )
    labels = tuple(names) or tuple(own[number] for number in sorted(own))
    if labels[0].upper().startswith("LABEL_"):
        raise BadInput(
            f"{model_id} does not name its {len(labels)} labels.",
            "Name them in the order of its classes with --labels; its model card says which is "
            "which.",
        )
    return labels


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
