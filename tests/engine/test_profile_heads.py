"""The trained heads that are shipped, and the small tools that trained them."""

from importlib.resources import files

import numpy as np
import pytest

from engine.profile.heads import FILE, heads
from models.encoder import LAYERS, WIDTH, Encoder
from tools.logistic import fitted
from tools.train_heads import macro_f1


def test_the_file_is_small_and_says_where_it_came_from() -> None:
    size = len((files("engine.profile") / FILE).read_bytes())
    assert size < 3_000_000
    assert "CC BY 4.0" in str(heads().about["value heads"])


def test_the_last_of_the_layers_is_the_embedding(encoder: Encoder) -> None:
    layers = encoder.embed_layers(["A quiet street.", "Two dogs, one bone."])
    assert layers.shape == (2, len(LAYERS), WIDTH)
    assert np.allclose(np.linalg.norm(layers, axis=-1), 1, atol=1e-5)
    assert np.array_equal(layers[:, -1], encoder.embed(["A quiet street.", "Two dogs, one bone."]))


@pytest.mark.parametrize(
    ("premise", "value"),
    [
        ("we must protect the forests and rivers because nature is dying", "universalism_nature"),
        ("children should keep the customs and religion of their ancestors", "tradition"),
        ("everyone should be free to choose what to think", "self_direction_thought"),
    ],
)
def test_a_plain_argument_draws_on_its_value(encoder: Encoder, premise: str, value: str) -> None:
    trained = heads()
    logits = trained.value_logits(encoder.embed_layers([premise]))[0]
    assert logits[trained.values.index(value)] > 0


def test_macro_f1_is_the_mean_over_the_columns() -> None:
    """Column one: 1 hit, 1 false alarm, 0 missed: F1 2/3. Column two: 1 hit of 2: F1 2/3.

    Column three: never found, once true: 0. Mean: 4/9.
    """
    logits = np.array([[1, 1, -1], [1, -1, -1]], dtype=np.float32)
    labels = np.array([[1, 1, 1], [0, 1, 0]], dtype=np.float32)
    assert macro_f1(logits, labels) == pytest.approx(4 / 9)


def test_a_regression_without_bias_fed_both_ways_favours_neither_side() -> None:
    inputs = np.array([[1.0, 0.2], [0.5, -0.3]], dtype=np.float32)
    both = np.concatenate([inputs, -inputs])
    truth = np.array([[1], [1], [0], [0]], dtype=np.float32)
    weights, bias = fitted(both, truth, 0.1, with_bias=False)
    assert bias[0] == 0
    assert ((inputs @ weights) > 0).all()
    again, _ = fitted(both, truth, 0.1, with_bias=False)
    assert np.array_equal(weights, again)
