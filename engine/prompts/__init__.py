"""The prompts, one file each, and how they become messages. Training and preview share them."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from importlib.resources import files

from engine.domain import Book, PreferencePair
from engine.sources.dialogue import turns_of
from models.chat import Message

Takes = Callable[[Sequence[Message]], bool]
"""Whether a model's chat template takes turns of these roles (`engine.prompts.taking`)."""


@cache
def prompt(name: str) -> str:
    """The text of one prompt file, without the newline at its end."""
    return (files(__name__) / f"{name}.md").read_text(encoding="utf-8").rstrip("\n")


def for_reader(card: str, request: str, near: Sequence[str] = ()) -> tuple[Message, ...]:
    """The conversation every model of a reader is trained on and asked with.

    The card comes first and whole, so that all prompts of a reader begin with the same tokens.
    An empty card leaves the system message out.

    Args:
        near: what the reader would say on what is asked for.
    """
    asked = Message("user", turn(request, near))
    if not card:
        return (asked,)
    return (Message("system", prompt("writer").replace("{card}", card)), asked)


def turn(request: str, near: Sequence[str]) -> str:
    """What the user says: the request, and below it the reader's sentences that bear on it."""
    if not near:
        return request
    said = "\n".join(f"- {sentence}" for sentence in near)
    return f"{request}\n\n{prompt('near').replace('{said}', said)}"


def persona_turn(request: str, persona: str) -> str:
    """What the user says in story P: the request, and below it a line on who asks.

    Where nobody is known the line says so, in place of leaving it out: then two prompts that differ
    in nothing but the persona differ in nothing but its words.

    Args:
        persona: a sentence; empty where nobody is known.
    """
    told = persona or prompt("persona_nobody")
    return f"{request}\n\n{prompt('persona_line').replace('{persona}', told)}"


def takes_all(_turns: Sequence[Message]) -> bool:
    """Of a model whose template cannot be looked at."""
    return True


def for_persona(
    request: str, persona: str, before: Sequence[Message] = (), takes: Takes = takes_all
) -> tuple[Message, ...]:
    """The conversation every model of story P is trained on, scored and asked with.

    A dialogue comes as its turns, with who asks at the end of the last. It stays one user turn, as
    its text is, where the template refuses its turns, and behind exemplars where the user does not
    begin it.

    Args:
        persona: a sentence; empty where nobody is known.
        before: exemplars, which stand in the same words (`engine.tailoring.cases.exemplars_of`).
    """
    first, *_ = *earlier, last = turns_of(request)
    turns = (*before, *earlier, Message("user", persona_turn(last.content, persona)))
    if earlier and ((before and first.role != "user") or not takes(turns)):
        return (*before, Message("user", persona_turn(request, persona)))
    return turns


def refusal_note(prompts: Iterable[str], takes: Takes) -> str:
    """What to say of the dialogues that a template refuses the turns of; empty for none."""
    dialogues = [turns for turns in map(turns_of, {*prompts}) if len(turns) > 1]
    refused = sum(not takes(turns) for turns in dialogues)
    if not refused:
        return ""
    return (
        f"{refused:,} of {len(dialogues):,} dialogues are read as one turn, as the chat template "
        "refuses their turns."
    )


def request_of(pair: PreferencePair, near: Sequence[str]) -> str:
    """All that a person says in a pair, as one text.

    Args:
        near: what the reader would say; of a dataset's pair the one persona, or none.
    """
    if pair.track == "personas":
        return persona_turn(pair.prompt, *near or ("",))
    return turn(pair.prompt, near)


def description_request(book: Book) -> str:
    """The request for a description, from the facts of the book alone."""
    filled = prompt("description").replace("{title}", book.title)
    filled = filled.replace("{author}", book.author or "unknown")
    return filled.replace("{facts}", book.description)


def prompt_sha256(messages: Sequence[Message]) -> str:
    """The SHA-256 of a conversation, in hexadecimal: of its JSON, as one list of turns."""
    turns = json.dumps([asdict(message) for message in messages], ensure_ascii=False)
    return sha256(turns.encode(errors="replace")).hexdigest()
