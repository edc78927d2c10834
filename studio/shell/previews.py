"""The command preview: descriptions of one book by several panes, and what was written before."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.description_checks import Flag
from engine.domain import Book, Description
from engine.meter import Reading
from engine.sampling import resampled, told
from models.chat import Reply, Sampling, Started, Text
from models.errors import BadInput, UserError
from studio.preview_words import (
    ENDINGS,
    flag_lines,
    heading,
    making,
    meter_line,
    short_hash,
)
from studio.shell.base import Command, find_reader, give, say, shared, tell
from studio.text import one_line

if TYPE_CHECKING:
    from engine.meter_votes import MeterAgreement
    from engine.panes import Pane
    from engine.preview import Bench


@dataclass(frozen=True)
class Written:
    """What one pane wrote."""

    pane: str
    title: str
    reply: Reply
    near: tuple[str, ...]
    """What its model was told that the reader would say on the book."""
    kept: Description | None
    """As it is in the store; None of what no model wrote."""
    flags: tuple[Flag, ...] = ()
    meter: tuple[Reading, ...] = ()
    agreement: "MeterAgreement | None" = None
    """Of the meter with people's votes; None where it was not read."""

    def as_json(self) -> dict[str, object]:
        return {
            "pane": self.pane,
            "title": self.title,
            "near": list(self.near),
            **asdict(self.reply),
            "description": self.kept.id if self.kept else None,
            "flags": [asdict(flag) for flag in self.flags],
            "meter": [asdict(reading) for reading in self.meter],
            "meter_agreement": asdict(self.agreement) if self.agreement else None,
        }


@click.command("preview", cls=Command)
@click.argument("reader")
@click.option("--book", required=True, help="Its id or title; `persona-studio books` lists them.")
@click.option(
    "--pane",
    "panes",
    multiple=True,
    help="base, tuned, base-plain, original, run:ID, card:READER (the tuned model with another "
    "reader's card), local:FILE.gguf or endpoint:NAME.",
)
@click.option("--max-tokens", help="The longest a text may become.")
@click.option("--temperature", help="0 takes the likeliest word every time.")
@click.option("--repeat-penalty", help="1 is none.")
@click.option("--seed", help="The same one writes the same text.")
@click.option("--history", is_flag=True, help="Show what was written before, and write nothing.")
def preview(
    reader: str, book: str, panes: tuple[str, ...], history: bool, **typed: str | None
) -> None:
    """Describe a book for a reader: the base model beside the tuned one."""
    from engine import desk
    from engine.preview import DEFAULT_SAMPLING

    data_dir, reader_id = find_reader(reader)
    found = find_book(desk.books(data_dir), book)
    if history:
        _show_history(data_dir, reader_id, found)
        return
    given = {name: value for name, value in typed.items() if value is not None}
    sampling = resampled(DEFAULT_SAMPLING, given)
    written = asyncio.run(
        write_panes(data_dir, reader_id, found, panes, sampling, aloud=not shared().as_json)
    )
    document: dict[str, object] = {
        "reader": reader_id,
        "book": found.id,
        "sampling": asdict(sampling),
        "panes": [pane.as_json() for pane in written],
    }
    give(document, [])


def _show_history(data_dir: Path, reader_id: str, book: Book) -> None:
    from engine.past_descriptions import flags_of, past_descriptions

    past = [
        (description, flags_of(data_dir, description))
        for description in past_descriptions(data_dir, reader_id, book.id)
    ]
    document: dict[str, object] = {
        "reader": reader_id,
        "book": book.id,
        "history": [_as_json(description, flags) for description, flags in past],
    }
    give(document, [line for one, flags in past for line in _past_lines(one, flags)])
    if not past:
        tell("Nothing was written of this book for this reader yet.")


def _past_lines(description: Description, flags: Sequence[Flag]) -> Iterator[str]:
    yield heading(description)
    yield from (f"  {line}" for line in (*making(description), *flag_lines(flags)))
    yield f"\n{description.final_text}\n"


def _as_json(description: Description, flags: Sequence[Flag]) -> dict[str, object]:
    made_at, accepted_at = description.made_at, description.accepted_at
    return {
        **asdict(description),
        "made_at": made_at.isoformat(),
        "accepted_at": accepted_at.isoformat() if accepted_at else None,
        "flags": [asdict(flag) for flag in flags],
    }


def find_book(books: Sequence[Book], wanted: str) -> Book:
    """The book of this id or title, or the only one with this in its title.

    Raises:
        BadInput: there is none, or several.
    """
    title = wanted.casefold()
    found = [book for book in books if wanted == book.id or title == book.title.casefold()]
    found = found or [book for book in books if title in book.title.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        names = "; ".join(f"{book.title} ({book.id})" for book in found[:5])
        raise BadInput(f"{len(found)} books fit {wanted!r}: {names}.", "Give the id.")
    near = get_close_matches(wanted, [book.title for book in books], n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise BadInput(f"No book {wanted!r} here.", f"{hint}`persona-studio books` lists them.")


async def write_panes(
    data_dir: Path,
    reader_id: str,
    book: Book,
    wanted: Sequence[str],
    sampling: Sampling,
    aloud: bool,
) -> list[Written]:
    """Let each pane write its description, one after another.

    Args:
        wanted: pane ids; none takes the base model and, where there is one, the tuned one.
        aloud: print the words as they come.

    Raises:
        UserError: no such pane, or a model cannot answer.
    """
    from engine.desk import trait_names
    from engine.preview import Bench

    async with Bench(data_dir) as bench:
        written = []
        for pane in _chosen(bench, reader_id, wanted):
            one = await _write(bench, reader_id, book, pane, sampling, aloud)
            if one.kept:
                one = await _looked_at(bench, data_dir, one, one.kept)
                if aloud:
                    say("\n".join((*flag_lines(one.flags), meter_line(one.meter, trait_names()))))
            written.append(one)
            if one.agreement and aloud:
                say(one.agreement.told())
            if note := bench.untold_note():
                tell(note)
        return written


async def _looked_at(bench: "Bench", data_dir: Path, one: Written, kept: Description) -> Written:
    """What the checks and the meter find; the meter is left out where it cannot be asked."""
    from engine.past_descriptions import flags_of

    flags = await asyncio.to_thread(flags_of, data_dir, kept)
    try:
        meter, agreement = tuple(await bench.meter(kept)), await bench.meter_agreement()
        return replace(one, flags=flags, meter=meter, agreement=agreement)
    except UserError as error:
        tell(f"Meter: not read. {error}")
        return replace(one, flags=flags)


def _chosen(bench: "Bench", reader_id: str, wanted: Sequence[str]) -> "list[Pane]":
    if wanted:
        return [bench.pane(reader_id, pane_id) for pane_id in wanted]
    usual = [pane for pane in bench.panes(reader_id) if pane.id in ("base", "tuned")]
    if len(usual) == 1:
        tell("No model was tuned for this reader yet: the base model only.")
    return usual


async def _write(
    bench: "Bench", reader_id: str, book: Book, pane: "Pane", sampling: Sampling, aloud: bool
) -> Written:
    from engine.preview import Kept

    if aloud:
        say(f"\n{one_line(pane.title)}: {one_line(book.title)}")
    events = bench.stream(reader_id, book.id, pane.id, sampling)
    reply: Reply | None = None
    kept: Description | None = None
    async with aclosing(events) as all_events:
        async for event in all_events:
            match event:
                case Started(sha256, tokens) if aloud and pane.provider:
                    say(f"model {short_hash(sha256)}, prompt {tokens} tokens")
                    say(f"{told(sampling)}\n")
                case Text(text) if aloud:
                    say(text, newline=False)
                case Reply():
                    reply = event
                case Kept(description):
                    kept = description
    assert reply is not None, "a stream of chat events ends with a Reply"
    if aloud:
        say(
            f"\n\n{reply.completion_tokens} tokens, the first after "
            f"{reply.time_to_first_token_s:.1f} s, then {reply.tokens_per_second:.1f} a second"
            f"{ENDINGS[reply.stopped]}"
        )
    return Written(pane.id, pane.title, reply, kept.near if kept else (), kept)
