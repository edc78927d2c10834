"""Catalogues in words, for window and command line: how far they are, and what a row holds."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from studio.preview_words import flag_lines, heading
from studio.text import count, one_line

if TYPE_CHECKING:
    # For the command line, which must not wait for the store to print its help.
    from engine.catalogues.review import Reviewed
    from engine.catalogues.state import CatalogueLine, CatalogueRow, RowState

NAMES: "Mapping[RowState, str]" = {
    "accepted": "accepted",
    "waiting": "waiting",
    "to_write": "to write",
    "skipped": "skipped",
    "same": "the same as another row",
    "trouble": "cannot be described",
}
"""The states of a row, in the order in which they are told."""
INVITATION = (
    "Here all books of a publisher's file are described for {}.\n\n"
    "Press i to take a catalogue in: CSV, JSON Lines or ONIX 3.\n"
    "esc goes back to the previews."
)
TO_WRITE = "Nothing waits for you. w writes what is missing, v shows more."
ALL_READ = "Nothing waits for you, and all is written. o writes the file out, v shows more."
ABOUT_OUT = (
    "The file as it came in, with the accepted descriptions in the place of the originals; all "
    "else is as it was."
)


def how_far(line: "CatalogueLine") -> str:
    """`3 accepted, 2 waiting (1 flagged), 5 to write`; what there is none of is not told but for
    these three."""
    told = []
    for state, name in NAMES.items():
        number = line.counts[state]
        if number or state in ("accepted", "waiting", "to_write"):
            flagged = f" ({line.flagged:,} flagged)" if state == "waiting" and line.flagged else ""
            told.append(f"{number:,} {name}{flagged}")
    return ", ".join(told)


def catalogue_line(line: "CatalogueLine") -> str:
    """A catalogue in a list."""
    one = line.catalogue
    return (
        f"{one.id}  {one_line(one.name, 40)} ({one.format}, {count(line.rows, 'row')}) for "
        f"{one_line(one.reader_id, 30)} by {one_line(one.pane_id, 40)}: {how_far(line)}"
    )


def row_line(row: "CatalogueRow") -> str:
    """A row in a list: its number from 1 on, its title, and what is the matter with it."""
    if row.trouble:
        return f"{row.place + 1}  {one_line(row.trouble, 90)}"
    flags = f"  {count(row.flags, 'flag')}" if row.flags else ""
    same = f"  the same as row {row.same_as + 1}" if row.same_as is not None else ""
    return f"{row.place + 1}  {one_line(row.title, 60)}{flags}{same}"


def reviewed_lines(told: "Reviewed") -> Iterator[str]:
    """A row with its original, its new text and what the checks found in that."""
    by = f", {one_line(told.book.author, 60)}" if told.book.author else ""
    yield f"Row {told.row.place + 1}, {one_line(told.book.title)}{by}: {NAMES[told.row.state]}"
    yield ""
    yield "Original:"
    yield told.book.description
    if told.description is not None:
        yield ""
        yield f"New: {heading(told.description)}"
        yield told.description.final_text
        yield from (f"  {line}" for line in flag_lines(told.flags))
