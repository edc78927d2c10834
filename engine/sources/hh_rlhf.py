"""Anthropic's HH-RLHF: `chosen` and `rejected` are whole dialogues that part at the last answer.

Each is a string of turns, `\\n\\nHuman: …` and `\\n\\nAssistant: …` by turns. A row whose dialogues
part before the last Assistant turn has no common prompt and is skipped.
"""

import re

from engine.sources.dialogue import prompt_text
from engine.sources.records import BadRow, Record, required_text
from models.chat import Message

LAST_TURN = "\n\nAssistant:"
PARTED = "The two dialogues part before their last Assistant turn."
_TURN = re.compile(r"(?:^|\n\n)(Human|Assistant):")


def texts_of(record: Record) -> tuple[str, str, str]:
    """Prompt, chosen and rejected of a row, which may be empty.

    Raises:
        BadRow: it is no pair of dialogues with a common prompt.
    """
    prompt, chosen = _parted(record, "chosen")
    prompt_of_rejected, rejected = _parted(record, "rejected")
    if prompt != prompt_of_rejected:
        raise BadRow(PARTED)
    return prompt_text(_messages(prompt)), chosen, rejected


def _parted(record: Record, key: str) -> tuple[str, str]:
    """What comes before the last answer of a dialogue, and the answer."""
    dialogue, turn, answer = required_text(record, key).rpartition(LAST_TURN)
    if not turn or _TURN.search(answer):
        raise BadRow(f"The {key} dialogue does not end with an Assistant turn.")
    return dialogue, answer.strip()


def _messages(dialogue: str) -> list[Message]:
    opening, *turns = _TURN.split(dialogue)
    if opening.strip():
        raise BadRow("The dialogue does not begin with a Human or Assistant turn.")
    return [
        Message("user" if speaker == "Human" else "assistant", content.strip())
        for speaker, content in zip(turns[::2], turns[1::2], strict=True)
    ]
