"""What a chat model wrote for the bank, with what became of it, and its line in a file."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, get_args

from engine.bank import Question, Scenario
from engine.frameworks import Statement

Kind = Literal["statements", "scenes", "questions"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NOUNS: Mapping[Kind, str] = {
    "statements": "statement",
    "scenes": "scene pair",
    "questions": "question",
}
Grade = Literal["plain", "everyday", "subtle"]
GRADES: tuple[Grade, ...] = get_args(Grade)
Entry = Statement | Scenario | Question
YesNo = Literal["yes", "no"]
_ENTRIES: Mapping[Kind, Callable[..., Entry]] = {
    "statements": Statement,
    "scenes": Scenario,
    "questions": Question,
}


@dataclass(frozen=True)
class Target:
    """What is written for: a dimension, a statement at a grade, or a facet."""

    kind: Kind
    id: str
    grade: Grade | None = None
    """Of scenes; None elsewhere."""

    @property
    def name(self) -> str:
        """As the ids of its entries begin."""
        return f"{self.id}.{self.grade}" if self.grade else self.id


@dataclass(frozen=True)
class Answer:
    """What the model said to one yes/no question about a text of its own."""

    gate: str
    wanted: YesNo
    said: YesNo | None
    """None where two replies could not be read."""
    reason: str
    """In the model's words; the last reply as it came where that could not be read."""

    @property
    def passes(self) -> bool:
        return self.said == self.wanted


@dataclass(frozen=True)
class Candidate:
    """One finished attempt at an entry."""

    id: str
    target: Target
    entry: Entry | None
    """None where the reply could not be read."""
    reply: str
    """The model's words as they came."""
    model: str
    """Who wrote it, with what tells one version of the model from another."""
    made_at: datetime
    """UTC."""
    refused: str = ""
    """Why a gate refused it, in a sentence; empty where all let it through."""
    answers: tuple[Answer, ...] = ()
    """Up to the first that was not the one wanted."""

    def as_json(self) -> dict[str, object]:
        """A line of the file; `candidate_from` reads it back."""
        return {**asdict(self), "made_at": self.made_at.isoformat()}


def entry_id(target: Target, attempt: int, reply: str) -> str:
    """An id that no entry we ship has or will have, and no other attempt."""
    digest = sha256(f"{attempt}\n{reply}".encode()).hexdigest()
    return f"{target.name}.x{digest[:6]}"


def texts_of(entry: Entry) -> dict[str, str]:
    """The texts of an entry, by what they are in it."""
    match entry:
        case Statement():
            return {"text": entry.text, "opposite": entry.opposite}
        case Scenario():
            return {"aligned": entry.aligned, "opposed": entry.opposed}
        case Question():
            answers = {
                f"{side} {number}": text
                for side, texts in (("high", entry.high), ("low", entry.low))
                for number, text in enumerate(texts, start=1)
            }
            return {"question": entry.question, **answers}


def candidate_from(row: Mapping[str, Any]) -> Candidate:
    """A candidate from its line.

    Raises:
        KeyError, TypeError, ValueError: the line is not one that `as_json` gives.
    """
    target = Target(**row["target"])
    if target.kind not in KINDS or not isinstance(row["id"], str):
        raise ValueError(f"no kind {target.kind!r}")
    return Candidate(
        id=row["id"],
        target=target,
        entry=_entry(target.kind, row["entry"]) if row["entry"] else None,
        reply=str(row["reply"]),
        model=str(row["model"]),
        made_at=datetime.fromisoformat(row["made_at"]),
        refused=str(row["refused"]),
        answers=tuple(Answer(**answer) for answer in row["answers"]),
    )


def _entry(kind: Kind, row: Mapping[str, Any]) -> Entry:
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    entry = _ENTRIES[kind](**fields)
    if not all(isinstance(text, str) for text in texts_of(entry).values()):
        raise TypeError(f"{row['id']} has something else than text")
    return entry
