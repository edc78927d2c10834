"""Storing what was typed into a pair: nothing is overwritten that the editor has not seen."""

from textual.app import App
from textual.content import Content

from engine import desk
from engine.pairs.meanwhile import ChangedMeanwhile, texts_of
from studio.screens.ask_which import AskWhich
from studio.session import Session
from studio.text import word_diff
from studio.widgets.pair_pane import Edited, PairPane

HEADING = "Changed while you were writing"
ANSWERS = {"m": "Mine", "t": "Theirs"}
WHICH = (
    "Another window or a command changed this pair. Mine stores your texts over theirs, theirs "
    "throws yours away. Or go on editing: yours where you wrote, theirs where you did not.\n"
)
OVER = (
    "Another window or a command changed this answer after the model had read it. Mine stores your "
    "text over theirs.\n"
)


async def store_edit(app: App[None], session: Session, pane: PairPane) -> bool:
    """Store what the fields hold, and ask where the pair was changed meanwhile.

    To be awaited in a worker.

    Returns:
        Whether the fields are done with; False leaves them open, with a word about why.
    """
    while (edited := pane.edited) is not None and edited.changed:
        if empty := [name for name, text in edited.texts.items() if not text.strip()]:
            pane.refuse(
                empty[0],
                f"The {empty[0]} text cannot be empty. Drop the pair instead (esc, then d).",
            )
            return False
        try:
            await session.ask(
                desk.edit_pair, edited.began.id, **edited.changed, began=texts_of(edited.began)
            )
        except ChangedMeanwhile as error:
            if edited.texts == texts_of(error.now):
                break
            which = await _ask(app, edited, error)
            if which is None:
                pane.begin_from(error.now, edited.changed.keys())
                return False
            if which == "t":
                break
            pane.begin_from(error.now)
        else:
            break
    pane.stop_editing()
    return True


async def is_meant_over(app: App[None], side: str, theirs: str, mine: str) -> bool:
    """Ask before a rewritten answer takes the place of one that was changed meanwhile.

    To be awaited in a worker.
    """
    told = Content("\n").join([Content(OVER), *_two(side, theirs, mine)])
    question = AskWhich(HEADING, told, {"m": "Mine"}, "Go on editing")
    return await app.push_screen_wait(question) == "m"


async def _ask(app: App[None], edited: Edited, error: ChangedMeanwhile) -> str | None:
    """Which is to stay, as a key of `ANSWERS`; None goes on editing."""
    told = Content("\n").join([Content(WHICH), *_both(edited, texts_of(error.now))])
    return await app.push_screen_wait(AskWhich(HEADING, told, ANSWERS, "Go on editing"))


def _both(edited: Edited, now: dict[str, str]) -> list[Content]:
    """Of each text that differs, theirs and the editor's own."""
    differ = [(name, mine) for name, mine in edited.texts.items() if mine != now[name]]
    return [part for name, mine in differ for part in _two(name, now[name], mine)]


def _two(name: str, theirs: str, mine: str) -> list[Content]:
    """Two texts with the words that only one of them has in bold and underlined."""
    their_words, my_words = word_diff(theirs, mine)
    return [
        Content.assemble((f"The {name} text, theirs: ", "bold"), their_words),
        Content.assemble((f"The {name} text, mine: ", "bold"), my_words, "\n"),
    ]
