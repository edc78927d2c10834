"""The one conversation of a tailoring: trained on, scored and asked in the same words."""

from collections.abc import Sequence

from engine.prompts import persona_turn
from models.chat import Message


def conversation(request: str, persona: str, before: Sequence[Message] = ()) -> tuple[Message, ...]:
    """What a model is asked.

    Args:
        persona: a sentence; empty where nobody is known.
        before: exemplars, which stand in the same words (`engine.tailoring.cases.exemplars_of`).
    """
    return (*before, Message("user", persona_turn(request, persona)))
