"""What a chat model is asked: sheets of statements, each put to one review after the other.

A sheet's messages come first and are the same for every review, so that llama.cpp and servers
compute them once. What the model makes of it is `chat_replies`' affair.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from engine.bank import signs
from engine.frameworks import VALUE_FRAMEWORKS, dimensions, statements
from engine.profile.chat_pieces import Piece, tokens_at_most
from engine.prompts import prompt
from models.chat import Message

MOST_SHOWN_CHARACTERS = 120
"""Of a model's own words on what a sentence shows."""
STANCES = (-2, -1, 1, 2)
_LETTERS = {"schwartz": "S", "hofstede": "H", "wvs": "W", "ocean": "F", "sensitive": "X"}
_NOTHING_SHOWN = (
    "It came in two days, and the cover is prettier than in the picture.",
    "The detective finds the letter in the clock, and his wife leaves him for the baker.",
    "I guessed the ending halfway.",
)
_BEFORE_A_SIGN = ("The author takes a while to get going.", "A cousin of mine lent it to me.")
_AFTER_A_SIGN = "The maps at the back are well done."


@dataclass(frozen=True)
class Asked:
    """One line of a sheet."""

    short_id: str
    """Such as S12: fewer tokens than the trait's id, and easier for a small model."""
    trait_id: str
    agrees: str
    """What a reviewer holds who is for it."""
    disagrees: str
    name: str = ""
    """Of a facet, whose poles are listed with it; a statement speaks for itself."""

    def __str__(self) -> str:
        if not self.name:
            return f"{self.short_id}: {self.agrees}"
        return f"{self.short_id}: {self.name}: {self.agrees} (against: {self.disagrees})"


@dataclass(frozen=True)
class Sheet:
    """What is asked of each review in one request."""

    name: str
    """A framework, or `sensitive` for all that the editor has to switch on."""
    asked: tuple[Asked, ...]
    opening: tuple[Message, ...]
    """The task, the lines, and three examples of ours; a review follows."""

    @cached_property
    def key(self) -> str:
        """Another where anything that the model is told has changed."""
        told = json.dumps([(turn.role, turn.content) for turn in self.opening])
        return f"{self.name}:{sha256(told.encode()).hexdigest()[:12]}"

    @cached_property
    def traits(self) -> dict[str, str]:
        """Short id to trait id."""
        return {line.short_id: line.trait_id for line in self.asked}

    def messages(self, piece: Piece) -> tuple[Message, ...]:
        """The conversation that asks about one piece of a review."""
        return (*self.opening, Message("user", _review(piece.sentences)))

    def schema(self, piece: Piece) -> str:
        """The JSON schema of a reply, which can name only what is there to be named."""
        judgement: dict[str, object] = {
            "sentence": {"type": "integer", "enum": list(range(1, len(piece.spans) + 1))},
            "shows": {"type": "string", "maxLength": MOST_SHOWN_CHARACTERS},
            "id": {"type": "string", "enum": list(self.traits)},
            "stance": {"type": "integer", "enum": list(STANCES)},
        }
        items = _object(judgement)
        judgements = {"type": "array", "items": items, "maxItems": piece.most_judgements}
        return json.dumps(_object({"judgements": judgements}))


def sheets(sensitive: bool, most_tokens: int) -> list[Sheet]:
    """Everything that can be judged, a framework to a sheet, cut where that is over the tokens.

    Sensitive statements have a sheet of their own, so that switching them on asks nothing else
    again.
    """
    every = [item for framework in VALUE_FRAMEWORKS for item in statements(framework)]
    groups: dict[str, list[tuple[str, ...]]] = {
        framework: [
            (item.id, item.text, item.opposite)
            for item in every
            if item.framework == framework and not item.sensitive
        ]
        for framework in VALUE_FRAMEWORKS
    }
    groups["ocean"] = [
        (facet.id, facet.high, facet.low, facet.name)
        for facet in dimensions("ocean")
        if facet.parent
    ]
    if sensitive:
        groups["sensitive"] = [
            (item.id, item.text, item.opposite) for item in every if item.sensitive
        ]
    return [
        Sheet(name, part, _opening(part))
        for name, lines in groups.items()
        for part in _parts(_numbered(name, lines), most_tokens)
    ]


def _numbered(name: str, lines: Sequence[tuple[str, ...]]) -> Iterator[Asked]:
    for number, line in enumerate(lines, start=1):
        yield Asked(f"{_LETTERS[name]}{number}", *line)


def _parts(lines: Iterator[Asked], most_tokens: int) -> Iterator[tuple[Asked, ...]]:
    part: list[Asked] = []
    room = most_tokens
    for line in lines:
        tokens = tokens_at_most(f"{line}\n")
        if part and tokens > room:
            yield tuple(part)
            part, room = [], most_tokens
        part.append(line)
        room -= tokens
    if part:
        yield tuple(part)


def _opening(lines: Sequence[Asked]) -> tuple[Message, ...]:
    task = prompt("judge_traits").replace("{statements}", "\n".join(map(str, lines)))
    turns = [(f"{task}\n\n{_review(_NOTHING_SHOWN)}", _reply()), *_examples(lines)]
    return tuple(
        message
        for question, answer in turns
        for message in (Message("user", question), Message("assistant", answer))
    )


def _examples(lines: Sequence[Asked]) -> Iterator[tuple[str, str]]:
    """A review that is for a line of the sheet and one that is against another, with answers.

    Without them, a model of 1.5 billion parameters goes down the list, a line to each sentence.
    """
    known = signs()
    shown = [line for line in lines if line.trait_id in known]
    if len(shown) < 3:
        return
    pro, contra = shown[len(shown) * 2 // 3], shown[len(shown) // 3]
    said = known[pro.trait_id].agreeing[0]
    yield (
        _review([_BEFORE_A_SIGN[0], said, _AFTER_A_SIGN]),
        _reply((2, pro.agrees, pro.short_id, 2)),
    )
    said = known[contra.trait_id].disagreeing[0]
    yield (
        _review([*_BEFORE_A_SIGN, said]),
        _reply((3, contra.disagrees, contra.short_id, -2)),
    )


def _review(texts: Sequence[str]) -> str:
    numbered = (f"[{number}] {text}" for number, text in enumerate(texts, start=1))
    return "Review:\n" + "\n".join(numbered)


def _reply(*judgements: tuple[int, str, str, int]) -> str:
    names = ("sentence", "shows", "id", "stance")
    rows = [dict(zip(names, judgement, strict=True)) for judgement in judgements]
    return json.dumps({"judgements": rows}, ensure_ascii=False)


def _object(properties: dict[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
