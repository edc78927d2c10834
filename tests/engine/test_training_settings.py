"""Settings as people read and write them: notes, typed values, what differs from the preset."""

from dataclasses import fields, replace

import pytest

from engine.train.config import PRESETS, TrainConfig
from engine.train.settings import differing, notes, told, value_of
from models.errors import BadInput


def test_a_note_is_the_line_under_its_field() -> None:
    assert notes()["lora_alpha"] == "The same."
    assert "GRAVITY" in notes()["beta"]
    assert notes()["learning_rate"].startswith("The size of each step.")


def test_every_note_belongs_to_a_setting() -> None:
    assert set(notes()) <= {field.name for field in fields(TrainConfig)}


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [("beta", "0.1", 0.1), ("epochs", "2", 2), ("loss", "ipo", "ipo"), ("beta", "1", 1.0)],
)
def test_a_typed_value_is_of_the_settings_kind(name: str, typed: str, value: object) -> None:
    assert value_of(name, typed) == value
    assert type(value_of(name, typed)) is type(value)


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("beta", "much", "The setting beta is a number, not 'much'."),
        ("beta", "nan", "The setting beta is a number, not 'nan'."),
        ("epochs", "1.5", "The setting epochs is a whole number, not '1.5'."),
        ("betta", "1", "No training setting 'betta'."),
    ],
)
def test_another_kind_of_value_is_refused(name: str, typed: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        value_of(name, typed)
    assert refused.value.message == says


def test_what_differs_from_the_preset_is_told_on_a_line() -> None:
    config = replace(PRESETS["standard"], beta=0.2, learning_rate=5e-5, base="some/model")
    assert told(differing(config)) == "beta 0.2, learning_rate 5e-05"
    assert differing(PRESETS["paper"]) == {}
