"""Words that were typed and not stored yet: asked about before anything takes them away."""

from typing import Protocol

from textual.app import App

from studio.screens.ask_which import AskWhich

ANSWERS = {"s": "Save", "d": "Discard"}


class Draft(Protocol):
    """What has fields in which somebody may be writing."""

    @property
    def unsaved(self) -> str:
        """What is not stored yet, as `the edit of a pair`; empty where all is."""

    async def store(self) -> bool:
        """Store it; False where that was refused, and the editor was told why."""


async def may_go(app: App[None], draft: Draft) -> bool:
    """Whether the words may leave the screen now: stored, or thrown away on purpose.

    To be awaited in a worker. Nothing is asked where nothing would be lost.
    """
    if not draft.unsaved:
        return True
    told = f"Not stored yet: {draft.unsaved}."
    answer = await app.push_screen_wait(AskWhich("Your words", told, ANSWERS, "Go on writing"))
    return answer == "d" or (answer == "s" and await draft.store())
