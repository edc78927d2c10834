"""The meter: values that a text draws on more than is usual, beside what its reader values."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from engine import desk
from engine.bank import angles
from engine.domain import Description
from engine.meter import (
    EXPRESSED,
    OF_THE_BOOK,
    Usual,
    expressed,
    readings,
    told_of_itself,
    usual_of_descriptions,
)
from engine.nearness import nearness
from engine.pairs.descriptions import ANGLES
from engine.preview import Bench
from engine.profile.heads import heads
from engine.profile.sentences import sentences
from models.chat import Sampling
from models.errors import BadInput
from tests.engine.conftest import WHEN, a_profile, fill, known

CARE, POWER = "benevolence_caring", "power_dominance"
TEXT = "She feeds the strangers at her door. He counts his horses."


def logits(**above: float) -> dict[str, float]:
    """A sentence that is so many spreads above the usual, and usual elsewhere."""
    return {
        name: norm.middle + above.get(name, 0.0) * norm.spread
        for name, norm in usual_of_descriptions().items()
    }


def facts() -> list[dict[str, float]]:
    """A book whose facts are as those of all books."""
    return [{name: norm.of_facts for name, norm in usual_of_descriptions().items()}]


def test_a_value_counts_from_the_threshold_on_in_the_mean_of_the_sentences() -> None:
    """2.0 and 0.0 spreads are 1.0 in the mean; 1.0 and 0.0 are 0.5."""
    usual = {"care": Usual(-1.0, 2.0, 0.0), "power": Usual(1.0, 0.5, 1.0)}
    text = [{"care": 3.0, "power": 1.5}, {"care": -1.0, "power": 1.0}]
    (found,) = expressed(text, [{"care": 0.0, "power": 1.0}], usual)
    assert (found.value, found.strength, found.sentence) == ("care", 1.0, 0)
    assert 0.5 < EXPRESSED < 1.0


def test_what_the_books_own_facts_draw_on_is_taken_off_by_half() -> None:
    """1.0 spreads in the text, less half of 1.0 in the facts, is 0.5: below the threshold."""
    usual = {"power": Usual(0.0, 1.0, 0.0)}
    assert expressed([{"power": 1.0}], [{"power": 0.0}], usual)
    assert expressed([{"power": 1.0}], [{"power": 1.0}], usual) == []
    assert OF_THE_BOOK == 0.5
    assert expressed([], [{"power": 1.0}], usual) == []


@pytest.mark.parametrize(
    ("score", "stand"), [(0.6, "with"), (-0.6, "against"), (0.1, "unknown"), (None, "unknown")]
)
def test_a_value_stands_with_or_against_what_the_reader_values(
    score: float | None, stand: str
) -> None:
    trait = known(f"schwartz.{CARE}", score) if score is not None else known("ocean.openness", 1)
    of_text = [logits(**{CARE: 3.0}), logits()]
    (found,) = readings(a_profile(trait), TEXT, of_text, facts())
    assert (found.trait_id, found.stand) == (f"schwartz.{CARE}", stand)
    assert found.carrier.quote == "She feeds the strangers at her door."
    assert TEXT[found.carrier.start : found.carrier.end] == found.carrier.quote


def test_the_strongest_value_comes_first_and_none_that_is_not_schwartzs() -> None:
    text = [logits(**{POWER: 1.0, CARE: 2.0, "universalism_objectivity": 5.0})]
    found = readings(a_profile(), "He counts his horses.", text, facts())
    assert [one.trait_id for one in found] == [f"schwartz.{CARE}", f"schwartz.{POWER}"]


def test_the_table_names_every_head_and_tells_how_far_it_can_be_trusted() -> None:
    assert usual_of_descriptions().keys() == {*heads().values}
    told = told_of_itself("How far it agrees is not known.")
    assert "An instrument, not a judge: of 256 values that it named in 240" in told
    assert "How far it agrees is not known." in told


def test_the_real_heads_tell_two_angles_of_one_book_apart(tmp_path: Path) -> None:
    """A book told for its care and for its ambition, by the encoder in its child."""
    care, ambition = ("self_transcendence", "self_enhancement")
    book = next(iter(angles()))

    async def read() -> dict[str, list[dict[str, float]]]:
        async with nearness(tmp_path) as child:
            assert await child.values([]) == []
            quotes = {
                angle: [span.quote for span in sentences(angles()[book][angle])]
                for angle in (care, ambition)
            }
            return {angle: await child.values(some) for angle, some in quotes.items()}

    rows = asyncio.run(read())

    def leaning(angle: str) -> float:
        def mean(values: tuple[str, ...]) -> float:
            return sum(row[value] for row in rows[angle] for value in values) / len(values)

        return (mean(ANGLES[care]) - mean(ANGLES[ambition])) / len(rows[angle])

    assert leaning(care) > leaning(ambition)


async def test_the_bench_reads_a_kept_text_against_its_book_and_names_a_book_that_is_gone(
    data_dir: Path,
) -> None:
    fill(data_dir, a_profile(known(f"schwartz.{CARE}", 0.8)))
    book = desk.books(data_dir)[0]
    kept = Description(
        reader_id="ann",
        book_id=book.id,
        pane_id="base",
        model_name="m",
        model_sha256="",
        with_card=True,
        near=(),
        sampling=Sampling(),
        prompt_sha256="",
        text="She nurses the sick and feeds the poor. Her friends help her care for the orphans.",
        made_at=WHEN,
        stopped="end",
    )
    async with Bench(data_dir) as bench:
        found = await bench.meter(kept)
        assert f"schwartz.{CARE}" in [one.trait_id for one in found if one.stand == "with"]
        with pytest.raises(BadInput, match="No book 'gone'"):
            await bench.meter(replace(kept, book_id="gone"))
