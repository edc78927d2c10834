"""Commands about what is stored: import, readers, books, datasets, undo, redo, forget."""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.domain import Skipped
from studio.shell.base import Command, Group, give, shared
from studio.text import count, one_line

if TYPE_CHECKING:
    from engine.reports import ImportReport
    from engine.store.readers import ReaderSummary

LINES_AT_MOST = 20

_FILE = click.Path(path_type=Path, allow_dash=True)
_FORMAT = click.option("--format", "format_", help="Read the file as this; detected otherwise.")


def _file(path: Path) -> Path | None:
    return None if str(path) == "-" else path


@click.group("import", cls=Group)
def import_() -> None:
    """Read reviews, books or preference data from a file; - is standard input."""


@import_.command("reviews")
@click.argument("file", type=_FILE)
@_FORMAT
def import_reviews(file: Path, format_: str | None) -> None:
    """Import reviews: Amazon, Goodreads, Kaggle, or plain CSV and JSONL."""
    from engine import desk

    report = desk.import_reviews(shared().data_dir, _file(file), format_)
    give(report.as_json(), _import_lines(report))


@import_.command("example")
def import_example() -> None:
    """Import the three example readers, invented by us."""
    from engine import desk

    report = desk.import_example(shared().data_dir)
    give(report.as_json(), _import_lines(report))


def _import_lines(report: "ImportReport") -> Iterator[str]:
    yield (
        f"{report.format}: {count(report.reviews, 'review')} ({report.added:,} new) "
        f"of {count(report.books, 'book')} by {count(len(report.readers), 'reader')}."
    )
    by_reviews = sorted(report.readers, key=lambda reader: -reader.reviews)
    for reader in by_reviews[:LINES_AT_MOST]:
        yield f"  {reader.id}: {count(reader.reviews, 'review')}"
    yield from _and_more(len(report.readers), "`persona-studio readers` lists them all")
    yield from skipped_lines(report.skipped)


def skipped_lines(skipped: tuple[Skipped, ...]) -> Iterator[str]:
    """The rows of a file that were not taken, and why."""
    if skipped:
        yield f"{count(len(skipped), 'row')} skipped:"
    for row in skipped[:LINES_AT_MOST]:
        yield f"  line {row.line}: {one_line(row.reason)}"
    yield from _and_more(len(skipped), "--json lists them all")


def _and_more(number: int, where: str) -> Iterator[str]:
    if number > LINES_AT_MOST:
        yield f"  … and {number - LINES_AT_MOST:,} more; {where}"


@import_.command("books")
@click.argument("file", type=_FILE)
@_FORMAT
def import_books(file: Path, format_: str | None) -> None:
    """Import books with descriptions, to write new ones for."""
    from engine import desk

    report = desk.import_books(shared().data_dir, file, format_)
    told = f"{report.format}: {count(report.books, 'book')}."
    give(report.as_json(), [told, *skipped_lines(report.skipped)])


@import_.command("preferences")
@click.argument("file", type=_FILE)
@_FORMAT
@click.option("--dataset", help="The name to keep it under; the file's name otherwise.")
def import_preferences(file: Path, format_: str | None, dataset: str | None) -> None:
    """Import preference data: prompt, chosen, rejected."""
    from engine import desk

    report = desk.import_preferences(shared().data_dir, _file(file), format_, dataset)
    told = f"{report.format}: {count(report.pairs, 'pair')} in the dataset {report.dataset}."
    give(report.as_json(), [told, *skipped_lines(report.skipped)])


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

    change = desk.undo(shared().data_dir)
    title = change.title if change else None
    give({"undone": title}, [f"Undone: {title}." if title else "There is nothing to undo."])


@click.command("redo", cls=Command)
def redo() -> None:
    """Make the undone change again."""
    from engine import desk

    change = desk.redo(shared().data_dir)
    title = change.title if change else None
    give({"redone": title}, [f"Done again: {title}." if title else "There is nothing to redo."])


@click.command("forget", cls=Command)
@click.argument("reader")
def forget(reader: str) -> None:
    """Delete a reader and all that was derived, for good; says which runs still carry them."""
    from engine import desk

    data_dir = shared().data_dir
    carrying = desk.forget(data_dir, desk.reader_id_of(data_dir, reader))
    lines = [f"{reader} is forgotten, for good: undo does not bring a person back."]
    if carrying:
        lines.append(
            f"{count(len(carrying), 'run')} still hold pairs, a profile or a model of theirs:"
        )
    lines += [f"  {data_dir / 'runs' / run.id}: {one_line(run.title)}" for run in carrying]
    give({"reader": reader, "runs": [run.id for run in carrying]}, lines)
