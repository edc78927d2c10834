"""The command profile card: the text that a reader's models are given, shown, rewritten, reset."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from models.errors import BadInput
from studio.shell.base import Command, find_reader, give, shared, tell
from studio.shell.previews import find_book
from studio.text import count, one_line

if TYPE_CHECKING:
    from engine.cards import ShownCard
    from engine.domain import Book
    from engine.profile.card import Card
    from engine.profile.card_items import CardTask

NAMES_AT_MOST = 6
"""Traits named for each reason; --json has them all."""


@click.command("card", cls=Command)
@click.argument("reader")
@click.option(
    "--task",
    type=click.Choice(["describe_book", "choose"]),
    default="describe_book",
    show_default=True,
    help="What the card is for; models are given the first.",
)
@click.option("--budget", type=int, help="Tokens it may take; 300 unless told.")
@click.option(
    "--for",
    "book",
    help="Show too what the reader would say on this book: its id or title.",
)
@click.option("--own", is_flag=True, help="Show the profile's own card where yours is in force.")
@click.option(
    "--edit",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Put the text of this file (- for standard input) in the card's place.",
)
@click.option("--reset", is_flag=True, help="Take your text away again.")
def card(
    reader: str,
    task: str,
    budget: int | None,
    book: str | None,
    own: bool,
    edit: Path | None,
    reset: bool,
) -> None:
    """Show the few lines that every model of a reader is given, and what was left out of them."""
    from engine import cards, desk
    from engine.profile.card import DEFAULT_BUDGET
    from engine.text_file import read_text

    if edit and reset:
        raise BadInput("--edit and --reset are opposites.", "Give one of them.")
    data_dir, reader_id = find_reader(reader)
    about = find_book(desk.books(data_dir), book) if book else None
    if edit:
        cards.edit_card(data_dir, reader_id, read_text(edit))
    elif reset:
        cards.reset_card(data_dir, reader_id)
    tokens = DEFAULT_BUDGET if budget is None else budget
    shown = cards.card(data_dir, reader_id, cast("CardTask", task), tokens)
    document: dict[str, object] = {"reader": reader_id, "task": task, **_as_json(shown)}
    lines = [shown.card.text if own else shown.text]
    if about:
        near = asyncio.run(_said_on(data_dir, reader_id, about))
        document |= {"book": about.id, "near": list(near)}
        lines += ["", *(f"- {sentence}" for sentence in near)] if near else []
    give(document, lines)
    if not shared().as_json:
        for line in _told(shown, own, desk.trait_names()):
            tell(line)


COMMANDS = (card,)


async def _said_on(data_dir: Path, reader_id: str, book: "Book") -> tuple[str, ...]:
    from engine.near_book import NearBooks

    async with NearBooks(data_dir) as near:
        said = await near.said_on(reader_id, book)
    if near.note:
        tell(near.note)
    elif not said:
        tell("Nothing that the reader would say is known well enough.")
    return said


def _as_json(shown: "ShownCard") -> dict[str, object]:
    return {
        "text": shown.text,
        "tokens": shown.tokens,
        "budget": shown.card.budget,
        "over_budget": shown.is_over_budget,
        "edited": shown.edited_text is not None,
        "stale": shown.is_stale,
        "own": asdict(shown.card),
    }


def _told(shown: "ShownCard", own: bool, names: Mapping[str, str]) -> Iterator[str]:
    card = shown.card
    yield ""
    if shown.edited_text is None or own:
        yield f"{card.tokens} of {card.budget} tokens; {count(len(card.included), 'trait')} told."
        yield from _left_out(card, names)
    else:
        yield f"Your text, {count(shown.tokens, 'token')}; --reset brings the profile's own back."
    if shown.is_over_budget and not own:
        yield f"It is over the budget of {card.budget} tokens; models read all of it."
    if shown.is_stale:
        yield "The profile's own card has changed since you wrote yours: --own shows it."


def _left_out(card: "Card", names: Mapping[str, str]) -> Iterator[str]:
    """The traits that are not told, a line for each reason."""
    by_reason = sorted(card.left_out, key=lambda left: left.reason)
    for reason, group in groupby(by_reason, key=lambda left: left.reason):
        told = [one_line(names.get(left.trait_id, left.trait_id), 40) for left in group]
        more = len(told) - NAMES_AT_MOST
        rest = f"; and {more} more" if more > 0 else ""
        yield f"  {reason}: {'; '.join(told[:NAMES_AT_MOST])}{rest}"
    if card.unknown:
        yield f"  unknown: {count(card.unknown, 'trait')}"
