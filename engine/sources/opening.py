"""A file, a .gz or standard input as lines of text, or a sentence that says why it is not.

Knows bytes and encodings only: what the lines mean is the business of the formats. Nothing is
guessed: UTF-8 (with or without a byte order mark), UTF-16 with one, and no other encoding.
"""

import codecs
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from models.errors import BadInput

CHUNK_SIZE = 64 * 1024
HEAD_CHARS = 64 * 1024
MAX_LINE_CHARS = 16 * 1024 * 1024
BINARY_NUL_SHARE = 0.05

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_MAGIC = {
    b"PK\x03\x04": "a zip archive, or a workbook of Excel or LibreOffice",
    b"%PDF": "a PDF",
    b"SQLite format 3\0": "an SQLite database",
    b"GGUF": "a GGUF model",
    b"PAR1": "a Parquet file",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
}


@dataclass(frozen=True)
class Source:
    """An opened input, whose lines can be read once."""

    name: str
    """As people know it: the path, or `standard input`."""
    stem: str
    """The file's name without its extensions: the reader or dataset of a file that names none."""
    head: tuple[str, ...]
    """The first lines, for a look at the format; `lines` gives them again."""
    lines: Iterator[str]
    r"""Every line with its `\n`, into which a `\r\n` of the file is turned."""


@contextmanager
def opened(path: Path | None) -> Iterator[Source]:
    """Open a file, or standard input for None and `-`, as text.

    Raises:
        BadInput: missing, a directory, empty, binary, a broken .gz, or not in a known encoding;
            a fault further down the file is raised while its lines are read.
    """
    if path is None or str(path) == "-":
        yield _source(sys.stdin.buffer, "standard input", "standard-input")
        return
    stem = path.name.removesuffix(".gz")
    try:
        with path.open("rb") as file:
            yield _source(file, str(path), stem.rpartition(".")[0] or stem)
    except FileNotFoundError as error:
        raise BadInput(f"There is no file {path}.", "Check the path.") from error
    except IsADirectoryError as error:
        raise BadInput(f"{path} is a directory.", "Give one of the files in it.") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from error


def _source(file: BinaryIO, name: str, stem: str) -> Source:
    chunks = iter(lambda: file.read(CHUNK_SIZE), b"")
    start = next(chunks, b"")
    if start.startswith(_GZIP_MAGIC):
        chunks = _unpacked(chain([start], chunks), name)
        start = next(chunks, b"")
    elif start and name.endswith(".gz"):
        raise BadInput(f"{name} is not gzip, whatever its name says.", "Take the .gz off its name.")
    if not start.strip(codecs.BOM_UTF8 + b" \t\r\n"):
        raise BadInput(f"{name} is empty.", "Give a file with at least one row.")
    encoding = next((_UTF16[mark] for mark in _UTF16 if start.startswith(mark)), "utf-8")
    if encoding == "utf-8":
        _refuse_binary(start, name)
    lines = _lines(_decoded(chain([start], chunks), encoding, name), name)
    head = tuple(_head_of(lines))
    return Source(name, stem, head, chain(head, lines))


def _unpacked(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The bytes inside a gzip file, which may be several gzip files one after the other."""
    inflater: zlib._Decompress | None = None
    try:
        for chunk in chunks:
            while chunk:
                inflater = inflater or zlib.decompressobj(_GZIP_WINDOW)
                if data := inflater.decompress(chunk):
                    yield data
                chunk = inflater.unused_data
                inflater = None if inflater.eof else inflater
    except zlib.error as error:
        raise BadInput(f"{name} is a damaged .gz: {error}.", "Download it again.") from error
    if inflater:
        raise BadInput(f"{name} is a .gz that breaks off in the middle.", "Download it again.")


def _refuse_binary(start: bytes, name: str) -> None:
    kind = next((_MAGIC[magic] for magic in _MAGIC if start.startswith(magic)), None)
    if kind is None and start.count(0) > BINARY_NUL_SHARE * len(start):
        kind = "a binary file"
    if kind:
        raise BadInput(f"{name} is {kind}, not text.", "Save it as CSV or JSON Lines in UTF-8.")


def _decoded(chunks: Iterable[bytes], encoding: str, name: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    lines_before = 0
    for number, chunk in enumerate(chunks):
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(encoding).count("\n")
            raise BadInput(
                f"{name} is not {encoding.upper()}: byte 0x{error.object[error.start]:02X} "
                f"in line {lines_before + before + 1}.",
                "Save it as UTF-8, for example with `iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW`.",
            ) from error
        lines_before += text.count("\n")
        yield text.removeprefix("\ufeff") if number == 0 else text
    if decoder.getstate()[0]:
        # Cut off inside a character: only the last line is harmed, and it shows.
        yield "\N{REPLACEMENT CHARACTER}"


def _lines(texts: Iterable[str], name: str) -> Iterator[str]:
    rest = ""
    number = 0
    for text in texts:
        *lines, rest = (rest + text).split("\n")
        for line in lines:
            yield line.removesuffix("\r") + "\n"
        number += len(lines)
        if len(rest) > MAX_LINE_CHARS:
            raise BadInput(
                f"{name}, line {number + 1}, is over {MAX_LINE_CHARS:,} characters long.",
                "Give a file with one row on a line.",
            )
    if rest:
        yield rest


def _head_of(lines: Iterator[str]) -> Iterator[str]:
    size = 0
    for line in lines:
        yield line
        size += len(line)
        if size > HEAD_CHARS:
            return
