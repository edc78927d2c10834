"""What Go's text/template makes of the small part of its language that Modelfiles are written in.

Enough for `if`, `else if`, `else`, `range $i, $_ :=`, `eq`, `and`, `not`, fields and quoted texts.
Ollama hands over the words of all system messages as `.System` and all messages as `.Messages`
(`Execute` in its template/template.go).
"""

import json
import re
from collections.abc import Mapping, Sequence

from models.chat import Message

Scope = Mapping[str, object]
_PARTS = re.compile(r"\{\{ (.*?) \}\}(?=\{\{|$)", re.S)


def rendered(template: str, messages: Sequence[Message]) -> str:
    """The prompt; fails where a piece of the template is not understood."""
    actions = _PARTS.findall(template)
    assert "".join(f"{{{{ {it} }}}}" for it in actions) == template, "all of it is actions"
    system = "\n\n".join(it.content for it in messages if it.role == "system")
    text, left = _block(actions, {"$.System": system, ".System": system, ".Messages": messages})
    assert not left
    return text


def _block(actions: list[str], scope: Scope, is_on: bool = True) -> tuple[str, list[str]]:
    """The text up to the `end` or `else` that is not its own, and what is left from there."""
    text = ""
    while actions and not actions[0].startswith(("end", "else")):
        head, *actions = actions
        if head.startswith("range "):
            every = scope[".Messages"] if is_on else ()
            assert isinstance(every, Sequence)
            _, left = _block(actions, scope, False)
            for at, message in enumerate(every):
                inner = {".Role": message.role, ".Content": message.content, "$i": at}
                text += _block(actions, {**scope, **inner}, is_on)[0]
            actions = left[1:]
        elif head.startswith("if "):
            added, actions = _branches(head[3:], actions, scope, is_on)
            text += added
        elif is_on:
            text += str(_value(head, scope))
    return text, actions


def _branches(
    condition: str, actions: list[str], scope: Scope, is_on: bool
) -> tuple[str, list[str]]:
    text, is_done = "", False
    while True:
        takes = is_on and not is_done and (condition == "" or bool(_value(condition, scope)))
        added, actions = _block(actions, scope, takes)
        text += added
        is_done = is_done or takes
        head, *actions = actions
        if head == "end":
            return text, actions
        condition = head.removeprefix("else").removeprefix(" if ")


def _value(told: str, scope: Scope) -> object:
    if told.startswith('"') or told.isdigit():
        return json.loads(told)
    if told.startswith("not "):
        return not _value(told[4:], scope)
    if match := re.fullmatch(r"eq (\S+) (.+)", told):
        return _value(match[1], scope) == _value(match[2], scope)
    if match := re.fullmatch(r"and (\S+) \((.+)\)", told):
        return _value(match[1], scope) and _value(match[2], scope)
    return scope.get(told, "")
