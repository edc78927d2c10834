"""What a judge is asked of a round, and what its replies are worth.

Of every two texts two questions in both orders: which is better written, with nothing said of the
reader, and which suits the reader, with the card. Of every text one: how much this reader would
want to read the book. No answer may be a tie: a tie is two answers that contradict each other.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, get_args

from engine.bank_extend.gates import filled
from engine.votes.ballot import Round
from models.chat import Message, Sampling

Aspect = Literal["quality", "personalisation", "interest"]
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
PAIRWISE: tuple[Aspect, ...] = ("quality", "personalisation")

MOST_REASON_CHARACTERS = 160
REPLY_TOKENS = 140
HIGHEST_RATING = 5

Key = tuple[str, str, str, Aspect]
"""Book, the contestant whose text stands first, the other (or the same), and what is asked."""


@dataclass(frozen=True)
class Question:
    """One request to a judge."""

    aspect: Aspect
    book_id: str
    one: str
    """The contestant whose text is shown first."""
    other: str
    """The same as `one` where a single text is judged."""
    text: str

    @property
    def key(self) -> Key:
        return self.book_id, self.one, self.other, self.aspect

    @property
    def messages(self) -> tuple[Message, ...]:
        return (Message("user", self.text),)

    @property
    def sampling(self) -> Sampling:
        schema = _RATING if self.aspect == "interest" else CHOICE
        return Sampling(max_tokens=REPLY_TOKENS, repeat_penalty=1.0, json_schema=schema)

    @property
    def print(self) -> str:
        """A hash of all that is asked."""
        asked = f"{self.text}\n{self.sampling.json_schema}"
        return sha256(asked.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Said:
    """A reply that could be read."""

    answer: int
    """1 or 2, the text that was preferred; a rating from 1 to 5."""
    confidence: int | None
    """1 to 100; None of a rating."""
    reason: str


def questions(whole: Round, card: str, aspects: tuple[Aspect, ...] = ASPECTS) -> Iterator[Question]:
    """Everything to be asked of a round, those together that begin with the same words.

    Args:
        card: what the reader is described by; unused for quality.
    """
    for aspect in (aspect for aspect in PAIRWISE if aspect in aspects):
        for seat in whole.seats:
            for one, other in ((seat.left, seat.right), (seat.right, seat.left)):
                yield _question(whole, card, aspect, seat.book_id, one, other)
    if "interest" in aspects:
        for text in whole.texts:
            name = text.contestant.id
            yield _question(whole, card, "interest", text.book_id, name, name)


def read_reply(text: str, aspect: Aspect) -> Said | None:
    """What a judge said; None where it is not what was asked for."""
    try:
        row = json.loads(text)
        reason = row["reason"]
        if aspect == "interest":
            found = Said(row["rating"], None, reason)
        else:
            found = Said({"1": 1, "2": 2}[row["answer"]], row["confidence"], reason)
    except (ValueError, KeyError, TypeError):
        return None
    # By type: JSON's true equals 1.
    if type(found.answer) is not int or not isinstance(reason, str):
        return None
    if aspect == "interest":
        return found if 1 <= found.answer <= HIGHEST_RATING else None
    sure = found.confidence
    return found if type(sure) is int and 1 <= sure <= 100 else None


def _question(
    whole: Round, card: str, aspect: Aspect, book_id: str, one: str, other: str
) -> Question:
    title = next(seat.title for seat in whole.seats if seat.book_id == book_id)
    words = {
        "title": title,
        "card": card,
        "one": whole.text(book_id, one),
        "other": whole.text(book_id, other),
    }
    return Question(aspect, book_id, one, other, filled(f"judge_{aspect}", **words))


def _schema(properties: dict[str, object]) -> str:
    # First the reason: what is written before the answer is still thought about.
    all_of_it = {
        "reason": {"type": "string", "maxLength": MOST_REASON_CHARACTERS},
        **properties,
    }
    return json.dumps(
        {
            "type": "object",
            "properties": all_of_it,
            "required": list(all_of_it),
            "additionalProperties": False,
        }
    )


CHOICE = _schema(
    {
        "answer": {"type": "string", "enum": ["1", "2"]},
        "confidence": {"type": "integer", "minimum": 1, "maximum": 100},
    }
)
_RATING = _schema({"rating": {"type": "integer", "minimum": 1, "maximum": HIGHEST_RATING}})
