"""What the editor accepts takes part in pairs; what is rejected, or only waits, does not."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine import desk
from engine.bank import Question, Scenario, questions, scenarios
from engine.bank_extend.candidate import Candidate, Entry, Kind, Target
from engine.bank_extend.decisions import accepted, candidates, decide
from engine.bank_extend.files import alone_at_work, append, everything
from engine.domain import PreferencePair
from engine.frameworks import Statement, all_statements
from engine.pairs.addition import Addition
from engine.pairs.build import pairs_for
from engine.pairs.standing import grounds
from models.errors import BadInput
from tests.engine.conftest import WHEN, a_profile, fill, known

STATEMENT = "schwartz.face.1"
FACET = "ocean.openness.imagination"
SCENE = Scenario(
    f"{STATEMENT}.plain.x1",
    STATEMENT,
    "plain",
    "Tuuli slips on the ferry ramp and laughs with those who saw it.",
    "Tuuli takes the ferry ramp slowly, so that nobody sees her slip.",
)
QUESTION = Question(
    f"{FACET}.x1", FACET, "The tram stops in a tunnel. What now?", ("I", "II"), ("1", "2")
)
KINDS: dict[type, Kind] = {Scenario: "scenes", Question: "questions", Statement: "statements"}


def keep(data_dir: Path, *entries: Entry | None, refused: str = "") -> None:
    with alone_at_work(data_dir):
        for number, entry in enumerate(entries):
            kind = KINDS.get(type(entry), "scenes")
            target = Target(kind, STATEMENT, "plain" if kind == "scenes" else None)
            own_id = entry.id if entry else f"unread{number}"
            append(data_dir, Candidate(own_id, target, entry, "…", "m at u", WHEN, refused))


def built(data_dir: Path) -> list[PreferencePair]:
    desk.build_pairs(data_dir, "ann")
    return desk.pairs(data_dir, "ann")


def of(pairs: list[PreferencePair], entry: Entry) -> list[PreferencePair]:
    return [pair for pair in pairs if pair.origin.startswith(entry.id)]


@pytest.mark.parametrize(("score", "chosen"), [(0.6, SCENE.aligned), (-0.6, SCENE.opposed)])
def test_an_accepted_scene_makes_a_pair_whose_sides_follow_the_profile(
    data_dir: Path, score: float, chosen: str
) -> None:
    fill(data_dir, a_profile(known(STATEMENT, score)))
    keep(data_dir, SCENE)
    assert of(built(data_dir), SCENE) == []
    decide(data_dir, [SCENE.id], accepted=True)
    report = desk.build_pairs(data_dir, "ann")
    [pair] = of(desk.pairs(data_dir, "ann"), SCENE)
    assert (pair.chosen, pair.topic, pair.made) == (chosen, STATEMENT, "bank: m at u")
    assert report.added == 1


def test_building_again_turns_added_pairs_with_the_profile_and_drops_the_rejected(
    data_dir: Path,
) -> None:
    fill(data_dir, a_profile(known(STATEMENT, 0.6)))
    keep(data_dir, SCENE)
    decide(data_dir, [SCENE.id], accepted=True)
    built(data_dir)
    fill(data_dir, a_profile(known(STATEMENT, -0.6)))
    [pair] = of(built(data_dir), SCENE)
    assert pair.chosen == SCENE.opposed
    decide(data_dir, [SCENE.id], accepted=False)
    assert of(built(data_dir), SCENE) == []


def test_undo_takes_a_decision_back_and_redo_makes_it_again(data_dir: Path) -> None:
    keep(data_dir, SCENE, QUESTION)
    decide(data_dir, [SCENE.id, QUESTION.id], accepted=True)
    undone = desk.undo(data_dir)
    assert undone is not None
    assert undone.title == "Accept 2 texts into the bank"
    assert {one.state for one in candidates(data_dir)} == {"waiting"}
    desk.redo(data_dir)
    assert {one.state for one in candidates(data_dir)} == {"accepted"}


def test_added_questions_are_trained_on_and_change_nothing_that_is_held_out() -> None:
    facets = dict.fromkeys(question.facet for question in questions())
    profile = a_profile(*(known(facet, 0.6) for facet in facets))
    more = tuple(
        replace(QUESTION, id=f"{facet}.x{number}", facet=facet)
        for facet in facets
        for number in range(3)
    )
    added = Addition(questions=more, writers={question.id: "m" for question in more})
    plain, grown = pairs_for(profile), pairs_for(profile, None, added)
    assert len(grown) == len(plain) + 2 * len(more)
    held_out = [{pair.topic for pair in pairs if pair.held_out} for pairs in (plain, grown)]
    assert held_out[0] == held_out[1] != set()


def test_an_added_scene_is_held_out_with_its_statement() -> None:
    profile = a_profile(*(known(name, 0.6) for name in all_statements()))
    told = {scene.statement for scene in scenarios()}
    scenes = tuple(replace(SCENE, id=f"{name}.plain.x1", statement=name) for name in told)
    added = Addition(scenes=scenes, writers={scene.id: "m" for scene in scenes})
    pairs = pairs_for(profile, None, added)
    values = [pair for pair in pairs if pair.track == "values"]
    held_out = {pair.topic for pair in values if pair.held_out}
    assert held_out == {pair.topic for pair in values if pair.held_out and pair.made != "bank"}
    assert not held_out & {pair.topic for pair in values if not pair.held_out}


def test_an_added_question_stands_on_the_ground_of_its_facet() -> None:
    """The facet is known, its trait is known the other way: the facet decides."""
    profile = a_profile(known(FACET, 0.6), known("ocean.openness", -0.6))
    added = Addition(questions=(QUESTION,))
    pairs = [pair for pair in pairs_for(profile, None, added) if pair.topic == QUESTION.id]
    assert list(grounds(pairs, profile)) == [(1, FACET)] * len(pairs)
    assert pairs


def test_accepted_statements_take_no_part(data_dir: Path) -> None:
    new = replace(all_statements()[STATEMENT], id="schwartz.face.x1")
    keep(data_dir, new)
    decide(data_dir, [new.id], accepted=True)
    assert accepted(data_dir) == Addition()


def test_the_editor_outranks_a_gate_but_cannot_accept_what_was_never_read(data_dir: Path) -> None:
    keep(data_dir, SCENE, None, refused="Too long.")
    decide(data_dir, [SCENE.id], accepted=True)
    assert [scene.id for scene in accepted(data_dir).scenes] == [SCENE.id]
    with pytest.raises(BadInput, match="holds nothing to accept"):
        decide(data_dir, ["unread1"], accepted=True)


def test_an_unknown_id_is_refused_and_nothing_is_decided(data_dir: Path) -> None:
    keep(data_dir, SCENE)
    with pytest.raises(BadInput, match=r"Did you mean 'schwartz\.face\.1\.plain\.x1'"):
        decide(data_dir, [SCENE.id, SCENE.id + "2"], accepted=True)
    assert [one.state for one in candidates(data_dir)] == ["waiting"]


def test_a_line_that_a_killed_process_left_is_passed_over_and_cleared(data_dir: Path) -> None:
    keep(data_dir, SCENE)
    path = data_dir / "bank" / "candidates.jsonl"
    with path.open("a") as file:
        file.write('{"id": "torn, “half')
    assert [one.id for one in everything(data_dir)] == [SCENE.id]
    keep(data_dir, QUESTION)
    assert [one.id for one in everything(data_dir)] == [SCENE.id, QUESTION.id]
    assert all(json.loads(line) for line in path.read_text().splitlines())
    assert oct(path.stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize("line", ["{}", "[]", "nonsense", '{"id": 1}', "null"])
def test_a_line_that_is_no_candidate_is_named(data_dir: Path, line: str) -> None:
    keep(data_dir, SCENE)
    path = data_dir / "bank" / "candidates.jsonl"
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(BadInput, match=r"candidates\.jsonl, line 2 is no candidate"):
        everything(data_dir)
