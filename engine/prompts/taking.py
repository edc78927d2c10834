"""Which turns a chat template takes: told alike of a tokenizer's and of a GGUF's.

So a dialogue that training reads as one turn is one turn to llama.cpp too.
"""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from engine.prompts import Takes, takes_all
from models.chat import Message, Role
from models.providers import LocalFile, parse_provider

Render = Callable[[Sequence[Message], bool], str]
"""The text of a conversation; with True up to where the model goes on."""


def taking(render: Render) -> Takes:
    """Tried on turns of the same roles: the template must refuse none, leave none out, and have an
    answer go on from the prompt."""
    from jinja2 import TemplateError  # here, as the window starts without it

    @cache
    def takes_roles(*roles: Role) -> bool:
        turns = [Message(role, f"Words {number}.") for number, role in enumerate(roles)]
        try:
            prompt = render(turns, True)
            whole = render([*turns, Message("assistant", "Answer.")], False)
        except TemplateError:
            return False
        return whole.startswith(prompt) and all(turn.content in prompt for turn in turns)

    return lambda turns: takes_roles(*(turn.role for turn in turns))


def taken_by(provider: str, data_dir: Path) -> Takes:
    """What the model of a provider takes; its file is opened when it is first asked.

    An endpoint is taken to take all, as is a file whose template cannot be tried here.
    """

    @cache
    def template() -> Takes:
        # Here, as these lead to numpy.
        from engine.library.go_template import rendering_of
        from models.gguf_file import open_gguf

        named = parse_provider(provider, data_dir)
        rendering = rendering_of(open_gguf(named.path)) if isinstance(named, LocalFile) else None
        takes = taking(rendering.prompt) if rendering else takes_all
        return takes if takes([Message("user", "")]) else takes_all

    return lambda turns: template()(turns)
