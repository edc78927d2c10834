"""The rows of the readers that were chosen, each once, from a file of any length.

One pass where the choice names readers or takes all; where it depends on how much somebody wrote,
a survey first, and then only the chosen readers' lines.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from engine.domain import Skipped
from engine.sources.choice import EVERYONE, Choice, refuse_absent, wanted
from engine.sources.formats import ReviewFormat
from engine.sources.json_blocks import all_lines, json_record, lines_with
from engine.sources.opening import InputFile, opened
from engine.sources.records import Record, converted
from engine.sources.rows import Row
from engine.sources.survey import LineSurvey, survey_of

MAX_SKIPPED_LISTED = 10_000
MAX_READERS_SOUGHT = 8
"""Up to so many, a line is searched for their ids before it is parsed."""


@dataclass
class Skips:
    """The rows that were not taken: the first ten thousand one by one, all of them counted."""

    listed: list[Skipped] = field(default_factory=list)
    unlisted: int = 0

    def add(self, skipped: Skipped) -> None:
        if len(self.listed) < MAX_SKIPPED_LISTED:
            self.listed.append(skipped)
        else:
            self.unlisted += 1

    def in_order(self) -> tuple[Skipped, ...]:
        return tuple(sorted(self.listed, key=lambda skipped: skipped.line))


def chosen_rows(
    file: InputFile, source_format: ReviewFormat, choice: Choice, skips: Skips
) -> Iterator[Row | Skipped]:
    """The rows of the readers that are wanted, by as few and as short passes as that takes.

    Raises:
        BadInput: the file cannot be read, or the choice cannot be met.
    """
    by_many = source_format.reader_id is not None
    if not by_many or not choice.needs_counts:
        yield from _one_pass(file, source_format, choice.readers, choice)
        return
    survey = survey_of(file, source_format)
    for _ in survey.steps():
        pass
    readers = wanted(choice, survey, file.name)
    if not isinstance(survey, LineSurvey):
        yield from _one_pass(file, source_format, readers, EVERYONE)
        return
    records = (json_record(line, number, file.name) for number, line in survey.lines_of(readers))
    for skipped in survey.skipped:
        skips.add(skipped)
    yield from converted(filter(None, records), lambda record: source_format.row(file.stem, record))


def _one_pass(
    file: InputFile, source_format: ReviewFormat, readers: frozenset[str], choice: Choice
) -> Iterator[Row | Skipped]:
    """The rows of these readers, or of all where none is named, in one pass over the file."""
    present: dict[str, int] = {}

    def row_of(record: Record) -> Row | None:
        reader = source_format.reader_of(file.stem, record)
        if readers and reader not in readers:
            return None
        present[reader] = 1
        return source_format.row(file.stem, record)

    if source_format.records is None:
        yield from converted(_json_records(file, readers), row_of)
    else:
        with opened(file) as source:
            yield from converted(source_format.records(source), row_of)
    refuse_absent(choice, present, file.name)


def _json_records(file: InputFile, readers: frozenset[str]) -> Iterator[Record | Skipped]:
    """The records of JSON Lines; of a few readers, only of lines that have their ids in them."""
    needles = [reader.encode() for reader in readers if _is_written_plainly(reader)]
    searched = 0 < len(needles) == len(readers) <= MAX_READERS_SOUGHT
    for number, line in lines_with(file, needles) if searched else all_lines(file):
        record = json_record(line, number, file.name)
        if record is not None:
            yield record


def _is_written_plainly(reader: str) -> bool:
    """Whether JSON writes an id as it is: any other sign may be escaped."""
    return reader.isascii() and reader.replace("-", "").replace("_", "").isalnum()


def each_once(rows: Iterable[Row | Skipped], skips: Skips) -> Iterator[Row]:
    """The good rows, each review of a file once; what is left out is noted."""
    # Ids are 64-bit digests in hex: as numbers, a million take a quarter of the memory.
    line_of: dict[int, int] = {}
    for row in rows:
        if isinstance(row, Skipped):
            skips.add(row)
            continue
        first = line_of.setdefault(int(row.review.id, 16), row.line)
        if first == row.line:
            yield row
        else:
            skips.add(Skipped(row.line, f"It repeats the review of line {first}."))
