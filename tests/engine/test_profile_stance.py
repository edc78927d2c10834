"""The trained judge of stance: the file that is shipped, the adapted encoder, the windows."""

from importlib.resources import files

import numpy as np
import pytest

from engine.domain import Review
from engine.frameworks import all_dimensions, all_statements
from engine.profile.embedded_windows import Window, stances, windows
from engine.profile.sentences import Span
from engine.profile.stance import FILE, stance_head
from models.encoder import Encoder
from models.library import embedded_encoder
from tools.stance_data import split
from tools.train_stance import threshold


@pytest.fixture(scope="module")
def adapted() -> Encoder:
    trained = stance_head()
    return Encoder.load(embedded_encoder()).adapted(trained.adapter, trained.scaling)


def test_the_file_is_small_and_has_a_class_for_each_side_of_each_trait() -> None:
    assert len((files("engine.profile") / FILE).read_bytes()) < 3_000_000
    facets = {scale.id for scale in all_dimensions().values() if scale.parent}
    trained = stance_head()
    assert set(trained.traits) == facets | set(all_statements())
    assert trained.classes.shape == (2 * len(trained.traits) + 1, 384)
    assert trained.trait_and_pole(len(trained.classes) - 1) is None


def test_the_wording_of_both_sides_of_most_statements_is_told_apart(adapted: Encoder) -> None:
    """It was trained on them, so this is its memory; a broken file would be at a half."""
    trained = stance_head()
    statements = list(all_statements().values())
    texts = [text for item in statements for text in (item.text, item.opposite)]
    chances = trained.probabilities(adapted.embed(texts))
    assert np.allclose(chances.sum(axis=1), 1, atol=1e-4)
    right = 0
    for number, item in enumerate(statements):
        column = 2 * trained.traits.index(item.id)
        right += int(chances[2 * number, column] > chances[2 * number, column + 1])
        right += int(chances[2 * number + 1, column] < chances[2 * number + 1, column + 1])
    assert right > 0.8 * len(texts)


def test_adapting_changes_a_copy_and_leaves_the_encoder_as_it_was(adapted: Encoder) -> None:
    encoder = Encoder.load(embedded_encoder())
    before = encoder.embed(["A quiet street."])
    encoder.adapted(stance_head().adapter, stance_head().scaling)
    assert np.array_equal(encoder.embed(["A quiet street."]), before)
    assert not np.allclose(adapted.embed(["A quiet street."]), before, atol=0.01)


def test_sentences_and_pairs_of_neighbours_are_read_where_the_writer_is_in_them() -> None:
    text = "She sold the old farm. Good for her, I say. “I will never go back,” he said. Fine."
    quotes = [window.span.quote for window in windows(Review("r", "a", "b", text))]
    assert quotes == ["Good for her, I say.", "She sold the old farm. Good for her, I say."]


def test_every_window_stands_where_it_says() -> None:
    text = "  I always pay my debts.   My brother never pays his.\nSo I lent him nothing more."
    for window in windows(Review("r", "a", "b", text)):
        assert text[window.span.start : window.span.end] == window.span.quote


def test_of_windows_that_overlap_the_surest_counts() -> None:
    """The vectors are those of the two sides themselves, so both are as sure as can be."""
    trained = stance_head()
    first, second = trained.classes[0], trained.classes[3]
    read = [
        Window("r", Span(0, 10, "x" * 10)),
        Window("r", Span(5, 20, "x" * 15)),
        Window("r", Span(30, 40, "x" * 10)),
    ]
    mixed = 0.8 * first + 0.2 * second
    vectors = np.stack([first, mixed / np.linalg.norm(mixed), second]).astype(np.float32)
    found = stances(read, vectors)
    assert {(one.trait_id, one.span.start, one.stance > 0) for one in found} == {
        (trained.traits[0], 0, True),
        (trained.traits[1], 30, False),
    }


def test_pairs_that_share_a_scene_are_held_out_as_a_whole() -> None:
    train, held = split()
    pairs = {(one.trait, one.source, one.number) for one in held}
    assert not pairs & {(one.trait, one.source, one.number) for one in train}
    assert 0.08 < len(held) / (len(train) + len(held)) < 0.16


CHANCES_OF_SEVEN = np.array(
    [
        [0.9, 0.05, 0.05],
        [0.6, 0.2, 0.2],
        [0.1, 0.8, 0.1],
        [0.47, 0.3, 0.23],
        [0.3, 0.47, 0.23],
        [0.69, 0.2, 0.11],
        [0.2, 0.2, 0.6],
    ],
    dtype=np.float32,
)
TRUTH_OF_SEVEN = np.array([0, 0, 1, 1, 0, 2, 0])


def test_the_threshold_is_the_least_at_which_enough_sides_are_right() -> None:
    """Classes: for, against, nothing. At 0.45 three are right and two flipped, at 0.5 none is.

    A sentence without a side of which something is said counts beside.
    """
    least, told = threshold(CHANCES_OF_SEVEN, TRUTH_OF_SEVEN, everyday=np.zeros(7, dtype=bool))
    assert least == pytest.approx(0.5)
    chosen = told["chosen"]
    assert isinstance(chosen, dict)
    assert chosen["own trait, right side"] == 3
    assert chosen["said of those"] == 1


def test_the_threshold_rises_until_little_is_made_of_everyday_talk() -> None:
    """The sentence without a side, of which 0.69 is said, is everyday talk."""
    least, told = threshold(CHANCES_OF_SEVEN, TRUTH_OF_SEVEN, everyday=TRUTH_OF_SEVEN == 2)
    assert least == pytest.approx(0.7)
    chosen = told["chosen"]
    assert isinstance(chosen, dict)
    assert chosen["said of everyday talk"] == 0
