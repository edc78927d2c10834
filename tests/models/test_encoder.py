"""The sentence encoder, from its package."""

from pathlib import Path

import numpy as np
import pytest

from models.encoder import Encoder
from models.errors import UserError
from models.library import embedded_encoder


def test_vectors_have_unit_length_and_keep_the_order_of_the_texts() -> None:
    encoder = Encoder.load(embedded_encoder())
    texts = ["The cat sat on the mat for hours.", "Cats.", "Interest rates rose again.", ""]
    vectors = encoder.embed(texts)
    assert vectors.shape == (4, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    alone = encoder.embed([texts[1]])[0]
    assert vectors[1] == pytest.approx(alone, abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_nothing_to_embed_gives_no_rows() -> None:
    assert Encoder.load(embedded_encoder()).embed([]).shape == (0, 384)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        Encoder.load(tmp_path)
