"""What `bank check` measures: it sees what is wrong with a bad bank."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.bank import Scenario, scenarios
from engine.bank_check.contents import contents
from engine.bank_check.measure import Measure
from engine.bank_check.nearness import nearest_twins
from engine.bank_check.probes import fitted, left_out_margins, probes
from engine.bank_check.texts import names, negations, same_texts, shares_four_words
from models.encoder import Encoder


def test_sides_that_are_given_away_are_noticed(encoder: Encoder) -> None:
    """The same happy end on every aligned side: no statement is needed to tell it."""
    scenes = [
        replace(scene, aligned=f"{scene.aligned} Everybody laughed and was glad, warm and proud.")
        for scene in scenarios()[::6]
    ]
    found = {measure.name: measure for measure in probes(scenes, encoder.embed_layers)}
    assert not found["giveaway.meaning"].holds
    assert not found["giveaway.counts"].holds


def test_scenes_with_their_sides_at_random_teach_nothing(encoder: Encoder) -> None:
    chance = np.random.default_rng(0)
    plain = [scene for scene in scenarios() if scene.grade == "plain"][::2]
    mixed = [turned(scene) if chance.random() < 0.5 else scene for scene in plain]
    found = {measure.name: measure for measure in probes(mixed, encoder.embed_layers)}
    assert not found["learnable.plain"].holds


def turned(scene: Scenario) -> Scenario:
    return replace(scene, aligned=scene.opposed, opposed=scene.aligned)


def test_a_text_told_twice_is_named() -> None:
    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = {"a": [1, 0], "b": [0.6, 0.8], "almost a": [0.99, 0.141]}
        return np.array([[vectors[text]] * 3 for text in texts], dtype=np.float32)

    texts = {"one/aligned": "a", "one/opposed": "a", "two/aligned": "almost a", "three/x": "b"}
    found = nearest_twins(texts, embed)
    assert not found.holds
    assert found.worst == ("one/aligned = two/aligned", "one/opposed = two/aligned")
    assert nearest_twins({"one/a": "a", "one/b": "a", "two/a": "b"}, embed).holds


def test_the_probe_learns_a_direction_and_leaves_its_own_group_out() -> None:
    rows = np.array([[1.0, 0.2], [0.9, -0.1], [1.2, 0.0], [-1.0, 0.1]])
    assert (rows[:3] @ fitted(rows[:3]) > 0).all()
    margins = left_out_margins(rows, np.array(["a", "b", "c", "d"]))
    assert (margins > 0).tolist() == [True, True, True, False]


def test_texts_are_counted_and_compared() -> None:
    assert negations("No, he didn't, and nobody cannot.") == 4
    assert shares_four_words("He paid for his own way.", "She, too, paid for HIS OWN bread.")
    assert not shares_four_words("He paid for his own way.", "Paid for her own way.")
    assert same_texts({"a/x": "Come in!", "b/x": "come in", "c/x": "Go."}) == ["b/x = a/x"]
    assert names("On Monday she met Zawadi in Mombasa. Rain fell.") == {"Zawadi", "Mombasa"}


def test_a_measure_comes_back_from_json_as_it_was() -> None:
    measure = Measure("scenes.count", 3.0, "three", least=2, worst=("a", "b"))
    assert Measure.from_json(measure.as_json()) == measure


def test_contents_need_no_encoder() -> None:
    assert {measure.name for measure in contents()} >= {"scenes.ratio", "questions.ratio"}
