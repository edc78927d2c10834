"""The blind ballots of a round, to print or to share: codes, two texts each, boxes to tick.

Made of `BlindBallot`s alone, so that no side is in it to be found.
"""

from collections.abc import Sequence
from pathlib import Path

from engine.votes.ballot import TAGS, BlindBallot
from engine.votes.loading import COLUMNS, form_of
from models.errors import BadInput
from studio.sheets.page import html_page, html_text, markdown_line, markdown_quote
from studio.text import count

SUFFIXES = (".html", ".md", ".csv")
TITLE = "Which text would this reader rather have?"
HOW = (
    "Read both texts of a ballot and choose one, or say that they are equally good (tie) or that "
    "neither will do (both bad). Who wrote which is told when all have voted."
)
BOXES = ("left", "right", "tie", "both bad")
RATING = "How much would the reader want to read the book, 1 to 5? Left ___ Right ___"


def sheet(ballots: Sequence[BlindBallot], path: Path, card: str = "") -> str:
    """The sheet as the name of its file asks for it: a page, Markdown, or the table to fill in.

    Args:
        card: tells who the reader is to those who do not know; empty tells nothing.

    Raises:
        BadInput: the name ends in none of them.
    """
    writers = {".html": _html, ".md": _markdown, ".csv": _table}
    if path.suffix.lower() not in writers:
        raise BadInput(
            f"{path.name!r} does not say what sheet it is to be.",
            f"End it in {', '.join(SUFFIXES)}: a page, Markdown, or the table to fill in.",
        )
    return writers[path.suffix.lower()](ballots, card)


def _table(ballots: Sequence[BlindBallot], _: str) -> str:
    return form_of(tuple(ballot.code for ballot in ballots))


def _back(ballots: Sequence[BlindBallot]) -> str:
    return (
        f"To hand the votes in, fill in a table with the columns {', '.join(COLUMNS)}, a row for "
        f"each ballot: the code, the vote ({', '.join(BOXES)}), your name, and where you like the "
        "reasons and the ratings."
    )


def _html(ballots: Sequence[BlindBallot], card: str) -> str:
    tags = " · ".join(f"<b>{html_text(tag)}</b> {html_text(told)}" for tag, told in TAGS.items())
    body = [
        f"<h1>{TITLE}</h1>",
        f"<p>{HOW}</p>",
        f'<p class="quiet">{count(len(ballots), "ballot")} of the round '
        f"{html_text(ballots[0].round_id)}. {html_text(_back(ballots))}</p>",
        f'<p class="quiet">Reasons: {tags}</p>',
        *([f'<h2>The reader</h2><div class="text">{html_text(card)}</div>'] if card else []),
        "<p>Voter: ______________________</p>",
        *map(_html_ballot, ballots),
    ]
    return html_page(TITLE, "\n".join(body))


def _html_ballot(ballot: BlindBallot) -> str:
    by = f", {html_text(ballot.author)}" if ballot.author else ""
    boxes = "".join(f"<span>☐ {box}</span>" for box in BOXES)
    return (
        f'<div class="ballot"><p><span class="code">{html_text(ballot.code)}</span> '
        f"{ballot.number} of {ballot.of}: <b>{html_text(ballot.title)}</b>{by}</p>\n"
        f'<div class="two"><div><p class="quiet">left</p>'
        f'<div class="text">{html_text(ballot.left)}</div></div>\n'
        f'<div><p class="quiet">right</p><div class="text">{html_text(ballot.right)}</div></div>'
        f'</div>\n<p class="boxes">{boxes}</p><p>Why: ______________________</p>'
        f"<p>{RATING}</p></div>"
    )


def _markdown(ballots: Sequence[BlindBallot], card: str) -> str:
    head = [
        f"# {TITLE}",
        HOW,
        f"{count(len(ballots), 'ballot')} of the round {ballots[0].round_id}. {_back(ballots)}",
        "Reasons: " + "; ".join(f"**{tag}** {told}" for tag, told in TAGS.items()),
    ]
    head += ["The reader:", markdown_quote(card)] if card else []
    return "\n\n".join([*head, *map(_markdown_ballot, ballots)]) + "\n"


def _markdown_ballot(ballot: BlindBallot) -> str:
    by = f", {markdown_line(ballot.author)}" if ballot.author else ""
    boxes = "  ".join(f"☐ {box}" for box in BOXES)
    return "\n\n".join(
        [
            f"## {ballot.code} ({ballot.number} of {ballot.of})",
            f"{markdown_line(ballot.title)}{by}",
            "Left:",
            markdown_quote(ballot.left),
            "Right:",
            markdown_quote(ballot.right),
            f"{boxes}  Why: ________",
            RATING,
        ]
    )
