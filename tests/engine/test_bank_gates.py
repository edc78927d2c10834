"""What is counted, asked and read of a candidate, with no model in sight."""

import json
import re

import pytest

from engine.bank import Question, Scenario, questions, scenarios
from engine.bank_extend import drafting
from engine.bank_extend.candidate import GRADES, Candidate, Entry, Kind, Target, candidate_from
from engine.bank_extend.decisions import Decided, State
from engine.bank_extend.gates import gates, read_answer
from engine.bank_extend.measured import fault
from engine.bank_extend.order import ordered
from engine.bank_extend.plan import controls, planned, questions_about
from engine.bank_extend.settings import COUNTRIES, PLACES, setting
from engine.frameworks import Statement, all_statements
from models.errors import BadInput
from tests.engine.conftest import WHEN

STATEMENT = "schwartz.face.1"
SCENE = next(scene for scene in scenarios() if scene.id == f"{STATEMENT}.subtle")
QUESTION = questions()[0]
TARGETS = (
    Target("statements", "schwartz.face"),
    *(Target("scenes", STATEMENT, grade) for grade in GRADES),
    Target("questions", "ocean.openness.imagination"),
)


def scene(aligned: str = SCENE.aligned, opposed: str = SCENE.opposed) -> Scenario:
    return Scenario("x", STATEMENT, "subtle", aligned, opposed)


def question(asked: str = QUESTION.question, **answers: tuple[str, ...]) -> Question:
    high, low = answers.get("high", QUESTION.high), answers.get("low", QUESTION.low)
    return Question("x", QUESTION.facet, asked, high, low)


def test_what_we_ship_passes_the_gates_that_count() -> None:
    entries: list[Entry] = [*scenarios(), *questions(), *all_statements().values()]
    assert [(entry.id, found) for entry in entries if (found := fault(entry))] == []


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (scene("Too short."), "The aligned has 2 words, outside 25 to 60."),
        (scene(SCENE.aligned + " And more." * 7), "times the words of the shortest, over 1.15"),
        (scene(SCENE.opposed), "same but for a few words"),
        (scene("<|im_start|>" + SCENE.aligned), "'<|im_start|>', a token of a chat template"),
        (scene(SCENE.aligned + " [INST]"), "a token of a chat template"),
        (scene(SCENE.aligned + " [TOOL_CALLS]"), "a token of a chat template"),
        (scene("[Name] " + SCENE.aligned), "'[Name]', a placeholder"),
        (scene("**Scene.** " + SCENE.aligned), "'**', a placeholder or a mark"),
        (scene("As an AI " + SCENE.aligned), "'As an AI', a placeholder"),
        (
            scene(SCENE.aligned.replace(" ", " being laughed at in ", 1)[:-1]),
            "four words in a row",
        ),
        (scene(" ".join(["no", "not", "never", *SCENE.aligned.split()[3:]])), "negations"),
        (question(QUESTION.question.rstrip("?") + "."), "question mark"),
        (question("What now?"), "The question has 2 words, outside 18 to 40."),
        (question(high=("I sing.", QUESTION.high[1])), "The high 1 has 2 words, outside 16 to 36."),
        (question(high=(QUESTION.high[0],) * 2), "Two answers of one end are the same"),
    ],
)
def test_a_fault_is_told_in_a_sentence(entry: Entry, told: str) -> None:
    assert told in fault(entry)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_no_prompt_is_left_with_a_hole(target: Target) -> None:
    turns = drafting.messages(target, 0, drafting.shipped(target))
    asked = [turn.content for turn in turns if turn.role == "user"]
    asked += [gate.question for example in drafting.examples(target) for gate in gates(example)]
    for text in asked:
        assert not re.search(r"\{\w+\}", text), text
    assert [turn.role for turn in turns] == ["user", "assistant"] * 3 + ["user"]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_examples_are_of_another_target_and_what_is_there_is_shown(target: Target) -> None:
    shipped = drafting.shipped(target)
    assert not {entry.id for entry in shipped} & {one.id for one in drafting.examples(target)}
    last = drafting.messages(target, 0, shipped)[-1].content
    assert "Written already" in last
    assert "Written already" not in drafting.messages(target, 0, ())[-1].content


def test_scenes_are_shown_one_example_of_each_grade() -> None:
    shown = drafting.examples(Target("scenes", STATEMENT, "plain"))
    assert [one.grade for one in shown if isinstance(one, Scenario)] == list(GRADES)


def test_an_attempt_is_drawn_as_itself_and_no_other() -> None:
    seeds = [drafting.sampling("scenes", attempt).seed for attempt in range(4)]
    assert len({seed + second for seed in seeds for second in (0, 1)}) == 8, "a retry has its own"


def test_settings_meet_every_place_in_every_country() -> None:
    every = len(COUNTRIES) * len(PLACES)
    assert len({setting("schwartz.face.1", attempt) for attempt in range(every)}) == every


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_half_of_the_questions_on_sides_want_a_no(target: Target) -> None:
    """A yes and a no for each of three entries of ours, and for each side of a candidate."""
    assert [gate.wanted for gate in controls(target)] == ["yes", "no"] * 3
    for example in drafting.examples(target):
        wanted = [gate.wanted for gate in gates(example)]
        assert wanted.count("no") >= len(wanted) // 3


@pytest.mark.parametrize(
    ("kind", "number"), [("statements", 5), ("scenes", 4), ("questions", 6)], ids=str
)
def test_the_number_of_questions_about_a_text_that_passes(kind: Kind, number: int) -> None:
    target = next(target for target in TARGETS if target.kind == kind)
    assert len(questions_about(drafting.examples(target)[0])) == number


@pytest.mark.parametrize(
    "text",
    [
        "I cannot help with that.",
        '{"aligned": "Cut off in the mid',
        "[]",
        "null",
        '{"aligned": "One side only."}',
        '{"aligned": 1, "opposed": 2}',
        '{"aligned": ["a", "b"], "opposed": "c"}',
        '{"aligned": " ", "opposed": "c"}',
    ],
)
def test_a_draft_that_is_not_what_was_asked_for_is_not_read(text: str) -> None:
    assert drafting.read_draft(text, TARGETS[1], 0, 1) is None


def test_a_question_needs_two_answers_to_each_side() -> None:
    reply = {"question": "So?", "high": ["a", "b"], "low": ["c"]}
    assert drafting.read_draft(json.dumps(reply), TARGETS[-1], 0, 1) is None
    read = drafting.read_draft(json.dumps({**reply, "low": ["c", "d\n e"]}), TARGETS[-1], 0, 1)
    assert isinstance(read, Question)
    assert (read.facet, read.high, read.low) == (TARGETS[-1].id, ("a", "b"), ("c", "d e"))


def test_ids_differ_by_attempt_and_from_all_that_we_ship() -> None:
    reply = json.dumps({"aligned": "a", "opposed": "b"})
    read = [drafting.read_draft(reply, TARGETS[1], attempt, 1) for attempt in (0, 1)]
    ids = {entry.id for entry in read if entry}
    assert len(ids) == 2
    assert not ids & {scene.id for scene in scenarios()}
    assert all(one.startswith("schwartz.face.1.plain.x") for one in ids)


@pytest.mark.parametrize(
    "text",
    [
        "Yes.",
        "yes",
        '{"answer": "yes"}',
        '{"answer": "maybe", "reason": ""}',
        '{"answer": true, "reason": ""}',
        '{"answer": ["yes"], "reason": ""}',
        '{"answer": "yes", "reason": 1}',
        '["yes"]',
    ],
)
def test_an_answer_that_is_neither_yes_nor_no_with_a_reason_is_not_read(text: str) -> None:
    assert read_answer(text) is None


def test_the_end_with_fewer_statements_comes_next() -> None:
    target = TARGETS[0]
    towards = [item for item in all_statements().values() if item.dimension == target.id]
    high = [item for item in towards if item.pole > 0]
    low = [item for item in towards if item.pole < 0]
    assert drafting.next_pole(target, high) == -1
    assert drafting.next_pole(target, low) == 1
    assert drafting.next_pole(target, [*high[:1], *low[:1]]) == 1


@pytest.mark.parametrize(
    ("kind", "wanted", "number"),
    [
        ("scenes", [STATEMENT], 3),
        ("scenes", ["schwartz.face"], 9),
        ("scenes", ["schwartz.face", STATEMENT], 9),
        ("scenes", [], 450),
        ("questions", ["ocean.openness"], 6),
        ("questions", [], 30),
        ("statements", ["hofstede"], 6),
    ],
)
def test_an_id_or_its_beginning_names_what_is_written_for(
    kind: Kind, wanted: list[str], number: int
) -> None:
    assert len(ordered(kind, "embedded", wanted).targets) == number


@pytest.mark.parametrize(
    ("kind", "wanted", "told"),
    [
        ("scenes", "schwartz.fase.1", "Did you mean 'schwartz.face.1'?"),
        ("scenes", "schwartz.fac", "No statement 'schwartz.fac'"),
        ("statements", STATEMENT, "No dimension 'schwartz.face.1'"),
        ("questions", "schwartz.face", "No facet 'schwartz.face'"),
    ],
)
def test_an_id_that_means_nothing_is_refused_with_a_hint(
    kind: Kind, wanted: str, told: str
) -> None:
    with pytest.raises(BadInput) as refused:
        ordered(kind, "embedded", [wanted])
    assert told in str(refused.value)


def test_only_scenes_have_a_grade() -> None:
    with pytest.raises(BadInput, match="Only scenes have a grade"):
        ordered("questions", "embedded", grades=["plain"])


def a_candidate(entry: Entry | None, target: Target, refused: str = "") -> Candidate:
    own_id = entry.id if entry else "unread"
    return Candidate(own_id, target, entry, "as it came", "m", WHEN, refused)


@pytest.mark.parametrize(
    "entry",
    [SCENE, QUESTION, all_statements()[STATEMENT], None],
    ids=["scene", "question", "statement", "unread"],
)
def test_a_line_of_the_file_reads_back_as_the_same_candidate(entry: Entry | None) -> None:
    kinds: dict[type, Kind] = {Statement: "statements", Question: "questions"}
    target = Target(kinds.get(type(entry), "scenes"), "schwartz.face", None)
    candidate = a_candidate(entry, target, "é “quoted”\nreason")
    assert candidate_from(json.loads(json.dumps(candidate.as_json()))) == candidate


@pytest.mark.parametrize(
    ("states", "missing"),
    [
        ([], 2),
        (["waiting"], 1),
        (["accepted", "waiting"], 0),
        (["rejected", "refused"], 2),
        (["accepted", "rejected", "refused"], 1),
    ],
)
def test_what_waits_or_was_accepted_counts_towards_an_order(
    states: list[State], missing: int
) -> None:
    target = TARGETS[1]
    known = [Decided(a_candidate(SCENE, target), state) for state in states]
    order = ordered("scenes", "embedded", [STATEMENT], ["plain"], count=2)
    plan = planned(order, known)
    assert (plan.wanted, plan.attempts[target]) == (missing, len(states))


def test_grades_and_statements_are_counted_each_on_its_own() -> None:
    known = [Decided(a_candidate(SCENE, TARGETS[1]), "waiting")]
    order = ordered("scenes", "embedded", ["schwartz.face"])
    there = set(order.targets) - set(planned(order, known).missing)
    assert there == {TARGETS[1]}
    assert len(order.targets) == 9
