"""The command preview: descriptions of one book by several panes, as they are written."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.domain import Book
from models.chat import Reply, Sampling, Started, Text
from models.errors import BadInput
from studio.shell.base import Command, find_reader, give, say, shared, tell
from studio.text import one_line

if TYPE_CHECKING:
    from engine.preview import Bench, Pane


@dataclass(frozen=True)
class Written:
    """What one pane wrote."""

    pane: str
    title: str
    reply: Reply
    near: tuple[str, ...]
    """What its model was told that the reader would say on the book."""

    def as_json(self) -> dict[str, object]:
        told = {"pane": self.pane, "title": self.title, "near": list(self.near)}
        return told | asdict(self.reply)


@click.command("preview", cls=Command)
@click.argument("reader")
@click.option("--book", required=True, help="Its id or title; `persona-studio books` lists them.")
@click.option("--pane", "panes", multiple=True, help="base, tuned, base-plain, original, run:ID.")
@click.option("--max-tokens", type=click.IntRange(1, 4096))
@click.option("--temperature", type=click.FloatRange(0, 2))
@click.option("--seed", type=int)
def preview(
    reader: str,
    book: str,
    panes: tuple[str, ...],
    max_tokens: int | None,
    temperature: float | None,
    seed: int | None,
) -> None:
    """Describe a book for a reader: the base model beside the tuned one."""
    from engine import desk
    from engine.preview import DEFAULT_SAMPLING

    data_dir, reader_id = find_reader(reader)
    found = find_book(desk.books(data_dir), book)
    usual = DEFAULT_SAMPLING
    sampling = replace(
        usual,
        max_tokens=usual.max_tokens if max_tokens is None else max_tokens,
        temperature=usual.temperature if temperature is None else temperature,
        seed=usual.seed if seed is None else seed,
    )
    written = asyncio.run(
        write_panes(data_dir, reader_id, found, panes, sampling, aloud=not shared().as_json)
    )
    document: dict[str, object] = {
        "reader": reader_id,
        "book": found.id,
        "panes": [pane.as_json() for pane in written],
    }
    give(document, [])


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
    from engine.preview import Bench

    async with Bench(data_dir) as bench:
        offered = {pane.id: pane for pane in bench.panes(reader_id)}
        written = []
        for pane in _chosen(offered, wanted):
            reply = await _write(bench, reader_id, book, pane, sampling, aloud)
            near = await bench.near(reader_id, book, pane)
            written.append(Written(pane.id, pane.title, reply, near))
            if note := bench.untold_note():
                tell(note)
        return written


def _chosen(offered: "dict[str, Pane]", wanted: Sequence[str]) -> "list[Pane]":
    if not wanted:
        if "tuned" not in offered:
            tell("No model was tuned for this reader yet: the base model only.")
        return [offered[name] for name in ("base", "tuned") if name in offered]
    for name in wanted:
        if name not in offered:
            raise BadInput(f"No pane {name!r} for this reader.", f"There are {', '.join(offered)}.")
    return [offered[name] for name in wanted]


async def _write(
    bench: "Bench", reader_id: str, book: Book, pane: "Pane", sampling: Sampling, aloud: bool
) -> Reply:
    if aloud:
        say(f"\n{pane.title}: {one_line(book.title)}")
    events = bench.stream(reader_id, book.id, pane.id, sampling)
    reply: Reply | None = None
    async with aclosing(events) as all_events:
        async for event in all_events:
            match event:
                case Started(sha256, tokens) if aloud:
                    say(f"model {sha256[:12] or 'not told'}, prompt {tokens} tokens\n")
                case Text(text) if aloud:
                    say(text, newline=False)
                case Reply():
                    reply = event
    assert reply is not None, "a stream of chat events ends with a Reply"
    if aloud:
        say(
            f"\n\n{reply.completion_tokens} tokens, the first after "
            f"{reply.time_to_first_token_s:.1f} s, then {reply.tokens_per_second:.1f} a second"
        )
    return reply
