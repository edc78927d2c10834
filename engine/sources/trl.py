"""TRL's preference formats: JSON Lines with prompt, chosen and rejected.

Plain rows have three strings. Conversational rows have lists of messages with role and content;
without a prompt of its own, a row's prompt is what chosen and rejected begin with in common. A
conversation has to end in one assistant message on each side.
"""

from collections.abc import Sequence
from itertools import takewhile

from engine.sources.dialogue import SPEAKERS, prompt_text
from engine.sources.records import BadRow, Record, required_text, shown, storable
from models.chat import Message


def texts_of(record: Record) -> tuple[str, str, str]:
    """Prompt, chosen and rejected of a row, which may be empty.

    Raises:
        BadRow: it is in neither form.
    """
    if not isinstance(record.fields.get("chosen"), list):
        return (
            required_text(record, "prompt"),
            required_text(record, "chosen"),
            required_text(record, "rejected"),
        )
    return _from_messages(
        _prompt(record), _messages(record, "chosen"), _messages(record, "rejected")
    )


def _from_messages(
    own_prompt: list[Message], chosen: list[Message], rejected: list[Message]
) -> tuple[str, str, str]:
    # The last message of each side is its answer, even where both are the same.
    both = zip(chosen[:-1], rejected[:-1], strict=False)
    shared = [message for message, _ in takewhile(lambda pair: pair[0] == pair[1], both)]
    repeats_prompt = shared[: len(own_prompt)] == own_prompt
    return (
        prompt_text(shared if repeats_prompt else own_prompt + shared),
        _answer(chosen[len(shared) :]),
        _answer(rejected[len(shared) :]),
    )


def _prompt(record: Record) -> list[Message]:
    prompt = record.fields.get("prompt")
    if prompt is None:
        return []
    if isinstance(prompt, str):
        return [Message("user", storable(prompt))]
    return _messages(record, "prompt")


def _answer(messages: Sequence[Message]) -> str:
    if len(messages) != 1 or messages[0].role != "assistant":
        raise BadRow("Chosen and rejected do not each end in one assistant message of their own.")
    return messages[0].content


def _messages(record: Record, key: str) -> list[Message]:
    value = record.fields.get(key)
    if not isinstance(value, list):
        raise BadRow(f"The field {key!r} should be a list of messages but is {shown(value)}.")
    return [_message(key, entry) for entry in value]


def _message(key: str, entry: object) -> Message:
    if not isinstance(entry, dict) or not entry.keys() >= {"role", "content"}:
        told = f"{shown(entry)} where a message with role and content should be"
        raise BadRow(f"The field {key!r} has {told}.")
    role = next((role for role in SPEAKERS if role == entry["role"]), None)
    if role is None:
        told = "a message whose role should be system, user or assistant but is"
        raise BadRow(f"The field {key!r} has {told} {shown(entry['role'])}.")
    if not isinstance(content := entry["content"], str):
        told = "a message whose content should be text but is"
        raise BadRow(f"The field {key!r} has {told} {shown(content)}.")
    return Message(role, storable(content))
