"""The command `evaluate`: asked before it spends, blind until the sides are shown."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.votes import making, rounds
from tests.judging import Bench, sitting
from tests.studio.command_line import command, document
from tests.voting import SECRETS, described, keep, with_texts


@pytest.fixture
def round_id(data_dir: Path) -> str:
    with_texts(data_dir)
    return making.make_round(data_dir, "ana", ("original", "tuned")).id


@pytest.fixture
def bench() -> Iterator[Bench]:
    with sitting(Bench("voice 2")) as bench:
        yield bench


def test_a_dry_run_tells_the_cost_and_asks_nobody(
    data_dir: Path, round_id: str, bench: Bench
) -> None:
    told = document(data_dir, "evaluate", "ana", "--provider", bench.provider, "--dry-run")
    # Two ballots: two aspects in two orders, and four texts to rate.
    assert (told["calls"], told["reused"]) == (12, 0)
    assert bench.asked == []


def test_figures_come_when_the_sides_are_shown(data_dir: Path, round_id: str, bench: Bench) -> None:
    asked = ("evaluate", "ana", "--provider", bench.provider, "--yes")
    before = command(data_dir, *asked)
    assert before.exit_code == 0
    assert "12 questions asked, 0 answered before." in before.stdout
    assert "figures wait until the sides are shown" in before.stdout
    assert not [secret for secret in SECRETS if secret in before.output]
    again = document(data_dir, *asked)
    assert (again["asked"]["asked"], again["judges"]) == (0, [])
    rounds.reveal(data_dir, round_id, early=True)
    told = command(data_dir, "evaluate", "ana").stdout
    assert "tuned over original: 100% of 2 votes" in told
    assert "preference gain of tuned over the original: 100%" in told
    assert "certain in both orders: 100% of the ballots (coverage)" in told
    assert "interest of tuned: 4.0 of 5" in told
    (judge,) = document(data_dir, "evaluate", "ana")["judges"]
    assert judge["rulings"][0]["verdict"]["preference_gain"] == {"tuned": 1.0}


def test_a_judge_that_is_kin_is_warned_of(data_dir: Path, round_id: str, bench: Bench) -> None:
    bench.model = "smollm2-1.7b-instruct"
    with_kin = replace(described("v1", "kin", "A third."), model_name="SmolLM2-135M.gguf")
    keep(data_dir, with_kin)
    for pane, is_kin in (("base", False), ("kin", True)):
        making.make_round(data_dir, "ana", (pane, "tuned"))
        told = command(data_dir, "evaluate", "ana", "--provider", bench.provider, "--yes").output
        assert ("same family" in told) is is_kin
        assert "SmolLM2-135M" not in told


def test_nobody_is_asked_without_a_name_or_a_yes(
    data_dir: Path, round_id: str, bench: Bench
) -> None:
    assert "No model has judged" not in command(data_dir, "evaluate", "ana").stdout
    assert command(data_dir, "evaluate", "ana", "--dry-run").exit_code == 2
    refused = command(data_dir, "evaluate", "ana", "--provider", bench.provider, stdin="n\n")
    assert refused.exit_code == 1
    assert bench.asked == []
