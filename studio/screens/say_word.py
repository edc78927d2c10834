"""The editor's word on a trait: the questions it takes, and the act itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from textual.app import App

from engine import desk, editing
from engine.domain import Profile, Trait
from studio.screens.ask_words import AskWords, Blank
from studio.screens.override_trait import OverrideTrait
from studio.session import Session

Word = Literal["accept", "set", "unknown", "clear"]
WHY = "Why (for whoever reads this later)"
UNKNOWN = (
    "No pair and no card uses a trait that is marked unknown, whatever the sources say. "
    "What they say stays visible, and r takes your word away again."
)


def can_say(trait: Trait | None, word: object) -> bool:
    """Whether this word on this trait would change anything."""
    if trait is None:
        return False
    kind = trait.override.kind if trait.override else None
    possible: Mapping[object, bool] = {
        "accept": kind != "accepted" and replace(trait, override=None).is_known,
        "set": trait.status != "off",
        "unknown": kind != "unknown" and trait.status != "off",
        "clear": kind is not None,
    }
    return possible[word]


async def say(
    app: App[None], session: Session, reader_id: str, trait: Trait, name: str, word: Word
) -> Profile | None:
    """Ask the editor what the word takes and say it; None where the editor thought better of it.

    Raises:
        BadInput: the trait does not take it.
    """
    if word == "accept":
        return await session.ask(editing.accept_trait, reader_id, trait.id)
    if word == "clear":
        return await session.ask(editing.clear_override, reader_id, trait.id)
    reason = trait.override.reason if trait.override else ""
    if word == "unknown":
        blanks = [Blank(WHY, reason)]
        answer = await app.push_screen_wait(AskWords(name, UNKNOWN, blanks, "Mark unknown"))
        if answer is None:
            return None
        return await session.ask(editing.mark_unknown, reader_id, trait.id, *answer)
    if trait.framework == "demographics":
        refusal = "Give the fact in a few words, or mark it unknown (esc, then x)."
        blanks = [Blank("The fact", trait.effective_value or "", refusal), Blank(WHY, reason)]
        explanation = "What you know of this reader, in a few words."
        fact = await app.push_screen_wait(AskWords(name, explanation, blanks, "Set fact"))
        if fact is None:
            return None
        value, why = fact
        return await session.ask(editing.set_trait, reader_id, trait.id, None, why, value)
    scored = await app.push_screen_wait(OverrideTrait(trait, name, desk.poles(trait.id)))
    if scored is None:
        return None
    return await session.ask(editing.set_trait, reader_id, trait.id, *scored)
