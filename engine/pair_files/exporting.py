"""A reader's pairs written to a file, in any of the formats that others train on.

A row at a time, so that a hundred thousand pairs take no more memory than a few; the file is there
whole or not at all.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from gzip import GzipFile
from pathlib import Path
from typing import BinaryIO, Literal, get_args

import orjson

from engine.domain import PreferencePair
from engine.pair_files import shapes
from engine.pair_files.shapes import Row, too_long
from engine.pair_files.table import write_table
from engine.private_file import private_file
from engine.sources.dialogue import refuse_unpaired
from engine.sources.opening import MAX_LINE_CHARS
from engine.sources.records import MAX_TEXT_CHARS, BadRow, storable
from engine.store import cards as card_rows
from engine.store import pairs as pair_rows
from engine.store import profiles as profile_rows
from engine.store.database import opened
from engine.workbench.grammar import parse_query
from engine.workbench.index import load_index
from engine.workbench.search import found as found_rows
from models.errors import BadInput

Only = Literal["all", "kept", "train", "held-out", "accepted"]
ONLY: tuple[Only, ...] = get_args(Only)


@dataclass(frozen=True)
class PairFormat:
    """A format of files of pairs."""

    name: str
    label: str
    row: Callable[[PreferencePair, str], Row]
    """Of a pair and the card that goes before it, which most formats have no place for."""
    takes_card: bool = False


_ALL = (
    PairFormat("studio", "Persona Studio (JSON Lines)", shapes.flat_row),
    PairFormat("trl", "TRL (JSON Lines)", shapes.trl_row),
    PairFormat(
        "trl-conversational",
        "TRL, conversational (JSON Lines)",
        shapes.conversational_row,
        takes_card=True,
    ),
    PairFormat("parquet", "Parquet", shapes.flat_row),
    PairFormat("csv", "Table (CSV)", shapes.flat_row),
    PairFormat("hh", "Anthropic HH-RLHF (JSON Lines)", shapes.hh_row),
    PairFormat(
        "ultrafeedback",
        "UltraFeedback binarized (JSON Lines)",
        shapes.ultrafeedback_row,
        takes_card=True,
    ),
    PairFormat("argilla", "Argilla's UltraFeedback (JSON Lines)", shapes.argilla_row),
)
PAIR_FORMATS: Mapping[str, PairFormat] = {one.name: one for one in _ALL}


@dataclass(frozen=True)
class Export:
    """What is to be written, and how."""

    format: str = "studio"
    """A key of `PAIR_FORMATS`."""
    only: Only | None = None
    """None: all pairs in `studio`, which keeps what was dropped; elsewhere all that are kept."""
    with_card: bool = False
    """Whether the reader's card goes before each prompt, as in training."""
    where: str = ""
    """Of these only what a filter of the workbench finds, in its order."""


@dataclass(frozen=True)
class PairsWritten:
    """What was written."""

    reader: str
    format: str
    only: Only
    pairs: int
    held_out: int
    """Of these."""
    unloadable: int
    """Of these: they would not come back as they are. A text is empty, over a million characters
    long or has a NUL, or both answers are the same."""
    file: str
    where: str = ""
    """The filter that chose among them."""

    def as_json(self) -> dict[str, object]:
        return vars(self)

    def warnings(self) -> Iterator[str]:
        """What to know of the file before it is relied on, sentence by sentence."""
        if self.unloadable:
            yield (
                f"{self.unloadable:,} of them would not be loaded again: a text is empty or over "
                f"{MAX_TEXT_CHARS:,} characters long, or both answers are the same."
            )


def format_for(path: Path) -> str:
    """The format that a file's name asks for; ours unless it ends in .csv or .parquet."""
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    return {".csv": "csv", ".parquet": "parquet"}.get(suffix, "studio")


def export_pairs(
    data_dir: Path, reader_id: str, path: Path, export: Export, replaces: bool = False
) -> PairsWritten:
    """Write pairs to a file that only its owner can read; `.gz` at the end of its name packs it.

    Args:
        replaces: whether a file may be there already.

    Raises:
        AlreadyThere: one is, and may not.
        BadInput: the place cannot be written, the format has no room for what was asked for, or
            there is no pair to write, or the filter is none; what stood there is as it was.
    """
    if export.format == "parquet" and path.suffix == ".gz":
        raise BadInput("Parquet is packed as it is.", "Take the .gz off the name.")
    with _pairs(data_dir, reader_id, export) as rows, private_file(path, replaces) as file:
        if path.suffix == ".gz":
            with GzipFile("", "wb", 6, file, mtime=0) as packed:
                _write(rows, export.format, packed)
        else:
            _write(rows, export.format, file)
    return rows.told(reader_id, str(path))


def stream_pairs(data_dir: Path, reader_id: str, stream: BinaryIO, export: Export) -> PairsWritten:
    """Write pairs to a stream as they would stand in a file.

    Raises:
        BadInput: as of `export_pairs`; Parquet cannot be written to a stream.
    """
    if export.format == "parquet":
        raise BadInput("Parquet is not for a screen or a pipe.", "Name a file.")
    with _pairs(data_dir, reader_id, export) as rows:
        _write(rows, export.format, stream)
    return rows.told(reader_id, "-")


def exported_rows(data_dir: Path, reader_id: str, export: Export) -> list[Row]:
    """The rows that a file would hold.

    Raises:
        BadInput: as of `export_pairs`.
    """
    with _pairs(data_dir, reader_id, export) as rows:
        return list(rows)


class _Rows:
    """The chosen pairs as rows, counted on their way."""

    def __init__(self, pairs: Iterable[PreferencePair], export: Export, card: str) -> None:
        self._pairs = pairs
        self._export = export
        self._row = PAIR_FORMATS[export.format].row
        self._card = card
        self.written = 0
        self.held_out = 0
        self.unloadable = 0

    def __iter__(self) -> Iterator[Row]:
        for pair in self._pairs:
            self.written += 1
            self.held_out += pair.held_out
            self.unloadable += not _comes_back(pair)
            yield self._row(pair, self._card)

    def told(self, reader_id: str, file: str) -> PairsWritten:
        """What has gone on its way so far."""
        return PairsWritten(
            reader_id,
            self._export.format,
            _only(self._export),
            self.written,
            self.held_out,
            self.unloadable,
            file,
            self._export.where,
        )


@contextmanager
def _pairs(data_dir: Path, reader_id: str, export: Export) -> Iterator[_Rows]:
    known = PAIR_FORMATS.get(export.format)
    if known is None:
        raise BadInput(
            f"There is no format {export.format!r} for pairs.",
            f"Formats: {', '.join(PAIR_FORMATS)}.",
        )
    if export.with_card and not known.takes_card:
        room = ", ".join(one.name for one in _ALL if one.takes_card)
        raise BadInput(
            f"A row of {export.format} has no place for the card.", f"These have: {room}."
        )
    with opened(data_dir) as db:
        card = ""
        if export.with_card:
            card = card_rows.conditioning_text(db, profile_rows.built(db, reader_id))
        only = _only(export)
        pairs = pair_rows.each(db, reader_id)
        if export.where:
            pairs = pair_rows.each_of(db, _found(data_dir, reader_id, export.where))
        found = (pair for pair in pairs if _is_wanted(pair, only))
        first = next(found, None)
        if first is None:
            which = "" if only == "all" else f" that would be written as {only!r}"
            hint = "Build them first: `persona-studio pairs build`, or choose others with --only."
            if export.where:
                which += f" among those that {export.where!r} finds"
                hint = "Choose others with --where or --only."
            raise BadInput(f"Reader {reader_id!r} has no pairs{which}.", hint)
        yield _Rows(_chained(first, found), export, card)


def _chained(first: PreferencePair, rest: Iterable[PreferencePair]) -> Iterator[PreferencePair]:
    yield first
    yield from rest


def _found(data_dir: Path, reader_id: str, where: str) -> list[str]:
    """The ids of the pairs that a filter finds, in its order."""
    query = parse_query(where)
    index = load_index(data_dir, reader_id)
    return index.ids_of(found_rows(index, query).tolist())


def _only(export: Export) -> Only:
    return export.only or ("all" if export.format == "studio" else "kept")


def _is_wanted(pair: PreferencePair, only: Only) -> bool:
    if only == "all" or pair.dropped:
        return only == "all"
    return {
        "kept": True,
        "train": not pair.held_out,
        "held-out": pair.held_out,
        "accepted": pair.accepted,
    }[only]


def _comes_back(pair: PreferencePair) -> bool:
    """Whether loading would take the pair as it is."""
    texts = pair.prompt, pair.chosen, pair.rejected
    try:
        refuse_unpaired(*texts)
    except BadRow:
        return False
    return all(len(text) <= MAX_TEXT_CHARS and storable(text) == text for text in texts)


def _write(rows: Iterable[Row], format_name: str, file: BinaryIO | GzipFile) -> None:
    if format_name == "csv":
        write_table(rows, file)
    elif format_name == "parquet":
        # Imported here: Arrow takes a sixth of a second.
        from engine.pair_files.parquet import write_parquet

        write_parquet(rows, file)
    else:
        for row in rows:
            line = orjson.dumps(row)
            if len(line) > MAX_LINE_CHARS and len(line.decode()) > MAX_LINE_CHARS:
                raise too_long(row, format_name, MAX_LINE_CHARS)
            file.write(line + b"\n")
