"""The first of two passes over a file of many readers: who wrote how much, and on which lines.

A line of JSON is parsed for its reader alone and let go. What is kept of it are twelve bytes, its
length and the hash of its reader's name; with those the second pass goes to the chosen readers'
lines and reads no others. Names are read back from a line of each reader who is asked about.
(A dictionary of names instead costs a third of the speed: it misses the cache at every line.)
"""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import orjson
from numpy.typing import NDArray

from engine.domain import Skipped
from engine.sources.formats import ReviewFormat
from engine.sources.json_blocks import all_lines, blocks, json_record
from engine.sources.opening import InputFile, opened
from engine.sources.records import BadRow, Record

NOBODY = -1
"""No hash in Python is -1."""
RECORDS_AT_ONCE = 1000


class LineSurvey:
    """What the pass over JSON Lines has found so far; counts are of whole passes."""

    def __init__(self, file: InputFile, source_format: ReviewFormat) -> None:
        self.bytes_read = 0
        self._skipped: list[Skipped] = []
        self._file = file
        self._format = source_format
        self._begins_at: int | None = None
        # One entry for each line.
        self._owners = array("q")
        self._lengths = array("I")
        self._names: dict[int, str] = {}

    @property
    def rows(self) -> int:
        return len(self._owners)

    @property
    def readers(self) -> int:
        return len(self._counted[0])

    @property
    def skipped(self) -> list[Skipped]:
        """Lines that cannot be given to any reader."""
        return self._skipped

    def steps(self) -> Iterator[None]:
        """Do the work, pausing after every stretch of the file.

        Raises:
            BadInput: the file cannot be read.
        """
        for block in blocks(self._file):
            if not self._owners:
                self._begins_at = block.start
            self._count(block.lines)
            self.bytes_read = block.bytes_read
            yield

    def reviews_of(self, least: int = 1) -> dict[str, int]:
        """The number of rows of each reader who has at least so many, in order of their first."""
        owners, firsts, counts = self._counted
        enough = counts >= least
        return self._named(owners[enough], firsts[enough], counts[enough])

    def most_active(self, number: int) -> dict[str, int]:
        """So many readers with most rows, those with most first."""
        owners, firsts, counts = self._counted
        top = np.argsort(-counts, kind="stable")[:number]
        found = self._named(owners[top], firsts[top], counts[top])
        return dict(sorted(found.items(), key=lambda entry: -entry[1]))

    def lines_of(self, readers: frozenset[str]) -> Iterator[tuple[int, bytes]]:
        """The number and the bytes of each line of readers whose names were asked for."""
        owners = [owner for owner, name in self._names.items() if name in readers]
        return self._lines_at(np.flatnonzero(np.isin(self._owner_array, owners)))

    def _count(self, lines: list[bytes]) -> None:
        """The one loop that a million lines go through: nothing is in it that can be left out."""
        self._lengths.extend(map(len, lines))
        field, loads = self._format.reader_field, orjson.loads
        append = self._owners.append
        if not field:
            self._owners.extend(map(self._owner_of, lines))
            return
        for line in lines:
            try:
                append(hash(loads(line)[field]))
            except (KeyError, TypeError, ValueError):
                append(self._owner_of(line))

    def _owner_of(self, line: bytes) -> int:
        """The slow way: where one field does not tell, and for whatever is wrong with a line."""
        name = self._name_on(len(self._owners) + 1, line)
        if name is None:
            return NOBODY
        self._names[hash(name)] = name
        return hash(name)

    def _name_on(self, number: int, line: bytes) -> str | None:
        """The reader that a line names; None, and a word about it, where it names none."""
        record = json_record(line, number, self._file.name)
        if isinstance(record, Skipped):
            self._skipped.append(record)
        if not isinstance(record, Record):
            return None
        try:
            return self._format.reader_of(self._file.stem, record)
        except BadRow as bad:
            self._skipped.append(Skipped(number, str(bad)))
            return None

    @property
    def _owner_array(self) -> NDArray[np.int64]:
        return np.frombuffer(self._owners, dtype=np.int64)

    @cached_property
    def _counted(self) -> tuple[NDArray[np.int64], NDArray[np.intp], NDArray[np.intp]]:
        """(owners, line of the first row of each, rows of each), in the order of those lines."""
        self._set_aside_nameless()
        owners, firsts, counts = np.unique(self._owner_array, return_index=True, return_counts=True)
        order = np.argsort(firsts)
        order = order[owners[order] != NOBODY]
        return owners[order], firsts[order], counts[order]

    def _set_aside_nameless(self) -> None:
        """Say of each line whose reader is null or empty that it names none."""
        nameless = np.flatnonzero(np.isin(self._owner_array, [hash(None), hash("")]))
        for number, line in self._lines_at(nameless):
            name = self._name_on(number, line)
            self._owners[number - 1] = NOBODY if name is None else hash(name)

    def _named(
        self, owners: NDArray[np.int64], firsts: NDArray[np.intp], counts: NDArray[np.intp]
    ) -> dict[str, int]:
        firsts_of = dict(zip(firsts.tolist(), owners.tolist(), strict=True))
        unread = sorted(place for place, owner in firsts_of.items() if owner not in self._names)
        for number, line in self._lines_at(unread):
            owner, name = firsts_of[number - 1], self._name_on(number, line)
            if name is not None:
                self._names[owner] = name
                continue
            for other, same in self._lines_at(np.flatnonzero(self._owner_array == owner)[1:]):
                self._name_on(other, same)
        found: Counter[str] = Counter()
        for owner, count in zip(owners.tolist(), counts.tolist(), strict=True):
            if owner in self._names:
                found[self._names[owner]] += count
        return dict(found)

    def _lines_at(self, places: Sequence[int] | NDArray[np.intp]) -> Iterator[tuple[int, bytes]]:
        """Some lines by their places, from 0 and rising, with their numbers, from 1."""
        if self._begins_at is None:
            chosen = set(map(int, places))
            yield from (entry for entry in all_lines(self._file) if entry[0] - 1 in chosen)
            return
        lengths = np.frombuffer(self._lengths, dtype=np.uint32).astype(np.int64)
        starts = np.cumsum(lengths + 1) - (lengths + 1) + self._begins_at
        with self._file.path.open("rb") as handle:
            for place in places:
                handle.seek(int(starts[place]))
                yield int(place) + 1, handle.read(int(lengths[place]))


class RecordSurvey:
    """What the pass over a table, or any other format of records, has found so far."""

    bytes_read = 0
    skipped: Sequence[Skipped] = ()
    """The second pass comes past bad records itself."""

    def __init__(self, file: InputFile, source_format: ReviewFormat) -> None:
        self.rows = 0
        self._file = file
        self._format = source_format
        self._counts: Counter[str] = Counter()

    @property
    def readers(self) -> int:
        return len(self._counts)

    def steps(self) -> Iterator[None]:
        """Do the work, pausing after every stretch of the file.

        Raises:
            BadInput: the file cannot be read.
        """
        assert self._format.records is not None
        with opened(self._file) as source:
            for record in self._format.records(source):
                if isinstance(record, Skipped):
                    continue
                try:
                    self._counts[self._format.reader_of(self._file.stem, record)] += 1
                except BadRow:
                    continue
                self.rows += 1
                if not self.rows % RECORDS_AT_ONCE:
                    yield

    def reviews_of(self, least: int = 1) -> dict[str, int]:
        """The number of rows of each reader who has at least so many, in order of their first."""
        return {reader: count for reader, count in self._counts.items() if count >= least}

    def most_active(self, number: int) -> dict[str, int]:
        """So many readers with most rows, those with most first."""
        return dict(self._counts.most_common(number))


def survey_of(file: InputFile, source_format: ReviewFormat) -> LineSurvey | RecordSurvey:
    """A survey of a file, yet to be made."""
    return (LineSurvey if source_format.records is None else RecordSurvey)(file, source_format)
