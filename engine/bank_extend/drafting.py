"""What a chat model is asked to write, with examples of ours, and the entry in its reply."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from engine.bank import Question, Scenario, questions, scenarios
from engine.bank_extend.candidate import GRADES, Entry, Kind, Target, entry_id, texts_of
from engine.bank_extend.gates import filled
from engine.bank_extend.settings import setting
from engine.frameworks import Statement, all_dimensions, all_statements
from engine.prompts import prompt
from models.chat import Message, Sampling

REPLY_TOKENS: Mapping[Kind, int] = {"statements": 160, "scenes": 320, "questions": 480}
"""Twice what an entry of the usual length takes in JSON."""
TEMPERATURE = 0.8
MOST_SHOWN = 6
"""Texts of the same target that a model is shown, so that it writes another one."""
MOST_SHOWN_CHARACTERS = 120
EXAMPLES = 3
_TEXT: Mapping[str, object] = {"type": "string"}
_TWO: Mapping[str, object] = {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2}
_FIELDS: Mapping[Kind, Mapping[str, Mapping[str, object]]] = {
    "statements": {"text": _TEXT, "opposite": _TEXT},
    "scenes": {"aligned": _TEXT, "opposed": _TEXT},
    "questions": {"question": _TEXT, "high": _TWO, "low": _TWO},
}


def messages(target: Target, attempt: int, written: Sequence[Entry]) -> tuple[Message, ...]:
    """The conversation that asks for one entry: the task, three examples, the request.

    Task and examples come first and are the same for nearly all targets of a kind, so that
    llama.cpp and servers compute them once.

    Args:
        attempt: counts from 0 over all that was ever tried for the target.
        written: what there is for the target already, ours included.
    """
    place = f"\nSetting: {setting(target.name, attempt)}"
    shown = [_start(entry) for entry in written[-MOST_SHOWN:]]
    already = "Written already; write something else:\n" + "\n".join(shown) + "\n\n"
    request = _request(target, next_pole(target, written), place, already if shown else "")
    task = prompt(f"bank_{target.kind}")
    turns = [message for example in examples(target) for message in _turn(example)]
    first, *rest = [*turns, Message("user", request)]
    return (Message("user", f"{task}\n\n{first.content}"), *rest)


def sampling(kind: Kind, attempt: int) -> Sampling:
    """How an attempt is drawn: otherwise than the one before it, and the same when asked again."""
    schema = {
        "type": "object",
        "properties": _FIELDS[kind],
        "required": list(_FIELDS[kind]),
        "additionalProperties": False,
    }
    return Sampling(
        max_tokens=REPLY_TOKENS[kind],
        temperature=TEMPERATURE,
        # Both sides of an entry share most of their words.
        repeat_penalty=1.0,
        # A malformed reply is asked for once more with the seed that follows.
        seed=2 * attempt,
        json_schema=json.dumps(schema),
    )


def read_draft(text: str, target: Target, attempt: int, pole: Literal[-1, 1]) -> Entry | None:
    """The entry of a reply; None where the reply is not what was asked for."""
    try:
        row = json.loads(text)
        fields = {name: _read(row[name], kind) for name, kind in _FIELDS[target.kind].items()}
    except (ValueError, KeyError, TypeError):
        return None
    own_id = entry_id(target, attempt, text)
    match target.kind:
        case "scenes":
            assert target.grade, "scenes are written for a grade"
            aligned, opposed = (" ".join(fields[side]) for side in ("aligned", "opposed"))
            return Scenario(own_id, target.id, target.grade, aligned, opposed)
        case "questions":
            asked, high, low = (fields[name] for name in ("question", "high", "low"))
            return Question(own_id, target.id, asked[0], high, low)
        case "statements":
            scale = all_dimensions()[target.id]
            said, contrary = fields["text"][0], fields["opposite"][0]
            return Statement(own_id, scale.framework, scale.id, pole, said, contrary, False)


def next_pole(target: Target, written: Sequence[Entry]) -> Literal[-1, 1]:
    """The end that fewer statements of a dimension are worded towards; the high one first."""
    return 1 if sum(entry.pole for entry in written if isinstance(entry, Statement)) <= 0 else -1


def shipped(target: Target) -> list[Entry]:
    """What we ship for a target; of scenes all grades of its statement: stories not to repeat."""
    match target.kind:
        case "statements":
            return [item for item in all_statements().values() if item.dimension == target.id]
        case "scenes":
            return [scene for scene in scenarios() if scene.statement == target.id]
        case "questions":
            return [question for question in questions() if question.facet == target.id]


def examples(target: Target) -> list[Entry]:
    """Entries of ours that are not of this target: scenes one of each grade."""
    others: list[Sequence[Entry]]
    match target.kind:
        case "statements":
            named = [item for item in all_statements().values() if item.dimension != target.id]
            others = [named] * EXAMPLES
        case "scenes":
            told = [scene for scene in scenarios() if scene.statement != target.id]
            others = [[scene for scene in told if scene.grade == grade] for grade in GRADES]
        case "questions":
            others = [[one for one in questions() if one.facet != target.id]] * EXAMPLES
    return [shelf[len(shelf) * place // EXAMPLES] for place, shelf in enumerate(others)]


def _turn(example: Entry) -> Iterator[Message]:
    match example:
        case Scenario():
            target = Target("scenes", example.statement, example.grade)
            reply: dict[str, object] = {"aligned": example.aligned, "opposed": example.opposed}
        case Question():
            target = Target("questions", example.facet)
            reply = {"question": example.question, "high": example.high, "low": example.low}
        case Statement():
            target = Target("statements", example.dimension)
            reply = {"text": example.text, "opposite": example.opposite}
    pole = example.pole if isinstance(example, Statement) else 1
    yield Message("user", _request(target, pole))
    yield Message("assistant", json.dumps(reply, ensure_ascii=False))


def _request(target: Target, pole: Literal[-1, 1], place: str = "", written: str = "") -> str:
    if target.kind == "scenes":
        statement = all_statements()[target.id]
        return filled(
            "bank_scenes_request",
            statement=statement.text,
            contrary=statement.opposite,
            grade=str(target.grade),
            setting=place,
            written=written,
        )
    scale = all_dimensions()[target.id]
    if target.kind == "questions":
        return filled(
            "bank_questions_request",
            name=scale.name,
            high=scale.high,
            low=scale.low,
            setting=place,
            written=written,
        )
    end, other = (scale.high, scale.low) if pole > 0 else (scale.low, scale.high)
    return filled("bank_statements_request", name=scale.name, end=end, other=other, written=written)


def _start(entry: Entry) -> str:
    text = next(iter(texts_of(entry).values()))
    return f"- {text[:MOST_SHOWN_CHARACTERS].rsplit(' ', 1)[0]} …"


def _read(value: object, kind: Mapping[str, object]) -> tuple[str, ...]:
    """One text or two, each on one line and not empty.

    Raises:
        TypeError, ValueError: it is something else.
    """
    texts = value if kind is _TWO else [value]
    if not isinstance(texts, list) or (kind is _TWO and len(texts) != 2):
        raise TypeError("not two texts")
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("not text")
    lines = tuple(" ".join(text.split()) for text in texts)
    if not all(lines):
        raise ValueError("an empty text")
    return lines
