"""Commands that read files: import reviews, books, preferences and the example; a look first."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.domain import Skipped
from models.errors import BadInput
from studio.shell.base import Group, give, shared
from studio.text import count, one_line

if TYPE_CHECKING:
    from engine.reports import ImportReport, PreferencesReport
    from engine.sources.look import FileLook

LINES_AT_MOST = 20
CELL_CHARS = 60

_FILE = click.Path(path_type=Path, allow_dash=True)
_FORMAT = click.option(
    "--format", "format_", help="Read the file as this; told by its content otherwise."
)


def _file(path: Path) -> Path | None:
    return None if str(path) == "-" else path


@click.group("import", cls=Group)
def import_() -> None:
    """Read reviews, books or preference data from a file; - is standard input."""


@import_.command("reviews")
@click.argument("file", type=_FILE)
@_FORMAT
@click.option(
    "--reader", "readers", multiple=True, help="Take this reader, by id; as often as needed."
)
@click.option(
    "--min-reviews", type=click.IntRange(min=1), help="Take readers with so many or more."
)
@click.option("--all", "everyone", is_flag=True, help="Take all readers, however many.")
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="ROLE=COLUMN",
    help="Which column holds what, once for each: book=Titel, text=Kommentar, rating=Note/10 "
    "(the best grade), date=Datum/dmy. Guessed where none is given.",
)
def import_reviews(
    file: Path,
    format_: str | None,
    readers: tuple[str, ...],
    min_reviews: int | None,
    everyone: bool,
    mapped: tuple[str, ...],
) -> None:
    """Import reviews from Amazon, Goodreads, StoryGraph, LibraryThing, Kaggle, or any table.

    Also Markdown with a heading for each book; also .gz. A file of more than 1,000 readers wants
    --reader, --min-reviews or --all. `import look FILE` shows what a file is taken for.
    """
    from engine import desk
    from engine.sources.choice import Choice

    choice = Choice(frozenset(readers), min_reviews or 0, everyone)
    columns = _columns(mapped)
    report = desk.import_reviews(shared().data_dir, _file(file), format_, choice, columns)
    give(report.as_json(), _import_lines(report))


@import_.command("look")
@click.argument("file", type=_FILE)
def look(file: Path) -> None:
    """Show a file's format, columns and first rows, and how they would be read; import nothing."""
    from engine import desk

    found = desk.look_at_reviews(_file(file))
    give(found.as_json(), _look_lines(found))


@import_.command("formats")
def formats() -> None:
    """List the formats of reviews, books and preferences by the names that --format takes."""
    from engine import desk

    kinds = {
        "reviews": desk.review_formats(),
        "books": desk.book_formats(),
        "preferences": desk.preference_formats(),
    }
    lines = (
        line
        for kind, named in kinds.items()
        for line in (f"{kind}:", *(f"  {name:<18} {label}" for name, label in named))
    )
    give({kind: dict(named) for kind, named in kinds.items()}, lines)


@import_.command("example")
def import_example() -> None:
    """Import the three example readers, invented by us."""
    from engine import desk

    report = desk.import_example(shared().data_dir)
    give(report.as_json(), _import_lines(report))


@import_.command("books")
@click.argument("file", type=_FILE)
@_FORMAT
def import_books(file: Path, format_: str | None) -> None:
    """Import books with descriptions, to write new ones for: ONIX 3, Amazon, Kaggle, any table."""
    from engine import desk

    report = desk.import_books(shared().data_dir, _file(file), format_)
    told = f"{report.format}: {count(report.books, 'book')}."
    skipped = skipped_lines(report.skipped, report.skipped_unlisted)
    give(report.as_json(), [told, *skipped])


@import_.command("preferences")
@click.argument("file", type=_FILE)
@_FORMAT
@click.option("--dataset", help="The name to keep it under; the file's name otherwise.")
@click.option(
    "--min-upvotes",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="Of SHP: take pairs whose answers both have so many.",
)
@click.option(
    "--keep-harmful",
    is_flag=True,
    help="Of BeaverTails: also pairs whose rejected answer is labelled harmful.",
)
def import_preferences(
    file: Path, format_: str | None, dataset: str | None, min_upvotes: int, keep_harmful: bool
) -> None:
    """Import preference data: JSON Lines or Parquet with prompt, chosen and rejected.

    From TRL (plain, conversational), HH-RLHF, SHP, BeaverTails, UltraFeedback, Argilla.
    """
    from engine import desk
    from engine.sources.preferences import Keep

    keep = Keep(min_upvotes, keep_harmful)
    report = desk.import_preferences(shared().data_dir, _file(file), format_, dataset, keep)
    told = (
        f"{report.format}: {count(report.pairs, 'pair')} ({report.added:,} new) "
        f"in the dataset {one_line(report.dataset)}."
    )
    give(report.as_json(), [told, *_preference_skips(report)])


def _preference_skips(report: "PreferencesReport") -> Iterator[str]:
    """Each row with its reason, or, of many rows, each reason with its number of rows."""
    if len(report.skipped) <= LINES_AT_MOST:
        yield from skipped_lines(report.skipped)
        return
    yield f"{count(len(report.skipped) + report.skipped_unlisted, 'row')} skipped:"
    for reason, number in list(report.reasons.items())[:LINES_AT_MOST]:
        yield f"  {number:,} times: {one_line(reason)}"
    listed = "--json lists the first 10,000" if report.skipped_unlisted else "--json lists them all"
    yield f"  By their lines: {listed}"


def _columns(mapped: tuple[str, ...]) -> dict[str, str]:
    columns = {}
    for entry in mapped:
        role, equals, column = entry.partition("=")
        if not (equals and role.strip() and column.strip()):
            raise BadInput(f"--map {entry!r} is not of the form ROLE=COLUMN, such as text=Review.")
        columns[role.strip()] = column.strip()
    return columns


def _import_lines(report: "ImportReport") -> Iterator[str]:
    yield (
        f"{report.format}: {count(report.reviews, 'review')} ({report.added:,} new) "
        f"of {count(report.books, 'book')} by {count(len(report.readers), 'reader')}."
    )
    if report.columns:
        taken = ", ".join(f"{role} from {column}" for role, column in report.columns.items())
        yield f"  Columns: {one_line(taken)}."
    by_reviews = sorted(report.readers, key=lambda reader: -reader.reviews)
    for reader in by_reviews[:LINES_AT_MOST]:
        yield f"  {reader.id}: {count(reader.reviews, 'review')}"
    yield from _and_more(len(report.readers), "`persona-studio readers` lists them all")
    yield from skipped_lines(report.skipped, report.skipped_unlisted)


def skipped_lines(
    skipped: tuple[Skipped, ...], unlisted: int = 0, place: str = "line"
) -> Iterator[str]:
    """The rows of a file that were not taken, and why."""
    if skipped:
        yield f"{count(len(skipped) + unlisted, 'row')} skipped:"
    for row in skipped[:LINES_AT_MOST]:
        yield f"  {place} {row.line}: {one_line(row.reason)}"
    listed = "--json lists the first 10,000" if unlisted else "--json lists them all"
    yield from _and_more(len(skipped) + unlisted, listed)


def _and_more(number: int, where: str) -> Iterator[str]:
    if number > LINES_AT_MOST:
        yield f"  … and {number - LINES_AT_MOST:,} more; {where}"


def _look_lines(look: "FileLook") -> Iterator[str]:
    if look.format:
        yield f"{look.name}: {look.label}, as {look.format}."
    elif look.columns:
        yield f"{look.name}: in no known format; say with --map which column holds what."
    else:
        yield f"{look.name}: in no known format, and not a table."
    if look.one_reader:
        yield "All of it is by one reader, who is named after the file."
    roles = {}
    if look.mapping and look.columns:
        roles = {column: role for role, column in look.mapping.columns.items()}
        flags = (f"--map {role}={column}" for role, column in look.mapping.as_json().items())
        yield f"Guessed: {one_line(' '.join(flags), 400)}" if roles else "Nothing could be guessed."
    for place, column in enumerate(look.columns):
        role = f" ({roles[column]})" if column in roles else ""
        cells = " | ".join(one_line(row[place], CELL_CHARS) for row in look.rows[:3])
        yield f"  {one_line(column, CELL_CHARS)}{role}: {cells}"
