"""The commands `catalogue …`: a publisher's file in, descriptions reviewed, the file out again."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from models.errors import BadInput
from studio.catalogue_words import (
    NAMES,
    catalogue_line,
    how_far,
    reviewed_lines,
    row_line,
)
from studio.shell.base import Group, find_reader, give, shared, tell
from studio.shell.files import FORCE
from studio.text import count, one_line

if TYPE_CHECKING:
    from engine.catalogues.state import RowState

_ROW = click.argument("row", type=click.IntRange(min=1))
_ROWS = click.argument("rows", type=click.IntRange(min=1), nargs=-1)


@click.group("catalogue", cls=Group)
def catalogue() -> None:
    """Describe all books of a publisher's file: CSV, JSON Lines or ONIX 3."""


@catalogue.command("write")
@click.argument("file")
@click.option("--reader", help="For whom; needed with a file.")
@click.option("--model", "pane", help="A pane of the preview: base, tuned, base-plain, run:ID, …")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="ROLE=COLUMN",
    help="Which column or key is the title, author, id, year or description.",
)
@click.option("--max-tokens", help="The longest a text may become.")
@click.option("--temperature", help="0 takes the likeliest word every time.")
@click.option("--repeat-penalty", help="1 is none.")
@click.option("--seed", help="The same one writes the same text.")
@click.option("--limit", type=click.IntRange(min=0), help="Write so many books and stop.")
def write(
    file: str,
    reader: str | None,
    pane: str | None,
    columns: tuple[str, ...],
    limit: int | None,
    **typed: str | None,
) -> None:
    """Take FILE in and write what has no description yet; FILE may be a catalogue's id.

    The same call goes on where it stopped, or was stopped.
    """
    from engine.catalogues.review import catalogue_line as line_of
    from engine.catalogues.taking import take_in
    from engine.catalogues.writing import written
    from engine.preview import DEFAULT_SAMPLING
    from engine.sampling import resampled
    from studio.shell.events import read_to_end

    given = {name: value for name, value in typed.items() if value is not None}
    if file == "-" or Path(file).exists() or reader is not None:
        if reader is None or pane is None:
            raise BadInput(
                f"{file} is to be described for whom, and by what?",
                "Give --reader and --model, such as --model base or --model tuned.",
            )
        data_dir, reader_id = find_reader(reader)
        sampling = resampled(DEFAULT_SAMPLING, given) if given else None
        line = take_in(data_dir, Path(file), reader_id, pane, _columns(columns), sampling)
    else:
        data_dir = shared().data_dir
        line = line_of(data_dir, file)
    tell(catalogue_line(line))
    result = asyncio.run(read_to_end(written(data_dir, line.catalogue.id, limit=limit)))
    line = line_of(data_dir, line.catalogue.id)
    give(
        {**line.as_json(), "written": result["written"], "failed": result["failed"]},
        [
            f"{count(int(cast(int, result['written'])), 'description')} written. "
            f"{one_line(line.catalogue.name, 60)}: {how_far(line)}.",
            f"`persona-studio catalogue review {line.catalogue.id}` shows what waits.",
        ],
    )


def _columns(given: tuple[str, ...]) -> dict[str, str]:
    parted = [one.partition("=") for one in given]
    if bad := [role for role, equals, _ in parted if not equals]:
        raise BadInput(f"{bad[0]!r} names no column.", "Such as: --column description=Blurb.")
    return {role.strip(): column for role, _, column in parted}


@catalogue.command("list")
@click.option("--reader", help="Of this reader only.")
def list_(reader: str | None) -> None:
    """List the catalogues, the newest first, and how far each is."""
    from engine.catalogues.review import catalogues

    data_dir, reader_id = find_reader(reader) if reader else (shared().data_dir, None)
    found = catalogues(data_dir, reader_id)
    give(
        {"catalogues": [line.as_json() for line in found]},
        map(catalogue_line, found) if found else ["None yet; `catalogue write FILE` makes one."],
    )


@catalogue.command("review")
@click.argument("catalogue_id", metavar="CATALOGUE")
@click.option(
    "--state",
    type=click.Choice([name.replace("_", "-") for name in NAMES]),
    default="waiting",
    help="Which rows; those that wait for a review unless told.",
)
@click.option("--limit", type=click.IntRange(min=1), default=100, help="The most rows to list.")
def review(catalogue_id: str, state: str, limit: int) -> None:
    """List the rows of a catalogue; of those that wait the ones with most flags first."""
    from engine.catalogues.review import catalogue_line as line_of
    from engine.catalogues.review import queue

    data_dir = shared().data_dir
    line = line_of(data_dir, catalogue_id)
    wanted = cast("RowState", state.replace("-", "_"))
    found = queue(data_dir, line.catalogue.id, wanted, limit)
    give(
        {**line.as_json(), "state": wanted, "listed": [_row_json(asdict(row)) for row in found]},
        [catalogue_line(line), *map(row_line, found)],
    )


def _row_json(row: dict[str, object]) -> dict[str, object]:
    """With numbers as people count, from 1 on."""
    place, same_as = row.pop("place"), row.pop("same_as")
    same = None if same_as is None else int(cast(int, same_as)) + 1
    return {"row": int(cast(int, place)) + 1, **row, "same_as": same}


@catalogue.command("show")
@click.argument("catalogue_id", metavar="CATALOGUE")
@_ROW
def show(catalogue_id: str, row: int) -> None:
    """Show a row: the original, the new text, and what the checks find in it."""
    from engine.catalogues.review import read_row

    found = read_row(shared().data_dir, catalogue_id, row - 1)
    new = found.description
    give(
        {
            **_row_json(asdict(found.row)),
            "original": found.book.description,
            "text": new.final_text if new else None,
            "accepted": new is not None and new.accepted_at is not None,
            "found": [asdict(flag) for flag in found.flags],
        },
        reviewed_lines(found),
    )


@catalogue.command("accept")
@click.argument("catalogue_id", metavar="CATALOGUE")
@_ROWS
@click.option("--unflagged", is_flag=True, help="All that wait and in which nothing was found.")
@click.option("--back", is_flag=True, help="Let them wait again instead.")
def accept(catalogue_id: str, rows: tuple[int, ...], unflagged: bool, back: bool) -> None:
    """Let descriptions stand as they are."""
    from engine.catalogues import review as reviewing

    data_dir = shared().data_dir
    if bool(rows) == unflagged:
        raise BadInput("Which rows?", "Give their numbers, or --unflagged.")
    if unflagged:
        number = reviewing.accept_unflagged(data_dir, catalogue_id)
    else:
        places = [row - 1 for row in rows]
        number = reviewing.accept(data_dir, catalogue_id, places, not back)
    verb = "wait again" if back else "accepted"
    give({"changed": number}, [f"{count(number, 'description')} {verb}."])


@catalogue.command("edit")
@click.argument("catalogue_id", metavar="CATALOGUE")
@_ROW
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
def edit(catalogue_id: str, row: int, file: Path) -> None:
    """Put the words of FILE (- for standard input) in the place of a text, and accept them."""
    from engine.catalogues import review as reviewing
    from engine.text_file import read_text

    reviewing.edit(shared().data_dir, catalogue_id, row - 1, read_text(file).strip())
    give({"row": row}, [f"Row {row} is edited and accepted."])


@catalogue.command("again")
@click.argument("catalogue_id", metavar="CATALOGUE")
@_ROW
def again(catalogue_id: str, row: int) -> None:
    """Write a row's description again, from the next seed; the one before is kept."""
    from engine.catalogues.review import read_row
    from engine.catalogues.writing import write_again
    from engine.preview import Bench

    data_dir = shared().data_dir

    async def written() -> None:
        async with Bench(data_dir) as bench:
            await write_again(data_dir, catalogue_id, row - 1, bench)

    asyncio.run(written())
    found = read_row(data_dir, catalogue_id, row - 1)
    new = found.description
    give({"row": row, "text": new.text if new else None}, reviewed_lines(found))


@catalogue.command("skip")
@click.argument("catalogue_id", metavar="CATALOGUE")
@click.argument("rows", type=click.IntRange(min=1), nargs=-1, required=True)
@click.option("--back", is_flag=True, help="Take them up again instead.")
def skip(catalogue_id: str, rows: tuple[int, ...], back: bool) -> None:
    """Let books keep their original description."""
    from engine.catalogues import review as reviewing

    reviewing.skip(shared().data_dir, catalogue_id, [row - 1 for row in rows], not back)
    told = "taken up again" if back else "skipped"
    give({"rows": list(rows)}, [f"{count(len(rows), 'row')} {told}."])


@catalogue.command("out")
@click.argument("catalogue_id", metavar="CATALOGUE")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="With what nobody has accepted, too.")
@FORCE
def out(catalogue_id: str, file: Path, everything: bool, force: bool) -> None:
    """Write the catalogue's file again with the accepted descriptions in it."""
    from engine.catalogues.review import hand_out

    done = hand_out(shared().data_dir, catalogue_id, file, everything, force)
    told = f"{file}: {done.new:,} of {count(done.rows, 'row')} with a new description."
    give(asdict(done), [told])


@catalogue.command("remove")
@click.argument("catalogue_id", metavar="CATALOGUE")
def remove(catalogue_id: str) -> None:
    """Take a catalogue out; its books and descriptions stay, and undo brings it back."""
    from engine.catalogues.review import take_out

    gone = take_out(shared().data_dir, catalogue_id)
    give({"catalogue": gone.id}, [f"The catalogue {gone.id} ({one_line(gone.name)}) is out."])
