"""The file of a catalogue, whichever of the three formats it has: read it, and write it again."""

import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from engine.catalogues import lines_file, onix_file, table_file
from engine.catalogues.entry import CatalogueFormat, Entry, Texts
from engine.sources import onix
from engine.sources.opening import (
    InputFile,
    is_zipped,
    mark_and_encoding,
    opened,
)
from models.errors import BadInput


def format_of(file: InputFile) -> CatalogueFormat:
    """The format that a file shows.

    Raises:
        BadInput: the file cannot be read, or is a JSON array.
    """
    if onix.is_onix(file):
        return "onix"
    with opened(file, keeps_returns=True) as source:
        start = next((line.lstrip() for line in source.head if line.strip()), "")
    if start.startswith("{"):
        return "jsonl"
    if start.startswith(("[", "<")):
        raise BadInput(
            f"{file.name} is no catalogue that can be read: it begins with {start[:20].strip()!r}.",
            "Give CSV with a header, JSON Lines (one object on each line), or ONIX 3.",
        )
    return "csv"


def columns(
    file: InputFile, source_format: CatalogueFormat, chosen: Mapping[str, str]
) -> dict[str, str]:
    """Which column or key holds what; nothing of ONIX, which says so itself.

    Raises:
        BadInput: the file cannot be read, or lacks a column.
    """
    if source_format == "onix":
        if chosen:
            raise BadInput("An ONIX message has no columns to choose.", "Leave --column out.")
        return {}
    if source_format == "csv":
        return table_file.columns(file, chosen)
    return lines_file.columns(file, chosen)


def entries(
    file: InputFile, source_format: CatalogueFormat, named: Mapping[str, str]
) -> Iterator[Entry]:
    """Every row of a catalogue.

    Raises:
        BadInput: the file cannot be read.
    """
    if source_format == "onix":
        return onix_file.entries(file)
    if source_format == "csv":
        return table_file.entries(file, named)
    return lines_file.entries(file, named)


def write(
    source: InputFile,
    source_format: CatalogueFormat,
    named: Mapping[str, str],
    texts: Texts,
    target: BinaryIO,
) -> None:
    """Write a catalogue again with new texts; packed as it was packed.

    Raises:
        BadInput: the source cannot be read.
    """
    parts = _rewritten(source, source_format, named, texts)
    if not is_zipped(source):
        target.writelines(parts)
        return
    with gzip.GzipFile(filename="", mode="wb", fileobj=target, mtime=0) as packed:
        for part in parts:
            packed.write(part)


def _rewritten(
    source: InputFile, source_format: CatalogueFormat, named: Mapping[str, str], texts: Texts
) -> Iterator[bytes]:
    if source_format == "onix":
        yield from onix_file.rewritten(source, texts)
        return
    mark, encoding = mark_and_encoding(source)
    yield mark
    rewritten = table_file.rewritten if source_format == "csv" else lines_file.rewritten
    for line in rewritten(source, named, texts):
        yield line.encode(encoding)


def kept_file(folder: Path, name: str) -> InputFile:
    """The copy of a catalogue's file that its data directory keeps."""
    return InputFile(folder / "original", name, Path(name).stem)
