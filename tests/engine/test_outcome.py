"""What the figures of a finished run amount to; the tables are counted by hand."""

from dataclasses import replace

import pytest

from engine.intervals import wilson
from engine.train.outcome import (
    Figures,
    Scored,
    Share,
    as_json,
    by_track,
    figures,
    share,
    verdict,
)
from engine.train.scoring import PairLogps
from tests.engine.tiny_training import a_pair


@pytest.mark.parametrize(
    ("hits", "cases", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775), (50, 100, 0.4038, 0.5962), (0, 0, 0.0, 1.0)],
)
def test_wilson_gives_the_intervals_of_the_tables(
    hits: int, cases: int, low: float, high: float
) -> None:
    assert wilson(hits, cases) == pytest.approx((low, high), abs=1e-4)


def a_score(
    before: tuple[float, float], after: tuple[float, float], plain: tuple[float, float]
) -> Scored:
    return Scored(PairLogps(*before), PairLogps(*after), PairLogps(*plain))


def test_a_pair_can_be_moved_without_being_preferred_and_owe_it_to_the_card() -> None:
    """Log-probabilities of (chosen, rejected) under the base with card, tuned, and base without.

    First: -30/-20 becomes -28/-24, still not preferred, moved by 2 + 4 = 6; the card alone moved
    it from -31/-20, by 1; tuned beside no card 3 + 4 = 7.
    Second: -20/-30 becomes -22/-31, preferred, moved by -2 + 1 = -1; the card alone by -1, from
    -19/-30; tuned beside no card -3 + 1 = -2.
    """
    scored = [
        a_score((-30, -20), (-28, -24), (-31, -20)),
        a_score((-20, -30), (-22, -31), (-19, -30)),
    ]
    told = figures(scored, beta=0.5)
    assert (told.pairs, told.mean_margin) == (2, (6 - 1) / 2 * 0.5)
    half = Share(0.5, *wilson(1, 2))
    assert (told.preferred_before, told.preferred, told.moved) == (half, half, half)
    assert (told.card_alone, told.tuned) == (half, half)
    assert told.tuned_over_card is None  # both right in the first, both wrong in the second
    document = as_json(told)
    assert document["accuracy"] == 0.5
    assert document["tuned_interval"] == [half.low, half.high]


def test_pairs_that_only_tuning_gets_right_are_counted_apart() -> None:
    """The card alone takes from the chosen answer in both; tuning gives to it in the first."""
    scored = [
        a_score((-20, -20), (-10, -20), (-19, -20)),
        a_score((-20, -20), (-30, -20), (-19, -20)),
        a_score((-20, -20), (-10, -20), (-21, -20)),
    ]
    told = figures(scored, beta=1)
    assert told.card_alone == share([False, False, True])
    assert told.tuned == share([True, False, True])
    assert told.tuned_over_card == share([True])


def test_tracks_without_pairs_are_left_out() -> None:
    scored = {"p1": a_score((-1, -2), (-1, -2), (-1, -2))}
    told = by_track(scored, {"p1": a_pair(1), "p2": a_pair(2)}, beta=1)
    assert {track: each.pairs for track, each in told.items()} == {"values": 1}
    assert as_json(figures([], beta=1))["reward_accuracy"] is None


def of(
    moved: int,
    pairs: int,
    card: int | None = None,
    tuned: int | None = None,
    only_one: tuple[int, int] = (0, 0),
    opposite: int | None = None,
    turned: int | None = None,
) -> Figures:
    """Figures by counts of pairs; `only_one`: right by tuning, of those that one gets right."""

    def part(hits: int | None) -> Share | None:
        return None if hits is None else Share(hits / pairs, *wilson(hits, pairs))

    over = Share(only_one[0] / only_one[1], *wilson(*only_one)) if only_one[1] else None
    return Figures(
        pairs,
        part(0),
        part(0),
        part(moved),
        1.0,
        part(card),
        part(tuned),
        over,
        part(turned),
        part(opposite),
    )


@pytest.mark.parametrize(
    ("held_out", "train", "kind", "told"),
    [
        (of(80, 100), of(95, 100), "learned", "It learned: training moved 80% (71% to 87%)"),
        (of(65, 100), of(99, 100), "partly", "It learned in part: training moved 65% (55% to 74%)"),
        (of(55, 100), of(99, 100), "memorised", "It memorised: training moved 99% of its own"),
        (of(45, 100), of(75, 100), "memorised", "It memorised: training moved 75%"),
        (of(52, 100), of(60, 100), "not_learned", "It did not learn: training moved 52%"),
        (of(19, 19), of(95, 100), "too_few", "Too few held-out pairs to tell whether it learned"),
        (figures([], beta=1), of(95, 100), "too_few", "learned: 0, and it takes 20."),
    ],
)
def test_the_verdict_is_of_pairs_that_were_never_seen(
    held_out: Figures, train: Figures, kind: str, told: str
) -> None:
    found = verdict(held_out, train)
    assert found.kind == kind
    assert told in found.says
    assert found.beats_card is None  # nothing was scored without the card


@pytest.mark.parametrize(
    ("card", "tuned", "only_one", "beats", "told"),
    [
        (60, 80, (25, 30), True, "Tuning beat the card in the prompt alone: 80% against 60%"),
        (60, 64, (12, 20), False, "Tuning did not clearly beat the card"),
        (60, 58, (4, 10), False, "Tuning did not beat the card in the prompt alone: 58%"),
        (60, 60, (0, 0), False, "Tuning did not beat the card"),
    ],
)
def test_the_verdict_says_whether_tuning_beat_the_card(
    card: int, tuned: int, only_one: tuple[int, int], beats: bool, told: str
) -> None:
    found = verdict(of(80, 100, card, tuned, only_one), of(95, 100))
    assert found.beats_card is beats
    assert told in found.says
    assert found.says.count(". ") == 1  # two sentences


@pytest.mark.parametrize(
    ("opposite", "turned", "told"),
    [
        (40, 85, "It reads the card: under the opposite reader's card it is 40%."),
        (70, 85, "It hardly reads the card: under the opposite reader's card it is 70%."),
        (40, 55, "It hardly reads the card"),
    ],
)
def test_the_verdict_says_whether_the_card_is_read(opposite: int, turned: int, told: str) -> None:
    found = verdict(of(80, 100, 60, 80, (25, 30), opposite, turned), of(95, 100))
    assert told in found.says


def test_a_pair_turns_where_the_opposite_card_takes_from_its_chosen_answer() -> None:
    """Beside the plain base (-20, -20) the second gains under the opposite card, and turns too."""
    plain = (-20, -20)
    scored = [
        replace(a_score(plain, (-10, -20), plain), opposite=PairLogps(-25, -20)),
        replace(a_score(plain, (-10, -20), plain), opposite=PairLogps(-15, -20)),
        replace(a_score(plain, (-10, -20), plain), opposite=PairLogps(-5, -20)),
        a_score(plain, (-10, -20), plain),
    ]
    told = figures(scored, beta=1)
    assert told.turned == share([True, True, False])
    assert told.opposite == share([False, True, True])
    assert as_json(told)["opposite_interval"] is not None
