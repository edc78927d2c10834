"""Gates that ask: short questions about one entry, each on its own, answered yes or no.

Half of them want a no: a model that says yes to everything lets nothing through.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.bank import Question, Scenario
from engine.bank_extend.candidate import Entry, YesNo
from engine.frameworks import Statement, all_dimensions, all_statements
from engine.prompts import prompt
from models.chat import Message, Sampling

MOST_REASON_CHARACTERS = 160
REPLY_TOKENS = 120
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            # First: what is written before the answer is still thought about.
            "reason": {"type": "string", "maxLength": MOST_REASON_CHARACTERS},
            "answer": {"type": "string", "enum": ["yes", "no"]},
        },
        "required": ["reason", "answer"],
        "additionalProperties": False,
    }
)
SAMPLING = Sampling(max_tokens=REPLY_TOKENS, repeat_penalty=1.0, json_schema=SCHEMA)


@dataclass(frozen=True)
class Gate:
    """One question, and the answer that lets the entry through."""

    name: str
    wanted: YesNo
    question: str

    @property
    def messages(self) -> tuple[Message, ...]:
        return (Message("user", self.question),)


@dataclass(frozen=True)
class Said:
    """A reply that could be read."""

    answer: YesNo
    reason: str


def gates(entry: Entry) -> list[Gate]:
    """All questions about an entry, those about its sides first."""
    return [*side_gates(entry), *_other_gates(entry)]


def side_gates(entry: Entry) -> Iterator[Gate]:
    """The same question of each side in turn: yes is wanted of one, no of the other."""
    match entry:
        case Scenario():
            statement = all_statements()[entry.statement]
            ways = {"statement": statement.text, "contrary": statement.opposite}
            yield _gate("aligned fits", "yes", "gate_lives_by", scene=entry.aligned, **ways)
            yield _gate("opposed opposes", "no", "gate_lives_by", scene=entry.opposed, **ways)
        case Question():
            asked = {**_ends(entry.facet), "question": entry.question}
            for number, (high, low) in enumerate(zip(entry.high, entry.low, strict=True), start=1):
                yield _gate(f"high {number} fits", "yes", "gate_high_end", text=high, **asked)
                yield _gate(f"low {number} opposes", "no", "gate_high_end", text=low, **asked)
        case Statement():
            high, low = entry.text, entry.opposite
            if entry.pole < 0:
                high, low = low, high
            ends = _ends(entry.dimension)
            yield _gate("high end says it", "yes", "gate_says_end", text=high, **ends)
            yield _gate("low end says the other", "no", "gate_says_end", text=low, **ends)


def sensitive_gate(statement: Statement) -> Gate:
    """Whether a statement has to be switched on by the editor; it passes either way."""
    return _gate("is not sensitive", "no", "gate_sensitive", text=statement.text)


def read_answer(text: str) -> Said | None:
    """The answer of a reply; None where it is not what was asked for."""
    try:
        row = json.loads(text)
        answer, reason = row["answer"], row["reason"]
    except (ValueError, KeyError, TypeError):
        return None
    if answer not in ("yes", "no") or not isinstance(reason, str):
        return None
    return Said(answer, reason)


def _other_gates(entry: Entry) -> Iterator[Gate]:
    match entry:
        case Scenario():
            for side, scene in (("aligned", entry.aligned), ("opposed", entry.opposed)):
                yield _gate(f"{side} is natural", "yes", "gate_natural_scene", scene=scene)
        case Question():
            asked = {**_ends(entry.facet), "question": entry.question}
            answers = "\n".join(f"- {answer}" for answer in (*entry.high, *entry.low))
            yield _gate("question leads", "no", "gate_leading_question", **asked)
            yield _gate(
                "answers are natural",
                "yes",
                "gate_natural_answers",
                question=entry.question,
                answers=answers,
            )
        case Statement():
            sides = {"text": entry.text, "opposite": entry.opposite}
            yield _gate("both can be held", "no", "gate_both_at_once", **sides)
            yield _gate("is natural", "yes", "gate_natural_statement", **sides)


def _gate(name: str, wanted: YesNo, prompt_name: str, **words: str) -> Gate:
    return Gate(name, wanted, filled(prompt_name, **words))


def filled(prompt_name: str, **words: str) -> str:
    """A prompt with its words put in, once: braces inside a word stay as they are."""
    return re.sub(r"\{(\w+)\}", lambda place: words[place[1]], prompt(prompt_name))


def _ends(scale_id: str) -> dict[str, str]:
    scale = all_dimensions()[scale_id]
    return {"high": scale.high, "low": scale.low}
