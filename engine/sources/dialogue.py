"""A preference row's conversation as the one prompt text that the product works with."""

import re
from collections.abc import Sequence
from itertools import pairwise

from engine.domain import PreferenceExample, are_same
from engine.sources.records import BadRow
from engine.sources.rows import digest
from models.chat import Message, Role

SPEAKERS: dict[Role, str] = {"system": "System", "user": "Human", "assistant": "Assistant"}
ROLES = {speaker: role for role, speaker in SPEAKERS.items()}
_TURN = re.compile(rf"(?:^|\n\n)({'|'.join(ROLES)}): ")


def prompt_text(messages: Sequence[Message]) -> str:
    """A single user turn as it is; a longer conversation as `Human: …`, `Assistant: …` turns."""
    if len(messages) == 1 and messages[0].role == "user":
        return messages[0].content
    return "\n\n".join(f"{SPEAKERS[message.role]}: {message.content}" for message in messages)


def turns_of(prompt: str) -> tuple[Message, ...]:
    """The turns of a dialogue as `prompt_text` wrote it; one user turn of any other text.

    A dialogue has several turns with words in each: a system's at the beginning if any, then the
    user's and the assistant's by turns, the user's last.
    """
    _, *parts = _TURN.split(prompt)
    spoken = zip(parts[::2], parts[1::2], strict=True)
    turns = tuple(Message(ROLES[speaker], content) for speaker, content in spoken)
    if not _is_dialogue(turns) or prompt_text(turns) != prompt:
        return (Message("user", prompt),)
    return turns


def _is_dialogue(turns: Sequence[Message]) -> bool:
    if len(turns) < 2 or turns[-1].role != "user":
        return False
    roles = [turn.role for turn in turns[turns[0].role == "system" :]]
    return (
        "system" not in roles
        and all(one != other for one, other in pairwise(roles))
        and all(turn.content.strip() for turn in turns)
    )


def last_request(prompt: str) -> str:
    """What the user said last in a prompt of `prompt_text`; all of it where that was one turn."""
    user = f"{SPEAKERS['user']}: "
    return f"\n\n{prompt}".rpartition(f"\n\n{user}")[2].removeprefix("\n\n")


def refuse_unpaired(prompt: str, chosen: str, rejected: str) -> None:
    """Refuse texts of which nothing could be learnt.

    Raises:
        BadRow: one is empty, or both answers are the same but for white space.
    """
    for name, text in (("prompt", prompt), ("chosen", chosen), ("rejected", rejected)):
        if not text.strip():
            raise BadRow(f"The {name} text is empty.")
    if are_same(chosen, rejected):
        raise BadRow("The chosen and the rejected answer are the same.")


def example(dataset: str, prompt: str, chosen: str, rejected: str) -> PreferenceExample:
    """One row of a dataset.

    Raises:
        BadRow: a part of it is empty, or nothing is preferred because both answers are the same.
    """
    refuse_unpaired(prompt, chosen, rejected)
    example_id = digest(dataset, prompt, chosen, rejected)
    return PreferenceExample(example_id, dataset, prompt, chosen, rejected)
