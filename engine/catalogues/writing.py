"""Have a model write the descriptions of a catalogue, book by book.

Waiting work in the front end's loop, as previews are; the model and the sentence encoder are in
children of their own, and the card's prefix stays in the model's cache from book to book. Every
text is in the store with its row before the next is begun, so that a killed one goes on where it
stopped: with the first row that has no description.
"""

import asyncio
import fcntl
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, aclosing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from engine.catalogues.folders import folder
from engine.catalogues.state import Catalogue, CatalogueRow
from engine.domain import Description
from engine.past_descriptions import flags_of
from engine.preview import Bench, Keep, Kept
from engine.store import catalogues as rows
from engine.store.database import change, opened
from engine.store.descriptions import add_description, find_description
from models.chat import Sampling
from models.errors import BadInput, UserError
from models.events import Event, Failed, Finished, Note, Step

MOST_FAILED_IN_A_ROW = 3
"""Books that could not be written one after the other: then it is not the books."""
AGAIN_TEMPERATURE = 0.7
"""Least temperature of a text that is written again: greedily the same words would come."""


async def written(
    data_dir: Path, catalogue_id: str, bench: Bench | None = None, limit: int | None = None
) -> AsyncGenerator[Event, None]:
    """Write what has no description yet; closing the iterator stops the work.

    Args:
        bench: whose models write; None opens its own.
        limit: how many books at most; None writes all.

    Raises:
        UserError: no such catalogue, or another window or command is writing it.
    """
    catalogue, to_write = await asyncio.to_thread(_begun, data_dir, catalogue_id)
    total = to_write if limit is None else min(limit, to_write)
    with _alone(data_dir, catalogue):
        async with AsyncExitStack() as opening:
            if bench is None:
                bench = await opening.enter_async_context(Bench(data_dir))
            writing = _written(data_dir, catalogue, bench, total)
            async with aclosing(writing) as events:
                async for event in events:
                    yield event


async def _written(
    data_dir: Path, catalogue: Catalogue, bench: Bench, total: int
) -> AsyncGenerator[Event, None]:
    done, in_a_row = 0, 0
    failed: list[int] = []
    yield Step(0, total, "descriptions")
    while (
        done < total
        and (place := await asyncio.to_thread(_next, data_dir, catalogue.id, tuple(failed)))
        is not None
    ):
        row = await asyncio.to_thread(_row, data_dir, catalogue.id, place)
        try:
            await _write(bench, catalogue, row, catalogue.sampling, partial(_keep, row, catalogue))
        except UserError as error:
            failed.append(place)
            in_a_row += 1
            yield Note(f"Row {place + 1}, {row.title}: not written. {error}")
            if in_a_row >= MOST_FAILED_IN_A_ROW:
                told = f"{done} of {total} were written and are kept."
                yield Failed(f"{error.message} {told}", f"{error.hint} The same call goes on.")
                return
            continue
        done, in_a_row = done + 1, 0
        if note := bench.untold_note():
            yield Note(note)
        yield Step(done, total, f"descriptions, the last of {row.title}")
    yield Finished({"catalogue": catalogue.id, "written": done, "failed": len(failed)})


async def write_again(data_dir: Path, catalogue_id: str, place: int, bench: Bench) -> Description:
    """Write a row's description once more from the next seed, in a change of its own.

    The one before stays among the book's earlier texts.

    Raises:
        UserError: no such row, nothing can be written for it, or the model cannot answer.
    """
    catalogue, row, before = await asyncio.to_thread(_of_row, data_dir, catalogue_id, place)
    sampling = catalogue.sampling
    if before is not None:
        warm = max(sampling.temperature, AGAIN_TEMPERATURE)
        sampling = replace(sampling, seed=before.sampling.seed + 1, temperature=warm)
    return await _write(bench, catalogue, row, sampling, partial(_keep_again, row, catalogue))


async def _write(
    bench: Bench, catalogue: Catalogue, row: CatalogueRow, sampling: Sampling, keep: Keep
) -> Description:
    assert row.book_id is not None, "a row that can be described has a book"
    stream = bench.stream(catalogue.reader_id, row.book_id, catalogue.pane_id, sampling, keep=keep)
    kept: Description | None = None
    async with aclosing(stream) as events:
        async for event in events:
            if isinstance(event, Kept):
                kept = event.description
    assert kept is not None, "a stream that nobody stops ends with a text"
    return kept


def _keep(row: CatalogueRow, catalogue: Catalogue, data_dir: Path, new: Description) -> Description:
    """Store a text with its row; the editor's undo does not stumble over it."""
    flags = len(flags_of(data_dir, new))
    with opened(data_dir) as db, rows.beside_the_journal(db):
        added = add_description(db, new)
        rows.give_description(db, catalogue.id, row.place, added, flags)
        return find_description(db, added)


def _keep_again(
    row: CatalogueRow, catalogue: Catalogue, data_dir: Path, new: Description
) -> Description:
    flags = len(flags_of(data_dir, new))
    with opened(data_dir) as db, change(db, "Write a description again"):
        added = add_description(db, new)
        rows.give_description(db, catalogue.id, row.place, added, flags)
        return find_description(db, added)


def _begun(data_dir: Path, catalogue_id: str) -> tuple[Catalogue, int]:
    with opened(data_dir) as db:
        catalogue = rows.find_catalogue(db, catalogue_id)
        return catalogue, rows.line_of(db, catalogue).counts["to_write"]


def _next(data_dir: Path, catalogue_id: str, failed: tuple[int, ...]) -> int | None:
    with opened(data_dir) as db:
        return rows.next_to_write(db, catalogue_id, failed)


def _row(data_dir: Path, catalogue_id: str, place: int) -> CatalogueRow:
    with opened(data_dir) as db:
        return rows.find_row(db, catalogue_id, place)


def _of_row(
    data_dir: Path, catalogue_id: str, place: int
) -> tuple[Catalogue, CatalogueRow, Description | None]:
    with opened(data_dir) as db:
        catalogue = rows.find_catalogue(db, catalogue_id)
        row = rows.find_row(db, catalogue.id, place)
        if row.same_as is not None:
            row = rows.find_row(db, catalogue.id, row.same_as)
        if row.state == "trouble":
            raise BadInput(f"Row {place + 1} cannot be described. {row.trouble}")
        before = row.description_id
        return catalogue, row, None if before is None else find_description(db, before)


@contextmanager
def _alone(data_dir: Path, catalogue: Catalogue) -> Iterator[None]:
    """See that one window or command writes a catalogue at a time.

    Raises:
        BadInput: another one does.
    """
    into = folder(data_dir, catalogue.id)
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (into / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BadInput(
                f"The catalogue {catalogue.id} is being written by another window or command.",
                "Wait for it, or stop it there; what it wrote is shown here too.",
            ) from error
        yield
