"""The commands `vote …`: blind rounds made, voted on, shown, printed and read back."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from models.errors import BadInput
from studio.shell.base import Group, find_reader, give, shared
from studio.shell.files import FORCE, write_private
from studio.shell.imports import skipped_lines
from studio.text import count, one_line

if TYPE_CHECKING:
    from engine.votes.ballot import BlindBallot, Choice
    from engine.votes.loading import VotesLoaded
    from engine.votes.making import RoundMade

_ROUND = click.option("--round", "round_id", help="The beginning of its id; the newest otherwise.")
_VOTER = click.option("--voter", help="Who votes; the name you log in by unless told.")


@click.group("vote", cls=Group)
def vote() -> None:
    """Vote blind on two texts of a book, and see what the votes come to."""


@vote.command("new")
@click.argument("reader")
@click.option(
    "--of",
    "contestants",
    multiple=True,
    metavar="PANE",
    help="A pane that has written, such as base or tuned, or original; two of them or more.",
)
@click.option("--book", "books", multiple=True, help="Only this book (id or title); repeatable.")
def new(reader: str, contestants: tuple[str, ...], books: tuple[str, ...]) -> None:
    """Make a blind round of the descriptions that previews wrote; without --of, tell of which."""
    from engine import desk
    from engine.votes import making
    from studio.shell.previews import find_book

    data_dir, reader_id = find_reader(reader)
    if not contestants:
        found = making.offered(data_dir, reader_id)
        give(
            {"reader": reader_id, "contestants": [asdict(one) for one in found]},
            [
                f"{one_line(one.contestant.told, 80)}: {count(len(one.books), 'book')}"
                for one in found
            ]
            or ["Nothing was written for this reader yet; `preview` writes."],
        )
        return
    shelf = desk.books(data_dir) if books else []
    ids = [find_book(shelf, book).id for book in books]
    made = making.make_round(data_dir, reader_id, contestants, ids)
    give(asdict(made), _made_lines(made))


def _made_lines(made: "RoundMade") -> Iterator[str]:
    yield f"Round {made.id}: {count(made.ballots, 'ballot')} on {count(len(made.books), 'book')}."
    for left in made.left_out:
        yield f"  {left.book_id} is left out. {left.reason}"
    yield f"`persona-studio vote next {made.reader}` shows the first."


@vote.command("list")
@click.argument("reader")
def list_(reader: str) -> None:
    """List a reader's rounds, the newest first."""
    from engine.votes import rounds
    from studio.vote_words import round_line

    data_dir, reader_id = find_reader(reader)
    found = rounds.rounds(data_dir, reader_id)
    give(
        {"reader": reader_id, "rounds": [line.as_json() for line in found]},
        map(round_line, found) if found else ["No round yet; `persona-studio vote new` makes one."],
    )


@vote.command("next")
@click.argument("reader")
@_ROUND
@_VOTER
def next_(reader: str, round_id: str | None, voter: str | None) -> None:
    """Show the next ballot that this voter has not voted on."""
    from engine.votes import rounds

    data_dir, reader_id = find_reader(reader)
    own_id = rounds.round_of(data_dir, reader_id, round_id)
    found = rounds.ballots(data_dir, own_id, _voter(voter))
    waiting = next((ballot for ballot in found if ballot.vote is None), None)
    done = sum(ballot.vote is not None for ballot in found)
    give(
        {
            "reader": reader_id,
            "round": own_id,
            "voted": done,
            "of": len(found),
            "ballot": waiting.as_json() if waiting else None,
        },
        _ballot_lines(waiting)
        if waiting
        else [f"You have voted on all {len(found)}. `vote reveal {reader_id}` shows who is who."],
    )


def _ballot_lines(ballot: "BlindBallot") -> Iterator[str]:
    by = f", {one_line(ballot.author, 60)}" if ballot.author else ""
    yield f"{ballot.code}  {ballot.number} of {ballot.of}: {one_line(ballot.title)}{by}"
    for side, text in (("left", ballot.left), ("right", ballot.right)):
        yield ""
        yield f"{side}:"
        yield text
    yield ""
    yield f"`persona-studio vote cast {ballot.code} left|right|tie|both-bad --why TAG`"


@vote.command("cast")
@click.argument("code")
@click.argument("choice", type=click.Choice(["left", "right", "tie", "both-bad"]))
@click.option("--why", "tags", multiple=True, help="A reason; `vote reasons` lists them.")
@click.option("--rate-left", type=int, help="How much the left one makes one want to read: 1 to 5.")
@click.option("--rate-right", type=int, help="The same of the right one.")
@_VOTER
def cast_(
    code: str,
    choice: str,
    tags: tuple[str, ...],
    rate_left: int | None,
    rate_right: int | None,
    voter: str | None,
) -> None:
    """Vote on a ballot, or change a vote, until the sides are shown."""
    from engine.votes import rounds
    from studio.vote_words import CHOSEN

    taken = cast("Choice", choice.replace("-", "_"))
    name = _voter(voter)
    said = rounds.Said(code.strip().upper(), taken, tags, (rate_left, rate_right))
    ballot = rounds.cast(shared().data_dir, name, said)
    why = f", because {', '.join(tags)}" if tags else ""
    told = f"{ballot.code}: {CHOSEN[taken]}{why}, by {one_line(name)}."
    give({"voter": name, "ballot": ballot.as_json()}, [told])


@vote.command("back")
@click.argument("code")
@_VOTER
def back(code: str, voter: str | None) -> None:
    """Take a vote back; the ballot waits for another."""
    from engine.votes import rounds

    name, own_code = _voter(voter), code.strip().upper()
    rounds.take_back(shared().data_dir, name, own_code)
    give(
        {"voter": name, "code": own_code}, [f"The vote of {one_line(name)} on {own_code} is gone."]
    )


@vote.command("reasons")
def reasons() -> None:
    """List the reasons that a vote can have."""
    from engine.votes.ballot import TAGS

    give({"reasons": dict(TAGS)}, (f"{tag:<12} {told}" for tag, told in TAGS.items()))


@vote.command("reveal")
@click.argument("reader")
@_ROUND
@click.option("--early", is_flag=True, help="Although votes are missing.")
def reveal(reader: str, round_id: str | None, early: bool) -> None:
    """Show who wrote what and the verdict, for good: nobody votes on this round afterwards."""
    from engine.votes import rounds
    from engine.votes.verdict import verdict_of
    from studio.vote_words import ASSUMED, verdict_lines

    data_dir, reader_id = find_reader(reader)
    whole = rounds.reveal(data_dir, rounds.round_of(data_dir, reader_id, round_id), early)
    verdict = verdict_of(whole)
    give(
        {
            "round": whole.id,
            "reader": reader_id,
            "seed": whole.seed,
            "contestants": [asdict(one) for one in whole.contestants.values()],
            "ballots": [asdict(seat) for seat in whole.seats],
            "verdict": verdict.as_json(),
            "assumed": ASSUMED,
        },
        verdict_lines(whole, verdict),
    )


@vote.command("pairs")
@click.argument("reader")
def pairs(reader: str) -> None:
    """Make training pairs of votes whose sides were shown and of accepted edits."""
    from engine.votes.next_round import pairs_of_votes
    from studio.vote_words import next_round_lines

    made = pairs_of_votes(*find_reader(reader))
    give(made.as_json(), next_round_lines(made))


@vote.command("sheet")
@click.argument("reader")
@click.argument("file", type=click.Path(path_type=Path))
@_ROUND
@click.option("--with-card", is_flag=True, help="Tell who the reader is, by the profile card.")
@FORCE
def sheet(reader: str, file: Path, round_id: str | None, with_card: bool, force: bool) -> None:
    """Write the ballots to print or share: .html, .md, or .csv for the table to fill in."""
    from engine.cards import conditioning_text
    from engine.votes import rounds
    from studio.sheets import ballots as sheets

    data_dir, reader_id = find_reader(reader)
    own_id = rounds.round_of(data_dir, reader_id, round_id)
    found = rounds.ballots(data_dir, own_id, _voter(None))
    if not found:
        raise BadInput("The round has no ballots left.", "Make another: `vote new`.")
    card = conditioning_text(data_dir, reader_id) if with_card else ""
    write_private(file, sheets.sheet(found, file, card), force)
    document = {"round": own_id, "file": str(file), "ballots": len(found)}
    told = (
        f"{count(len(found), 'ballot')} written to {file}. `vote load FILE.csv` reads votes back."
    )
    give(document, [told])


@vote.command("load")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--voter", default="", help="Whose votes they are, where a row names nobody.")
def load(file: Path, voter: str) -> None:
    """Read votes back from the table of a sheet; rows that are no vote are listed."""
    from engine.votes.loading import load_votes

    loaded = load_votes(shared().data_dir, file, voter)
    give(loaded.as_json(), _loaded_lines(loaded))


def _loaded_lines(loaded: "VotesLoaded") -> Iterator[str]:
    who = ", ".join(one_line(name, 30) for name in loaded.voters)
    same = loaded.votes - loaded.added - loaded.changed
    yield (
        f"{count(loaded.votes, 'vote')} by {who}: {loaded.added} new, {loaded.changed} changed, "
        f"{same} as they were; {loaded.blank} not filled in."
    )
    yield from skipped_lines(loaded.skipped)


def _voter(given: str | None) -> str:
    from engine.store.authors import login
    from engine.votes.ballot import voter_name

    return voter_name(login() if given is None else given)
