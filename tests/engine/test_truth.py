"""What the truth check makes of log-probabilities: figures worked out by hand."""

from collections.abc import Sequence

import pytest

from engine.train.scoring import PairLogps
from engine.truth import (
    Kept,
    Seen,
    Standing,
    Trained,
    checked,
    figures,
    kept,
    not_the_trained,
    other_tokens,
    smallest,
    verdict,
)

BASE_MARGIN = -1.0
ANSWER = (5, 6, 7, 8)


def seen(effects: Sequence[float], answer: tuple[int, ...] = ANSWER) -> Seen:
    """A model that has raised the chosen answer of pair n by that much over the base's -21 nats;
    the rejected one stays at -20."""
    chosen = [-20 + BASE_MARGIN + effect for effect in effects]
    return Seen({f"p{n:02}": PairLogps(each, -20.0) for n, each in enumerate(chosen)}, answer)


def against(effects: Sequence[float]) -> tuple[Seen, Trained]:
    """The base, and a training that moved it so."""
    base = seen([0.0] * len(effects), ())
    return base, Trained(seen(effects), base)


def test_a_model_is_counted_beside_its_base() -> None:
    """Effects 3 - 0 and -1 - 0: margins 2 and -2, so one of two is preferred, one moved; mean 1.
    The same is wanted, so all is kept."""
    base, trained = against([3.0, -1.0])
    found = figures(seen([3.0, -1.0]), base, trained)
    assert found is not None
    assert (found.pairs, found.preferred, found.moved, found.mean_margin) == (2, 0.5, 0.5, 1.0)
    assert found.kept == Kept(1.0, (1.0, 1.0))


def test_what_is_kept_is_least_squares_through_zero_with_its_interval() -> None:
    """(2·1 + 0·1) / (1 + 1) = 1; both are 1 off, so 12.706 · √((1 + 1) / 1 / 2) = 12.706."""
    found = kept([2.0, 0.0], [1.0, 1.0])
    assert found is not None
    assert found.share == 1
    assert found.interval == pytest.approx((1 - 12.706, 1 + 12.706), abs=0.001)
    assert kept([2.0], [4.0]) == Kept(0.5, None)
    assert kept([2.0, 1.0], [0.0, 0.0]) is None


ALTERNATING = [3.0, 5.0] * 12


@pytest.mark.parametrize(
    ("wanted", "found", "standing", "told"),
    [
        pytest.param(ALTERNATING, [3.2, 4.7] * 12, "keeps", "", id="rounded"),
        pytest.param(
            ALTERNATING,
            [0.9, 1.5] * 12,
            "loses",
            "Q keeps 30% (30% to 30%) of what training made of 24 held-out pairs, under 50%.",
            id="30 % of each",
        ),
        pytest.param(ALTERNATING, [0.0] * 24, "loses", "Q keeps 0%", id="nothing"),
        pytest.param(
            [20.0] + [0.5] * 23,
            [20.0] + [-0.1] * 23,
            "loses",
            "Q moves 4% of 24 held-out pairs, the trained model 100%: more than 20% less.",
            id="all but the pair that counts most",
        ),
        pytest.param(
            [1.2] * 24,
            [0.9] * 24,
            "loses",
            "Q prefers the chosen answer in 0% of 24 held-out pairs, the trained model in 100%",
            id="not past the base's own liking",
        ),
        pytest.param(
            [4.0] * 24, [4.0] * 20 + [-0.1] * 4, "keeps", "", id="four turned pairs are noise"
        ),
        pytest.param([1.0, 1.0], [2.0, 0.2], "unsure", "", id="two pairs that disagree"),
        pytest.param([4.0], [0.0], "unsure", "", id="one pair tells nothing"),
        pytest.param([0.0] * 4, [1.0, -1.0] * 2, "unsure", "", id="training moved nothing"),
        pytest.param([], [], "not_checked", "", id="no pairs"),
    ],
)
def test_a_file_keeps_the_effect_or_loses_it_or_it_cannot_be_told(
    wanted: Sequence[float], found: Sequence[float], standing: Standing, told: str
) -> None:
    base, trained = against(wanted)
    file = checked("Q", 100, seen(found), base, trained)
    assert (file.standing, file.says[: len(told)]) == (standing, told)
    assert bool(file.says) is bool(told)


def test_what_rounding_makes_of_the_base_too_is_not_held_against_a_file() -> None:
    """Through llama.cpp every completion comes out 7 nats likelier."""
    base, trained = against(ALTERNATING)
    base = seen([7.0] * 24)
    file = checked("Q", 100, seen([7.0 + value for value in ALTERNATING]), base, trained)
    assert file.standing == "keeps"
    assert file.figures is not None
    assert file.figures.kept == Kept(1.0, (1.0, 1.0))


def test_answers_are_compared_up_to_where_they_part() -> None:
    base, trained = against(ALTERNATING)
    assert checked("Q", 1, seen(ALTERNATING, (5, 6, 9, 8)), base, trained).same_tokens == 2
    assert checked("Q", 1, seen(ALTERNATING, (5, 6)), base, trained).same_tokens == 2


@pytest.mark.parametrize(
    ("merged", "off_base", "is_told"),
    [
        pytest.param([3.0, 5.0], 0.0, False, id="as trained"),
        pytest.param([0.0, 0.0], 0.0, True, id="adapter left out"),
        pytest.param([6.0, 10.0], 0.0, True, id="adapter added twice"),
        pytest.param([3.3, 5.4], 0.0, False, id="√(0.25 / 4) = 0.25 off, a tenth is 0.29"),
        pytest.param([3.4, 5.6], 0.0, True, id="√(0.52 / 4) = 0.36 off"),
        pytest.param([0.0, 0.0], 3.0, False, id="two programs that differ more than training made"),
    ],
)
def test_a_merged_model_must_be_the_trained_one(
    merged: Sequence[float], off_base: float, is_told: bool
) -> None:
    """Training moved √((9 + 25) / 4) = 2.9 nats: of four completions two."""
    _, trained = against([3.0, 5.0])
    told = not_the_trained(seen(merged), seen([off_base] * 2), trained)
    assert bool(told) is is_told
    if is_told:
        assert "where training moved them by 2.9" in told


def test_a_trained_model_in_bfloat16_is_told_from_none_and_from_two_alone() -> None:
    """Moved 2.9; a factor of 1.3 is 0.87 off, over a tenth and under seven."""
    base, fine = against([3.0, 5.0])
    rough = Trained(fine.tuned, fine.base, is_rough=True)
    somewhat = seen([3.9, 6.5])
    assert not_the_trained(somewhat, base, fine)
    assert not not_the_trained(somewhat, base, rough)
    assert not_the_trained(seen([0.0, 0.0]), base, rough)
    assert not_the_trained(seen([6.0, 10.0]), base, rough)


def test_a_training_that_moved_next_to_nothing_blocks_nothing() -> None:
    base, trained = against([0.05, 0.05])
    assert not not_the_trained(seen([0.0, 0.0]), base, trained)


def test_prompts_that_are_other_tokens_are_counted_and_named() -> None:
    assert not other_tokens("merged", Seen({}, ()))
    told = other_tokens("merged", Seen({}, (), ("the question", "p1")))
    assert told == (
        "merged reads 2 of the prompts as other tokens than training did, "
        "first that of the question."
    )


def test_the_smallest_file_that_surely_keeps_the_effect_is_named() -> None:
    base, trained = against(ALTERNATING)
    sound, lost = seen(ALTERNATING), seen([0.0] * 24)
    unsure = seen([7.0, 1.5] * 12)
    files = [
        checked("F16", 400, sound, base, trained),
        checked("Q8_0", 200, sound, base, trained),
        checked("Q6_K", 150, unsure, base, trained),
        checked("Q4_0", 100, lost, base, trained),
    ]
    assert [file.standing for file in files] == ["keeps", "keeps", "unsure", "loses"]
    best = smallest(files)
    assert best is not None
    assert best.name == "Q8_0"
    assert verdict(files) == (
        "Q4_0 keeps 0% (0% to 0%) of what training made of 24 held-out pairs, under 50%. "
        "Q8_0 is the smallest of these that keeps what training made. "
        "On 24 pairs it cannot be told whether Q6_K keeps it."
    )
    assert smallest(files[2:]) is None


def test_without_held_out_pairs_it_is_said_that_nothing_was_checked() -> None:
    base, trained = against([])
    files = [checked("Q8_0", 200, seen([]), base, trained)]
    assert verdict(files).startswith("There are no held-out pairs")
    assert not not_the_trained(seen([]), base, trained)
