"""A chat template as Ollama has it, made of the Jinja template that a GGUF carries.

Ollama knows a GGUF's own template only where it is nearly one of some twenty of its own; otherwise
it sends what was asked as it stands (`DetectTemplate` and `DefaultTemplate` of its source). A
template is therefore written out: what stands before and after each turn is read off what the
Jinja template makes of marked turns. It is right only if it makes the same prompts of whole
conversations; where it does not, there is none, and that is said.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from models.chat import Message
from models.gguf_file import GgufFile, number_field, text_field, text_item

_ASKED = Message("user", "What makes a book worth reading?")
_AGAIN = Message("user", "Say it shorter.")
_SAID = Message("assistant", "A voice that stays.")
_TOLD = Message("system", "You write for one reader.")
CONVERSATIONS = (
    (_ASKED,),
    (_ASKED, _SAID, _AGAIN),
    (_TOLD, _ASKED),
    (_TOLD, _ASKED, _SAID, _AGAIN),
)
"""What a template is tried on; those with a system message only where it takes one."""
_MARKS = ("QXSQX", "QXUQX", "QXAQX", "QXVQX")
"""Stand for the words of the system, the user, the assistant, and the user again."""


@dataclass(frozen=True)
class Turns:
    """What stands around the words of a conversation."""

    head: str
    """Before all, where there is no system message: a default one, as a rule."""
    system: tuple[str, str]
    """Before and after the system's words."""
    user: tuple[str, str]
    assistant: tuple[str, str]
    user_after_system: str
    """Before the user's words, in the place of `user[0]`, right after the system's."""
    asked: str
    """At the end, for the model to go on from."""
    takes_system: bool

    def prompt(self, messages: Sequence[Message]) -> str:
        """The conversation as Ollama renders it by `go_template`."""
        parts = ["" if messages[0].role == "system" else self.head]
        for at, message in enumerate(messages):
            before, after = getattr(self, message.role)
            if message.role == "user" and at and messages[at - 1].role == "system":
                before = self.user_after_system
            parts += [before, message.content, after]
        return "".join([*parts, self.asked])


class Rendering:
    """The Jinja template of a GGUF, as llama.cpp and transformers render it."""

    def __init__(self, template: str, bos: str, eos: str, adds_bos: bool) -> None:
        """
        Args:
            adds_bos: whether whoever reads the prompt puts `bos` before it.
        """
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        environment.globals["raise_exception"] = _refuse
        self._template = environment.from_string(template)
        self._tokens = {"bos_token": bos, "eos_token": eos}
        self._bos = bos if adds_bos else ""

    def prompt(self, messages: Sequence[Message], asks: bool = True) -> str:
        """Without the first token where the reader of the prompt adds it.

        Args:
            asks: end where the model is to go on; else end with the last turn, without the end of
                all that Phi-3's template puts there.

        Raises:
            TemplateError: the template refuses such a conversation.
        """
        turns = [vars(message) for message in messages]
        text = self._template.render(messages=turns, add_generation_prompt=asks, **self._tokens)
        text = text.removeprefix(self._bos)
        return text if asks else text.removesuffix(self._tokens["eos_token"])


def rendering_of(file: GgufFile) -> Rendering | None:
    """The chat template of a GGUF; None where it has none, or a broken one."""
    template = text_field(file, "tokenizer.chat_template")
    if not template:
        return None
    bos, eos = special_token(file, "bos"), special_token(file, "eos")
    adds = number_field(file, "tokenizer.ggml.add_bos_token")
    if adds is None:
        # llama.cpp's own default: sentencepiece's vocabularies have one.
        adds = text_field(file, "tokenizer.ggml.model") == "llama"
    try:
        return Rendering(template, bos, eos, bool(adds))
    except TemplateError:
        return None


def special_token(file: GgufFile, name: str) -> str:
    """The text of `bos` or `eos`; empty where the file tells none."""
    number = number_field(file, f"tokenizer.ggml.{name}_token_id")
    told = None if number is None else text_item(file, "tokenizer.ggml.tokens", number)
    return told or ""


def turns_of(rendering: Rendering) -> Turns | None:
    """What stands around the turns; None where that cannot be told rightly."""
    try:
        turns = _read_off(rendering)
        tried = [it for it in CONVERSATIONS if turns.takes_system or it[0].role != "system"]
        is_right = all(turns.prompt(it) == rendering.prompt(it) for it in tried)
    except (TemplateError, ValueError, TypeError):
        return None
    return turns if is_right else None


def go_template(turns: Turns) -> str:
    """In Ollama's language; every piece a quoted text, so that no space of it is trimmed."""
    user = _text(turns.user[0])
    if turns.takes_system and turns.user_after_system != turns.user[0]:
        follows = _text(turns.user_after_system)
        user = "{{ if and $.System (eq $i 1) }}" + follows + "{{ else }}" + user + "{{ end }}"
    cases = [("user", user, _text(turns.user[1]))]
    if turns.takes_system:
        cases.insert(0, ("system", _text(turns.system[0]), _text(turns.system[1])))
    cases.append(("assistant", _text(turns.assistant[0]), _text(turns.assistant[1])))
    told = "".join(
        f'{{{{ {"else " if at else ""}if eq .Role "{role}" }}}}{before}{{{{ .Content }}}}{after}'
        for at, (role, before, after) in enumerate(cases)
    )
    head = "{{ if not .System }}" + _text(turns.head) + "{{ end }}" if turns.head else ""
    if turns.head and not turns.takes_system:
        head = _text(turns.head)
    each = "{{ range $i, $_ := .Messages }}" + told + "{{ end }}{{ end }}"
    return head + each + _text(turns.asked)


def _refuse(message: str) -> None:
    raise TemplateError(message)


def _text(piece: str) -> str:
    """A Go template that gives this text and nothing else."""
    return "{{ " + json.dumps(piece, ensure_ascii=False) + " }}" if piece else ""


def _read_off(rendering: Rendering) -> Turns:
    """Mark the turns, render, and cut at the marks.

    Raises:
        TemplateError: the template refuses even a plain conversation.
        ValueError: the pieces do not fit each other.
    """
    system, user, assistant, again = _MARKS
    asked = (Message("user", user),)
    talk = (*asked, Message("assistant", assistant), Message("user", again))
    first, between, next_user, after_user = _cut(rendering.prompt(talk, False), _MARKS[1:])
    before, alone = _cut(rendering.prompt(asked, False), (user,))
    if before != first or alone != after_user:
        raise ValueError("the last turn is another than the ones before")
    going_on = _without_head(rendering.prompt(talk), rendering.prompt(talk, False))
    to_assistant = _without_head(between, after_user)
    # The reply's end is what comes between its words and the beginning of the next turn.
    # As a rule both turns end alike; where not, what comes before both of the user's is its own.
    opening = next_user.removeprefix(after_user)
    if not first.endswith(opening):
        opening = _common_end(first, next_user)
    closing = next_user.removesuffix(opening)
    head = first.removesuffix(opening)
    user_turn, assistant_turn = (opening, after_user), (to_assistant, closing)
    try:
        told = rendering.prompt((Message("system", system), *asked), False)
        s_before, s_after, s_alone = _cut(told, (system, user))
    except (TemplateError, ValueError):
        return Turns(head, ("", ""), user_turn, assistant_turn, opening, going_on, False)
    if s_alone != after_user:
        raise ValueError("a turn ends otherwise after a system message")
    # Where the user's turn opens as ever, that is no part of the system's.
    ends_so = s_after.endswith(opening)
    return Turns(
        head,
        (s_before, s_after.removesuffix(opening) if ends_so else s_after),
        user_turn,
        assistant_turn,
        opening if ends_so else "",
        going_on,
        True,
    )


def _cut(text: str, marks: Sequence[str]) -> list[str]:
    """The pieces around the marks, in their order.

    Raises:
        ValueError: a mark is missing, or stands twice.
    """
    pieces = []
    for mark in marks:
        before, found, text = text.partition(mark)
        if not found or mark in text:
            raise ValueError(f"{mark} does not stand there once")
        pieces.append(before)
    return [*pieces, text]


def _without_head(text: str, head: str) -> str:
    if not text.startswith(head):
        raise ValueError("a turn does not begin as the one before it ended")
    return text[len(head) :]


def _common_end(a: str, b: str) -> str:
    """The longest text that both end with."""
    length = 0
    while length < min(len(a), len(b)) and a[-1 - length] == b[-1 - length]:
        length += 1
    return a[len(a) - length :]
