"""The formats of preference data, as a table: how the texts of a row are read.

What a row says of its answers besides (upvotes, harm) decides whether it is taken: `Keep`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from engine.domain import Skipped
from engine.sources import beavertails, hh_rlhf, ratings, shp, trl
from engine.sources.detect import detected, detected_columns, undetected, undetected_columns
from engine.sources.lines_of_json import json_records
from engine.sources.opening import InputFile, is_parquet, opened
from engine.sources.records import Record
from models.errors import BadInput

Texts = tuple[str, str, str]
"""Prompt, chosen and rejected."""


@dataclass(frozen=True)
class Keep:
    """Which rows are taken, where the format tells; as N. Balepur et al. (arXiv 2501.11549) do."""

    min_upvotes: int = 10
    """Of either answer, in SHP; 0 takes all."""
    harmful: bool = False
    """Also rows whose rejected answer is labelled harmful, in BeaverTails and PKU-SafeRLHF."""


@dataclass(frozen=True)
class PreferenceFormat:
    """How the rows of a file are read."""

    name: str
    label: str
    """For people."""
    texts: Callable[[Record, Keep], Texts]
    """Raises `BadRow` for a row that is none, or not to be taken."""


_ALL = (
    PreferenceFormat("trl", "TRL, plain or conversational", lambda row, _: trl.texts_of(row)),
    PreferenceFormat("hh_rlhf", "Anthropic HH-RLHF", lambda row, _: hh_rlhf.texts_of(row)),
    PreferenceFormat(
        "shp",
        "Stanford Human Preferences (SHP)",
        lambda row, keep: shp.texts_of(row, keep.min_upvotes),
    ),
    PreferenceFormat(
        "beavertails",
        "BeaverTails and PKU-SafeRLHF",
        lambda row, keep: beavertails.texts_of(row, keep.harmful),
    ),
    PreferenceFormat(
        "ultrafeedback",
        "UltraFeedback, with all answers and ratings",
        lambda row, _: ratings.ultrafeedback_texts(row),
    ),
    PreferenceFormat(
        "argilla", "Argilla's UltraFeedback, two answers", lambda row, _: ratings.argilla_texts(row)
    ),
    PreferenceFormat(
        "generations",
        "distilabel, lists of generations and ratings",
        lambda row, _: ratings.generations_texts(row),
    ),
)
PREFERENCE_FORMATS: Mapping[str, PreferenceFormat] = {one.name: one for one in _ALL}


@dataclass(frozen=True)
class OpenRows:
    """A file of preference data on its way in."""

    format: PreferenceFormat
    records: Iterator[Record | Skipped]


@contextmanager
def opened_rows(file: InputFile, format_name: str | None) -> Iterator[OpenRows]:
    """The rows of a file of JSON Lines or Parquet.

    Args:
        format_name: a key of `PREFERENCE_FORMATS`; None tells it by the content.

    Raises:
        BadInput: the file cannot be read, or is in no such format.
    """
    known = tuple(PREFERENCE_FORMATS)
    if format_name not in (None, *known):
        raise BadInput(
            f"There is no format {format_name!r} for preferences.", f"Formats: {', '.join(known)}."
        )
    if is_parquet(file):
        from engine.sources.parquet import parquet_columns, parquet_rows

        columns = parquet_columns(file)
        name = format_name or detected_columns(columns, "preferences")
        if name is None:
            raise undetected_columns(file.name, columns, "preferences", known)
        yield OpenRows(PREFERENCE_FORMATS[name], parquet_rows(file, columns))
        return
    with opened(file) as source:
        name = format_name or detected(source, "preferences")
        if name is None:
            raise undetected(source, "preferences", known)
        yield OpenRows(PREFERENCE_FORMATS[name], json_records(source))
