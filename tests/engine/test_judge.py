"""A judge of blind rounds: both orders, what a reply is worth, going on, and beside people."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.domain import Profile, Reader, Trait
from engine.judge.families import family_of, kinship
from engine.judge.judgement import Judgement, judgements, majorities
from engine.judge.judging import judged, judging_cost
from engine.judge.questions import Aspect, Said, questions, read_reply
from engine.store import judge_answers, profiles
from engine.store import readers as reader_rows
from engine.store.database import change, opened
from engine.votes import making, rounds
from engine.votes.ballot import Choice, Contestant, Vote
from engine.votes.rounds import Said as Cast
from models.errors import BadInput
from models.events import Event, Failed, Finished, Note, Step
from tests.judging import Bench, sitting
from tests.voting import MADE_AT, SECRETS, with_texts

BOTH: tuple[Aspect, ...] = ("quality", "personalisation")


@pytest.fixture
def round_id(data_dir: Path) -> str:
    """A round of two ballots; base speaks with voice 1, tuned with voice 2."""
    profile = Profile(
        "ana",
        "some-model",
        (Trait("interests.travel", "interests", 0.9, 0.9, "known"),),
        MADE_AT,
    )
    with opened(data_dir) as db, change(db, "Import"):
        reader_rows.add(db, Reader("ana", "Ana", "jsonl"))
        profiles.save(db, profile)
    with_texts(data_dir)
    return making.make_round(data_dir, "ana", ("base", "tuned")).id


@pytest.fixture
def bench() -> Iterator[Bench]:
    with sitting(Bench("voice 2")) as bench:
        yield bench


async def sat(
    data_dir: Path, round_id: str, bench: Bench, aspects: tuple[Aspect, ...] = BOTH
) -> list[Event]:
    return [event async for event in judged(data_dir, round_id, bench.provider, aspects)]


def found(data_dir: Path, round_id: str) -> Judgement:
    rounds.reveal(data_dir, round_id, early=True)
    (one,) = judgements(data_dir, round_id)
    return one


async def test_both_orders_are_asked_of_each_ballot_and_aspect(
    data_dir: Path, round_id: str, bench: Bench
) -> None:
    events = await sat(data_dir, round_id, bench)
    assert len(bench.asked) == 8
    assert isinstance(events[0], Step)
    assert "8 requests" in events[0].note
    assert isinstance(events[-1], Finished)
    assert events[-1].result["asked"] == 8
    for aspect, ruling in zip(BOTH, found(data_dir, round_id).rulings, strict=True):
        assert ruling.aspect == aspect
        (pair,) = ruling.verdict.pairs
        assert (pair.overall.losses, pair.overall.ties) == (2, 0)
        assert (ruling.contradicted, ruling.first_share) == (0, 0.5)


async def test_the_persona_is_hidden_for_quality_and_shown_for_personalisation(
    data_dir: Path, round_id: str, bench: Bench
) -> None:
    await sat(data_dir, round_id, bench)
    hidden = [asked for asked in bench.asked if "better piece of writing" in asked]
    shown = [asked for asked in bench.asked if "this reader, of all people" in asked]
    assert (len(hidden), len(shown)) == (4, 4)
    assert not any("travel" in asked.lower() for asked in hidden)
    assert all("travel" in asked.lower() for asked in shown)


async def test_no_question_names_a_contestant(data_dir: Path, round_id: str, bench: Bench) -> None:
    await sat(data_dir, round_id, bench, (*BOTH, "interest"))
    assert not [secret for secret in SECRETS for asked in bench.asked if secret in asked]


async def test_a_judge_who_goes_by_the_place_makes_ties(
    data_dir: Path, round_id: str, bench: Bench
) -> None:
    bench.favourite = ""
    await sat(data_dir, round_id, bench)
    ruling = found(data_dir, round_id).rulings[0]
    (pair,) = ruling.verdict.pairs
    assert (pair.overall.ties, pair.overall.share) == (2, None)
    assert (ruling.contradicted, ruling.first_share, ruling.coverage) == (2, 1.0, 0.0)


@pytest.mark.parametrize(("confidence", "coverage"), [(80, 1.0), (79, 0.0)])
async def test_certainty_is_told_with_its_coverage(
    data_dir: Path, round_id: str, bench: Bench, confidence: int, coverage: float
) -> None:
    bench.confidence = confidence
    await sat(data_dir, round_id, bench)
    ruling = found(data_dir, round_id).rulings[0]
    assert (ruling.coverage, ruling.mean_confidence) == (coverage, confidence)
    assert ruling.certain.pairs[0].overall.losses == 2 * coverage


async def test_interest_is_rated_once_a_text(data_dir: Path, round_id: str, bench: Bench) -> None:
    await sat(data_dir, round_id, bench, ("interest",))
    assert len(bench.asked) == 4
    told = found(data_dir, round_id)
    assert told.rulings == ()
    assert {name: (one.mean, one.ratings) for name, one in told.interest.items()} == {
        "base": (4.0, 2),
        "tuned": (4.0, 2),
    }


async def test_what_was_answered_is_not_asked_again(
    data_dir: Path, round_id: str, bench: Bench
) -> None:
    bench.refuses_from = 3
    (*_, failed) = await sat(data_dir, round_id, bench)
    assert isinstance(failed, Failed)
    assert "The same call goes on" in failed.hint
    bench.refuses_from = None
    before = len(judge_answers.of_round(data_dir, round_id, f"m at {bench.base_url}"))
    bench.asked.clear()
    await sat(data_dir, round_id, bench)
    assert before > 0
    assert len(bench.asked) == 8 - before
    cost = await judging_cost(data_dir, round_id, bench.provider, BOTH)
    assert (cost.calls, cost.reused) == (0, 8)


async def test_another_card_is_asked_again_and_quality_is_not(
    data_dir: Path, round_id: str, bench: Bench
) -> None:
    from engine.cards import edit_card

    await sat(data_dir, round_id, bench)
    edit_card(data_dir, "ana", "A reader who likes only the sea.")
    cost = await judging_cost(data_dir, round_id, bench.provider, BOTH)
    assert (cost.calls, cost.reused) == (4, 4)


async def test_a_malformed_reply_is_asked_once_more_counted_and_left_out(
    data_dir: Path, round_id: str, bench: Bench
) -> None:
    bench.says = "I would rather not say."
    events = await sat(data_dir, round_id, bench)
    assert len(bench.asked) == 16
    assert "Malformed twice, and left out: 8" in str([e for e in events if isinstance(e, Note)])
    told = found(data_dir, round_id)
    assert (told.rulings, told.unread, told.calls) == ((), 8, 16)


async def test_agreement_with_people_is_shown(data_dir: Path, round_id: str, bench: Bench) -> None:
    for ballot in rounds.ballots(data_dir, round_id, "eva"):
        side: Choice = "left" if "voice 2" in ballot.left else "right"
        rounds.cast(data_dir, "eva", Cast(ballot.code, side))
        rounds.cast(data_dir, "ben", Cast(ballot.code, side))
        rounds.cast(data_dir, "kim", Cast(ballot.code, "tie"))
    await sat(data_dir, round_id, bench)
    ruling = found(data_dir, round_id).rulings[1]
    assert ruling.agreement is not None
    assert (ruling.agreement.share, ruling.agreement.ballots) == (1.0, 2)


async def test_figures_wait_for_the_reveal(data_dir: Path, round_id: str, bench: Bench) -> None:
    events = await sat(data_dir, round_id, bench)
    assert not [secret for secret in SECRETS if secret in repr(events)]
    with pytest.raises(BadInput, match="have not been shown"):
        judgements(data_dir, round_id)


async def test_without_a_profile_only_quality_can_be_judged(
    data_dir: Path, round_id: str, bench: Bench
) -> None:
    with opened(data_dir) as db, change(db, "Take the profile away"):
        db.execute("delete from profile")
    with pytest.raises(BadInput, match="profile"):
        await sat(data_dir, round_id, bench)
    await sat(data_dir, round_id, bench, ("quality",))
    assert len(bench.asked) == 4


def test_forgetting_the_reader_takes_the_answers_too(data_dir: Path, round_id: str) -> None:
    from engine import desk

    key = ("v1", "base", "tuned", BOTH[0])
    answer = judge_answers.JudgeAnswer(key, "h", Said(1, 90, "so"), (), 1, 9, 9)
    judge_answers.save(data_dir, round_id, "m", answer)
    assert judge_answers.of_round(data_dir, round_id, "m") == {key: answer}
    desk.forget(data_dir, "ana")
    assert judge_answers.of_round(data_dir, round_id, "m") == {}
    judge_answers.save(data_dir, round_id, "m", answer)
    assert judge_answers.of_round(data_dir, round_id, "m") == {}


@pytest.mark.parametrize(
    ("reply", "aspect", "said"),
    [
        ('{"reason": "a", "answer": "2", "confidence": 70}', "quality", Said(2, 70, "a")),
        ('{"reason": "a", "rating": 5}', "interest", Said(5, None, "a")),
        ('{"reason": "a", "answer": "2", "confidence": 101}', "quality", None),
        ('{"reason": "a", "answer": "2", "confidence": true}', "quality", None),
        ('{"reason": "a", "answer": "both", "confidence": 70}', "quality", None),
        ('{"reason": "a", "answer": ["1"], "confidence": 70}', "quality", None),
        ('{"reason": 3, "answer": "1", "confidence": 70}', "quality", None),
        ('{"reason": "a", "rating": 6}', "interest", None),
        ('{"reason": "a", "rating": 4.0}', "interest", None),
        ("[]", "quality", None),
        ("The first.", "quality", None),
    ],
)
def test_what_a_reply_is_worth(reply: str, aspect: Aspect, said: Said | None) -> None:
    assert read_reply(reply, aspect) == said


def test_the_schema_asks_for_the_reason_first(data_dir: Path, round_id: str) -> None:
    whole = rounds.reveal(data_dir, round_id, early=True)
    for question in questions(whole, "Card."):
        schema = json.loads(question.sampling.json_schema or "")
        assert next(iter(schema["properties"])) == "reason"


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM"),
        ("Llama-3.1-8B-Instruct", "Llama"),
        ("meta-llama/Meta-Llama-3-8B", "Llama"),
        ("tinyllama-1.1b", "Llama"),
        ("Qwen2.5-0.5B-Instruct-GGUF", "Qwen"),
        ("gpt-4o-mini", "GPT"),
        ("o3-mini", "GPT"),
        ("DeepSeek-R1-Distill-Qwen-7B", "Qwen"),
        ("phi-4", "Phi"),
        ("ana-q4.gguf", None),
        ("graphite", None),
    ],
)
def test_families_by_name(name: str, family: str | None) -> None:
    assert family_of(name) == family


def test_a_judge_of_the_same_family_is_warned_of_without_a_name() -> None:
    tuned = Contestant("tuned", "ana-q4.gguf", "b" * 64, base_name="SmolLM2-135M.gguf")
    told = kinship("smollm-360m (sha256 ffffffffffff)", [tuned])
    assert "same family" in told
    assert "tuned" not in told
    itself = kinship(f"whatever (sha256 {'b' * 12})", [tuned])
    assert "is itself a contestant" in itself
    assert kinship("Qwen2.5-7B at http://x/v1", [tuned]) == ""
    assert kinship("unheard-of at http://x/v1", [Contestant("base", "nameless")]) == ""


def test_a_majority_takes_more_votes_than_anything_else() -> None:
    def said(code: str, *choices: Choice) -> list[Vote]:
        return [Vote(code, f"v{n}", choice, (), MADE_AT) for n, choice in enumerate(choices)]

    votes = [
        *said("a", "left", "left", "right"),
        *said("b", "left", "right"),
        *said("c", "right", "tie", "both_bad"),
        *said("d", "right", "right", "tie"),
    ]
    assert majorities(votes) == {"a": "left", "b": "tie", "c": "tie", "d": "right"}
