"""Commands about what is stored: readers, books, datasets, undo, redo, forget."""

from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING

import click

from studio.shell.base import Command, find_reader, give, shared
from studio.text import count, one_line

if TYPE_CHECKING:
    from engine.store.journal import Change, Way
    from engine.store.readers import ReaderSummary


@click.command("readers", cls=Command)
def readers() -> None:
    """List the readers."""
    from engine import desk

    found = desk.readers(shared().data_dir)
    lines = map(_reader_line, found)
    nothing = (
        "No readers yet. `persona-studio import reviews FILE` adds some, `import example` ours."
    )
    give({"readers": [asdict(reader) for reader in found]}, lines if found else [nothing])


def _reader_line(reader: "ReaderSummary") -> str:
    name = "" if reader.name == reader.id else f" ({one_line(reader.name, 40)})"
    profile = "profile built" if reader.profile_built else "no profile yet"
    return (
        f"{reader.id}{name}: {count(reader.reviews, 'review')}, {count(reader.words, 'word')}, "
        f"{profile}, {count(reader.pairs, 'pair')}"
    )


@click.command("books", cls=Command)
@click.option("--reader", help="Leave out what this reader has reviewed.")
@click.option("--find", default="", help="Only titles and authors with this in them.")
def books(reader: str | None, find: str) -> None:
    """List the books a description can be written for."""
    from engine import desk

    data_dir = shared().data_dir
    reader_id = desk.reader_id_of(data_dir, reader) if reader else None
    found = [
        book
        for book in desk.books(data_dir, reader_id)
        if find.casefold() in f"{book.title} {book.author}".casefold()
    ]
    lines = (
        f"{book.id}  {one_line(book.title, 60)}, {one_line(book.author, 40)}" for book in found
    )
    give({"books": [asdict(book) for book in found]}, islice(lines, 200))


@click.command("datasets", cls=Command)
def datasets() -> None:
    """List the imported preference datasets."""
    from engine import desk

    found = desk.datasets(shared().data_dir)
    lines = [f"{name}: {count(pairs, 'pair')}" for name, pairs in found.items()]
    give(
        {"datasets": [{"id": name, "pairs": pairs} for name, pairs in found.items()]},
        lines or ["No datasets yet. `persona-studio import preferences FILE` adds one."],
    )


@click.command("undo", cls=Command)
def undo() -> None:
    """Take back the last change, whatever it was."""
    from engine import desk

    _give_move("undo", desk.undo(shared().data_dir))


@click.command("redo", cls=Command)
def redo() -> None:
    """Make the undone change again."""
    from engine import desk

    _give_move("redo", desk.redo(shared().data_dir))


def _give_move(way: "Way", change: "Change | None") -> None:
    """Tell what was undone or done again, whose it is, and which pairs."""
    from engine import desk
    from studio import undoing

    key = "undone" if way == "undo" else "redone"
    if change is None:
        nothing = dict.fromkeys((key, "made_at", "who", "road"))
        give({**nothing, "readers": [], "pairs": 0, "pair_ids": []}, [undoing.NOTHING[way]])
        return
    reach = desk.reach(shared().data_dir, change.id)
    lines = [undoing.done(way, change, reach, None), f"{undoing.made(change)}."]
    if reach.pair_ids:
        more = ", …" if reach.pairs > len(reach.pair_ids) else ""
        lines.append(f"Pairs: {', '.join(reach.pair_ids)}{more}")
    by = {"made_at": change.made_at, "who": change.who, "road": change.road}
    told = {"readers": list(reach.readers), "pairs": reach.pairs, "pair_ids": list(reach.pair_ids)}
    give({key: change.title, **by, **told}, lines)


@click.command("forget", cls=Command)
@click.argument("reader")
def forget(reader: str) -> None:
    """Delete a reader and all that was derived, for good; says which runs still carry them."""
    from engine import desk

    data_dir, reader_id = find_reader(reader)
    carrying = desk.forget(data_dir, reader_id)
    lines = [f"{reader} is forgotten, for good: undo does not bring a person back."]
    if carrying:
        lines.append(
            f"{count(len(carrying), 'run')} still hold pairs, a profile or a model of theirs:"
        )
    lines += [f"  {data_dir / 'runs' / run.id}: {one_line(run.title)}" for run in carrying]
    give({"reader": reader, "runs": [run.id for run in carrying]}, lines)
