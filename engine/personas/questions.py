"""What models are asked of preference examples, in which words, and how their replies are read.

Three questions: who would prefer an answer, which answer a persona would prefer, and which of two
personas fits more people. Asks nothing.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from engine.bank_extend.gates import filled
from engine.domain import PreferenceExample
from engine.judge.questions import CHOICE, REPLY_TOKENS, read_reply
from engine.personas.domain import SIDES, Persona, Side, other_side
from engine.personas.exemplars import Exemplar, Kind, exemplars
from engine.personas.rules import broken_rule, quotations
from engine.prompts import prompt, prompt_sha256
from engine.sources.records import one_line, storable
from models.chat import Message, Sampling

MOST_DIFFERENCE_CHARACTERS = 160
MOST_PERSONA_CHARACTERS = 320
PERSONA_TOKENS = 160
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            # First: what is written before the persona is still thought about.
            "difference": {"type": "string", "maxLength": MOST_DIFFERENCE_CHARACTERS},
            "persona": {"type": "string", "maxLength": MOST_PERSONA_CHARACTERS},
        },
        "required": ["difference", "persona"],
        "additionalProperties": False,
    }
)
INFERENCE = Sampling(max_tokens=PERSONA_TOKENS, repeat_penalty=1.0, json_schema=SCHEMA)
CHECKING = Sampling(max_tokens=REPLY_TOKENS, repeat_penalty=1.0, json_schema=CHOICE)


@dataclass(frozen=True)
class Question:
    """One request to a model."""

    example_id: str
    side: Side
    """Of the persona that is asked for, or that stands first; the intended answer of a check."""
    is_first: bool
    """Of a check and a comparison: whether what is meant stands first."""
    messages: tuple[Message, ...]
    sampling: Sampling
    refusal: Callable[[str], str]
    """Why a reply is of no use, in a sentence; empty of one that is."""
    tells_why: bool = False
    """Whether a second try is told what was wrong with the first."""

    @property
    def print(self) -> str:
        """A hash of all that is asked."""
        asked = f"{prompt_sha256(self.messages)}\n{self.sampling.json_schema}"
        return sha256(asked.encode()).hexdigest()[:16]

    @property
    def key(self) -> tuple[str, str]:
        return self.example_id, self.print

    def again(self, reply: str) -> tuple[Message, ...]:
        """The second try, after a reply that was of no use."""
        told = filled("persona_again", reason=self.refusal(reply))
        return (*self.messages, Message("assistant", storable(reply)), Message("user", told))


def inference_questions(example: PreferenceExample, kind: Kind) -> Iterator[Question]:
    """Who would prefer the chosen answer, and who the rejected one."""
    for side in SIDES:
        preferred, other = _answers(example, side)
        record = filled("persona_record", prompt=example.prompt, preferred=preferred, other=other)

        def refusal(reply: str) -> str:
            if not (found := read_persona(reply)):
                return "It is not the JSON asked for."
            texts = (example.prompt, example.chosen, example.rejected)
            return broken_rule(found, *texts) or _repeated(found, kind)

        messages = (*opening(kind), Message("user", record))
        yield Question(example.id, side, True, messages, INFERENCE, refusal, tells_why=True)


def opening(kind: Kind) -> tuple[Message, ...]:
    """The instruction and the exemplars: the same for every pair, so that it is read once."""
    turns: list[Message] = []
    for number, one in enumerate(exemplars(kind)):
        task = f"{prompt('persona_infer')}\n\n" if number == 0 else ""
        turns += (Message("user", task + _record(one)), Message("assistant", _reply(one)))
    return tuple(turns)


def read_persona(reply: str) -> str:
    """The sentence in a reply, on one line; empty where it is not what was asked for."""
    try:
        found = json.loads(reply)["persona"]
    except (ValueError, KeyError, TypeError):
        return ""
    return one_line(storable(found)) if isinstance(found, str) else ""


def check_questions(example: PreferenceExample, persona: Persona) -> Iterator[Question]:
    """Which answer this persona would prefer, in both orders."""
    intended, other = _answers(example, persona.side)
    for is_first, (one, two) in ((True, (intended, other)), (False, (other, intended))):
        text = filled(
            "persona_check", persona=persona.text, prompt=example.prompt, one=one, two=two
        )
        yield _choice(example.id, persona.side, is_first, text)


def comparison_questions(
    example: PreferenceExample, chosen: Persona, rejected: Persona
) -> Iterator[Question]:
    """Which of an example's two personas fits more people, in both orders."""
    for is_first, (one, two) in ((True, (chosen, rejected)), (False, (rejected, chosen))):
        text = filled("persona_better", prompt=example.prompt, one=one.text, two=two.text)
        yield _choice(example.id, "chosen", is_first, text)


def picked_first(reply: str) -> bool | None:
    """Whether the text that stood first was picked; None where it cannot be read."""
    said = read_reply(reply, "personalisation")
    return None if said is None else said.answer == 1


def _repeated(persona: str, kind: Kind) -> str:
    run = next(quotations(persona, *(one.persona for one in exemplars(kind))), "")
    return f"It repeats one of the examples: {run!r}." if run else ""


def _choice(example_id: str, side: Side, is_first: bool, text: str) -> Question:
    def refusal(reply: str) -> str:
        return "" if picked_first(reply) is not None else "It is not the JSON asked for."

    return Question(example_id, side, is_first, (Message("user", text),), CHECKING, refusal)


def _answers(example: PreferenceExample, side: Side) -> Sequence[str]:
    """The answer of a side, then the other."""
    by_side: dict[Side, str] = {"chosen": example.chosen, "rejected": example.rejected}
    return by_side[side], by_side[other_side(side)]


def _record(one: Exemplar) -> str:
    return filled("persona_record", prompt=one.prompt, preferred=one.preferred, other=one.other)


def _reply(one: Exemplar) -> str:
    reply = {"difference": one.difference, "persona": one.persona}
    return json.dumps(reply, ensure_ascii=False)
