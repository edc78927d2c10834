"""What an evaluation asks about: held-out examples with both personas, and what else it is given.

All of it stands in files of the evaluation's run directory, which is its whole record. No torch.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from engine.domain import PreferenceExample
from engine.personas.domain import SIDES, Persona, Side
from engine.prompts import for_persona
from engine.tailoring.sets import is_held_out, pair_of, topic_of, usable
from engine.train.choosing import spread_over_topics
from models.chat import Message
from models.chat_tokens import token_pattern

CASES, POOL, EXEMPLARS, RETRIEVED = "cases.json", "pool.json", "exemplars.json", "retrieved.json"
Given = Literal["chosen", "rejected", "none", "retrieved-chosen", "retrieved-rejected", "fixed"]
"""Whose persona stands in a prompt: that of an answer of the pair itself, nobody's, that of an
answer of the nearest training prompt, or one and the same in all prompts."""
GIVEN: tuple[Given, ...] = get_args(Given)
RETRIEVED_OF: Mapping[Side, Given] = {
    "chosen": "retrieved-chosen",
    "rejected": "retrieved-rejected",
}
EXEMPLARS_IN_CONTEXT = 5
"""As in the paper's few-shot arm."""


@dataclass(frozen=True)
class Case:
    """An example with the personas that may be used of it."""

    example_id: str
    topic: str
    """What it is counted with: cases of one prompt are not independent."""
    prompt: str
    chosen: str
    rejected: str
    personas: Mapping[Side, str]


def cases_of(
    examples: Sequence[PreferenceExample], personas: Iterable[Persona], unchecked: bool = False
) -> tuple[list[Case], list[Case]]:
    """The held-out cases that have both personas, and the training cases that have any.

    Those whose text holds tokens of a chat template are in neither, as in a training.
    """
    known = usable(personas, unchecked)
    held_out, pool = [], []
    for one in examples:
        mine = known.get(one.id, {})
        if any(map(token_pattern().search, (one.prompt, one.chosen, one.rejected))):
            continue
        case = Case(one.id, topic_of(one.prompt), one.prompt, one.chosen, one.rejected, mine)
        if not is_held_out(one.prompt):
            pool += [case] if mine else []
        elif len(mine) == len(SIDES):
            held_out.append(case)
    return held_out, pool


def limited(cases: Sequence[Case], limit: int) -> list[Case]:
    """At most so many (0: all), of as many prompts as there are."""
    example = {case.example_id: case for case in cases}
    pairs = [pair_of(example_of(case), "chosen", held_out=True) for case in cases]
    return [example[pair.origin] for pair in spread_over_topics(pairs, limit)]


def exemplars_of(pool: Sequence[Case], most: int = EXEMPLARS_IN_CONTEXT) -> tuple[Message, ...]:
    """Conversations of the shortest training cases, by turns of both sides, to stand in a context.

    The shortest, so that five fit into a small model's context beside the question: chosen by
    length alone, so that everybody who evaluates the dataset has the same.
    """
    of_length = sorted(pool, key=lambda case: (_length(case), case.example_id))
    taken = {case.topic: case for case in reversed(of_length)}
    first = sorted(taken.values(), key=lambda case: (_length(case), case.example_id))[:most]
    shown: list[Message] = []
    for number, case in enumerate(first):
        wanted = SIDES[number % len(SIDES)]
        side = wanted if wanted in case.personas else next(iter(case.personas))
        answer = case.chosen if side == "chosen" else case.rejected
        asked = for_persona(case.prompt, case.personas[side], shown, _begins_with_the_user)
        shown = [*asked, Message("assistant", answer)]
    return tuple(shown)


def persona_given(
    case: Case, given: Given, retrieved: Mapping[str, Mapping[Side, str]], fixed: str = ""
) -> str | None:
    """The persona that a prompt of a case is given; empty for nobody's, None where it has none.

    Args:
        retrieved: the personas of the nearest training prompt, by example id.
    """
    if given == "none":
        return ""
    if given == "fixed":
        return fixed or None
    for side in SIDES:
        if given == side:
            return case.personas.get(side)
        if given == RETRIEVED_OF[side]:
            return retrieved.get(case.example_id, {}).get(side)
    raise AssertionError(given)


def example_of(case: Case) -> PreferenceExample:
    """The pair of a case as any preference data has it."""
    return PreferenceExample(case.example_id, "", case.prompt, case.chosen, case.rejected)


def cases_text(cases: Iterable[Case]) -> str:
    """As a file of a run directory has them."""
    return json.dumps([asdict(case) for case in cases], ensure_ascii=False, indent=1)


def read_cases(path: Path) -> list[Case]:
    """The cases of a file."""
    return [Case(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def read_messages(path: Path) -> tuple[Message, ...]:
    """The turns of a file; none where there is no such file."""
    if not path.exists():
        return ()
    return tuple(Message(**row) for row in json.loads(path.read_text(encoding="utf-8")))


def read_retrieved(directory: Path) -> dict[str, dict[Side, str]]:
    """The personas that were found for each case; none before they were looked for."""
    file = directory / RETRIEVED
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def _begins_with_the_user(turns: Sequence[Message]) -> bool:
    """As exemplars must, since no template is known yet."""
    return turns[0].role == "user"


def _length(case: Case) -> int:
    return len(case.prompt) + max(len(case.chosen), len(case.rejected))
