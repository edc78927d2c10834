"""A group's persona is kept only where it tells choices that it was not made from."""

import json
from pathlib import Path

import pytest

from engine.personas.domain import Side
from engine.personas.editing import write_persona
from engine.personas.held_out import GroupPersona, UnseenChoice, held_out, scores_path
from engine.personas.map import map_path, mapped
from models.errors import BadInput
from models.events import Finished, JsonObject, Step
from tests.engine.persona_rows import store_personas
from tests.persona_model import PLAIN, THOROUGH


def choice(without: float, with_persona: float, side: Side = "chosen") -> UnseenChoice:
    return UnseenChoice("e", side, without, with_persona)


def of(*gains: float, confidence: float = 0.95) -> GroupPersona:
    return GroupPersona("brief", PLAIN, tuple(choice(0.0, gain) for gain in gains), confidence)


@pytest.mark.parametrize(
    ("gains", "is_kept"),
    [
        # Mean 2, standard deviation 0.71: 2 plus or minus 2.78 * 0.71 / 5 ** 0.5 is 1.12 to 2.88.
        ((1.0, 2.0, 2.0, 2.0, 3.0), True),
        # Mean 0.4, standard deviation 2.07: -2.2 to 3.0.
        ((3.0, -2.0, 2.0, -1.0, 0.0), False),
        # All gain, but four are too few.
        ((2.0, 2.1, 2.0, 2.1), False),
        ((), False),
    ],
)
def test_a_persona_is_kept_where_the_gain_is_surely_over_nothing(
    gains: tuple[float, ...], is_kept: bool
) -> None:
    assert of(*gains).is_kept is is_kept


def test_of_many_groups_each_has_to_gain_more_surely() -> None:
    """Mean 2, error 0.55: by 2.78 errors it is over nothing, at 99.8 % by 7.17 it is not."""
    gains = (0.6, 1.0, 2.0, 2.8, 3.6)
    assert of(*gains).is_kept
    assert not of(*gains, confidence=0.998).is_kept


def test_prediction_counts_the_likelier_answer() -> None:
    found = GroupPersona(
        "brief", PLAIN, (choice(-1.0, 2.0), choice(-3.0, -1.0), choice(1.0, 2.0)), 0.95
    )
    assert (found.told_without.hits, found.told_with.hits, found.told_with.cases) == (1, 2, 3)
    assert found.mean_gain == pytest.approx((3 + 2 + 1) / 3)


async def test_the_embedded_model_scores_choices_that_the_persona_was_not_made_from(
    data_dir: Path,
) -> None:
    store_personas(data_dir, 6)
    found = await mapped(data_dir, "letters")
    events = [event async for event in held_out(data_dir, "letters", "embedded", 2)]
    last = events[-1]
    assert isinstance(last, Finished)
    groups = last.result["groups"]
    assert isinstance(groups, list)
    assert len(groups) == 2
    for group, scored in zip(found.groups, groups, strict=True):
        assert scored["persona"] == group.typical[0]
        assert len(scored["choices"]) == 2
        own, _ = group.members[0]
        assert own not in [one["example_id"] for one in scored["choices"]]
        for one in scored["choices"]:
            # The same words with and without a persona are never held equally likely.
            assert one["with_persona"] != one["without"]
    assert [event for event in events if isinstance(event, Step)][-1].done == 4


async def test_without_a_map_of_the_personas_as_they_are_it_says_what_to_do(
    data_dir: Path,
) -> None:
    store_personas(data_dir, 3)
    with pytest.raises(BadInput, match="no map of the personas of 'letters'"):
        await anext(held_out(data_dir, "letters", "embedded", 2))
    await mapped(data_dir, "letters")
    write_persona(data_dir, "l00", "chosen", f"{PLAIN} Always.")
    with pytest.raises(BadInput, match="as they are now"):
        await anext(held_out(data_dir, "letters", "embedded", 2))
    with pytest.raises(BadInput, match="cannot say how likely"):
        await anext(held_out(data_dir, "letters", "endpoint:http://127.0.0.1:9/v1#m", 2))


def keep_map(data_dir: Path, number: int, labels: list[int], texts: tuple[str, str]) -> None:
    """A map of both personas of so many pairs; those that come first are nearest to the middle."""
    keys = [(f"l{at:02}", side) for at in range(number) for side in ("chosen", "rejected")]
    path = map_path(data_dir, "letters")
    path.parent.mkdir(exist_ok=True)
    kept = {
        "personas": [[*key, text] for key, text in zip(keys, texts * number, strict=True)],
        "labels": labels,
        "nearness": [1 - at / 100 for at in range(len(keys))],
        "twins": [],
    }
    path.write_text(json.dumps(kept))


async def result_of(data_dir: Path, most: int) -> JsonObject:
    *_, last = [event async for event in held_out(data_dir, "letters", "embedded", most)]
    assert isinstance(last, Finished)
    return last.result


async def groups_of(data_dir: Path, most: int) -> list[list[JsonObject]]:
    """The choices that each group was scored on."""
    groups = (await result_of(data_dir, most))["groups"]
    assert isinstance(groups, list)
    return [group["choices"] for group in groups]


async def test_groups_of_one_name_are_scored_apart(data_dir: Path) -> None:
    store_personas(data_dir, 3)
    for at in range(3):
        write_persona(data_dir, f"l{at:02}", "rejected", PLAIN)
    keep_map(data_dir, 3, [0, 1] * 3, (PLAIN, PLAIN))
    chosen, rejected = await groups_of(data_dir, 2)
    assert [one["side"] for one in chosen] == ["chosen"] * 2
    assert [one["side"] for one in rejected] == ["rejected"] * 2


async def test_the_choices_of_a_group_are_not_those_nearest_to_its_middle(data_dir: Path) -> None:
    store_personas(data_dir, 8)
    keep_map(data_dir, 8, [0, 1] * 8, (PLAIN, THOROUGH))
    chosen, _ = await groups_of(data_dir, 3)
    assert [one["example_id"] for one in chosen] == ["l06", "l01", "l05"]


async def test_groups_with_choices_enough_are_tested_together(data_dir: Path) -> None:
    """Two of three groups have six members, five of them unseen: each misses in 2.5 % of cases."""
    store_personas(data_dir, 8)
    keep_map(data_dir, 8, [0, 1] * 6 + [2] * 4, (PLAIN, THOROUGH))
    result = await result_of(data_dir, 5)
    assert (result["tested"], result["confidence"]) == (2, pytest.approx(0.975))
    groups = result["groups"]
    assert isinstance(groups, list)
    assert [group["interval"] is None for group in groups] == [False, False, True]


async def test_what_was_scored_before_a_kill_is_not_scored_again(data_dir: Path) -> None:
    """Two choices of each group: stopped after the first, and the last margin half written."""
    store_personas(data_dir, 8)
    keep_map(data_dir, 8, [0, 1] * 8, (PLAIN, THOROUGH))
    whole = await result_of(data_dir, 2)
    assert (whole["scored"], whole["kept"]) == (4, 0)
    path = scores_path(data_dir, "letters")
    assert path.stat().st_mode & 0o777 == 0o600
    path.unlink()
    stopped = held_out(data_dir, "letters", "embedded", 2)
    while (await anext(stopped)) != Step(1, 4, "Unseen choices scored:"):
        pass
    await stopped.aclose()
    lines = path.read_text()
    assert lines.count("\n") == 2
    path.write_text(lines + lines[:20])
    result = await result_of(data_dir, 2)
    assert (result["scored"], result["kept"]) == (3, 1)
    assert gains(result) == pytest.approx(gains(whole))
    again = await result_of(data_dir, 2)
    assert (again["scored"], again["kept"]) == (0, 4)
    assert again["groups"] == result["groups"]


def gains(result: JsonObject) -> list[float]:
    groups = result["groups"]
    assert isinstance(groups, list)
    return [group["mean_gain"] for group in groups]


async def test_another_persona_of_a_group_is_scored_anew(data_dir: Path) -> None:
    """As a map that was made again may have; without a persona the margins are the same."""
    store_personas(data_dir, 8)
    keep_map(data_dir, 8, [0, 1] * 8, (PLAIN, THOROUGH))
    before = await groups_of(data_dir, 2)
    for at in range(8):
        write_persona(data_dir, f"l{at:02}", "chosen", f"{PLAIN} Always.")
    keep_map(data_dir, 8, [0, 1] * 8, (f"{PLAIN} Always.", THOROUGH))
    result = await result_of(data_dir, 2)
    assert (result["scored"], result["kept"]) == (2, 2)
    groups = result["groups"]
    assert isinstance(groups, list)
    for one, other in zip(before[0], groups[0]["choices"], strict=True):
        assert one["without"] == other["without"]
        assert one["with_persona"] != other["with_persona"]
