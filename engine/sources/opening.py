"""A file, a .gz or standard input as lines of text, or a sentence that says why it is not.

Knows bytes and encodings only: what the lines mean is the business of the formats. Nothing is
guessed: UTF-8 (with or without a byte order mark), UTF-16 or UTF-32 with one, and no other encoding
but for the exports that are known to be Latin-1 and begin in a way that tells them.
"""

import codecs
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from models.errors import BadInput

CHUNK_SIZE = 64 * 1024
HEAD_CHARS = 64 * 1024
MAX_LINE_CHARS = 16 * 1024 * 1024
BINARY_NUL_SHARE = 0.05

# The longer marks first: that of UTF-32 begins with that of UTF-16.
_UTF = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_LATIN_1_BEGINS = (b"Book Id\tTitle\t", b'"Book Id"\t"Title"\t')
"""LibraryThing's tab-separated export, which has been written in Latin-1 and names no encoding."""
_MAGIC = {
    b"PK\x03\x04": "a zip archive, or a workbook of Excel or LibreOffice",
    b"%PDF": "a PDF",
    b"SQLite format 3\0": "an SQLite database",
    b"GGUF": "a GGUF model",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
}


Watch = Callable[[int], None]
"""Hears how many bytes of a file have been read, as they are; what it raises ends the reading."""


def unwatched(_: int) -> None:
    """Nobody hears how far the reading is."""


@dataclass(frozen=True)
class InputFile:
    """A file that can be read as often as it takes."""

    path: Path
    name: str
    """As people know it: the path, or `standard input`."""
    stem: str
    """The file's name without its extensions: the reader or dataset of a file that names none."""
    watch: Watch = unwatched


@dataclass(frozen=True)
class Source:
    """An opened input, whose lines can be read once."""

    name: str
    stem: str
    head: tuple[str, ...]
    """The first lines, for a look at the format; `lines` gives them again."""
    lines: Iterator[str]
    r"""Every line with its `\n`, into which a `\r\n` of the file is turned unless kept."""


@contextmanager
def at_hand(path: Path | None, watch: Watch = unwatched) -> Iterator[InputFile]:
    """The file of this path, or a private copy of standard input for None and `-`.

    A pipe can be read once only, so it is copied too.

    Raises:
        BadInput: the pipe cannot be read.
    """
    if path is None or str(path) == "-":
        with _copied(sys.stdin.buffer) as copy:
            yield InputFile(copy, "standard input", "standard-input", watch)
        return
    stem = path.name.removesuffix(".gz")
    file = InputFile(path, str(path), stem.rpartition(".")[0] or stem, watch)
    with _refusals_explained(file):
        is_pipe = path.is_fifo()
    if not is_pipe:
        yield file
        return
    with _refusals_explained(file), path.open("rb") as pipe, _copied(pipe) as copy:
        yield replace(file, path=copy)


@contextmanager
def _copied(stream: BinaryIO) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(prefix="persona-studio-") as copy:
        shutil.copyfileobj(stream, copy)
        copy.flush()
        yield Path(copy.name)


@contextmanager
def opened(file: InputFile, keeps_returns: bool = False) -> Iterator[Source]:
    r"""Open a file as text.

    Args:
        keeps_returns: leave each `\r\n` as it is.

    Raises:
        BadInput: missing, a directory, empty, binary, a broken .gz, or not in a known encoding;
            a fault further down the file is raised while its lines are read.
    """
    with _refusals_explained(file), file.path.open("rb") as handle:
        chunks = _unzipped(handle, file)
        start = next(chunks, b"")
        if not start.strip(codecs.BOM_UTF8 + b" \t\r\n"):
            raise BadInput(f"{file.name} is empty.", "Give a file with at least one row.")
        encoding = _encoding_of(start)
        if encoding == "utf-8":
            _refuse_binary(start, file.name)
        chunks = chain([start], chunks)
        if start.removeprefix(codecs.BOM_UTF8).startswith(_LATIN_1_BEGINS):
            texts = _decoded_either(chunks)
        else:
            texts = _decoded(chunks, encoding, file.name)
        lines = _lines(texts, file.name, keeps_returns)
        head = tuple(_head_of(lines))
        yield Source(file.name, file.stem, head, chain(head, lines))


@contextmanager
def opened_bytes(file: InputFile) -> Iterator[tuple[Iterator[bytes], BinaryIO]]:
    """The bytes of a file in chunks, unpacked where it is a .gz, and the file they come from.

    The handle's position tells how far the reading has come.

    Raises:
        BadInput: missing, a directory, or a broken .gz.
    """
    with _refusals_explained(file), file.path.open("rb") as handle:
        yield _unzipped(handle, file), handle


def utf8_chunks(chunks: Iterator[bytes], name: str) -> tuple[Iterator[bytes], int | None]:
    """The chunks in UTF-8 without a byte order mark, and by how many bytes they begin later.

    The second is None where positions in them are not positions in what came in.
    """
    start = next(chunks, b"")
    encoding = _encoding_of(start)
    if encoding != "utf-8":
        texts = _decoded(chain([start], chunks), encoding, name)
        return (text.encode("utf-8", "replace") for text in texts), None
    bare = start.removeprefix(codecs.BOM_UTF8)
    return chain([bare], chunks), len(start) - len(bare)


def mark_and_encoding(file: InputFile) -> tuple[bytes, str]:
    """The byte order mark that a file begins with, or nothing, and the encoding of what follows."""
    with opened_bytes(file) as (chunks, _):
        start = next(chunks, b"")
    marks = (codecs.BOM_UTF8, *_UTF)
    mark = next((mark for mark in marks if start.startswith(mark)), b"")
    return mark, _encoding_of(start)


def is_zipped(file: InputFile) -> bool:
    with _refusals_explained(file), file.path.open("rb") as handle:
        return handle.read(2) == _GZIP_MAGIC


def is_parquet(file: InputFile) -> bool:
    """Whether a file is Parquet, by its first bytes.

    Raises:
        BadInput: it is, and packed once more.
    """
    with opened_bytes(file) as (chunks, _):
        found = next(chunks, b"").startswith(b"PAR1")
    if found and is_zipped(file):
        raise BadInput(
            f"{file.name} is a Parquet file that was packed once more, as .gz.",
            "Unpack it: `gunzip FILE.gz`.",
        )
    return found


@contextmanager
def _refusals_explained(file: InputFile) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise BadInput(f"There is no file {file.name}.", "Check the path.") from error
    except IsADirectoryError as error:
        raise BadInput(f"{file.name} is a directory.", "Give one of the files in it.") from error
    except OSError as error:
        if error.filename not in (None, str(file.path)):
            raise
        raise BadInput(f"{file.name} cannot be read: {error.strerror or error}.") from error


def _unzipped(handle: BinaryIO, file: InputFile) -> Iterator[bytes]:
    chunks = _read(handle, file)
    start = next(chunks, b"")
    if start.startswith(_GZIP_MAGIC):
        return _unpacked(chain([start], chunks), file.name)
    if start and file.name.endswith(".gz"):
        raise BadInput(
            f"{file.name} is not gzip, whatever its name says.", "Take the .gz off its name."
        )
    return chain([start], chunks)


def _read(handle: BinaryIO, file: InputFile) -> Iterator[bytes]:
    size = os.fstat(handle.fileno()).st_size
    while chunk := handle.read(CHUNK_SIZE):
        file.watch(handle.tell())
        yield chunk
    if (left := handle.tell()) < size:
        raise BadInput(
            f"{file.name} was cut short from {size:,} to {left:,} bytes while it was read.",
            "Wait until whatever writes it is done, and try again.",
        )


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


def _encoding_of(start: bytes) -> str:
    return next((_UTF[mark] for mark in _UTF if start.startswith(mark)), "utf-8")


def _refuse_binary(start: bytes, name: str) -> None:
    kind = next((_MAGIC[magic] for magic in _MAGIC if start.startswith(magic)), None)
    if kind is None and start.count(0) > BINARY_NUL_SHARE * len(start):
        kind = "a binary file"
    if kind:
        raise BadInput(f"{name} is {kind}, not text.", "Save it as CSV or JSON Lines in UTF-8.")


def _decoded(chunks: Iterable[bytes], encoding: str, name: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    lines_before, column = 0, 1
    for number, chunk in enumerate(chunks):
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(encoding)
            line = lines_before + before.count("\n") + 1
            column = _column_after(before, column)
            raise wrong_encoding(name, encoding, error, line, column) from error
        lines_before += text.count("\n")
        column = _column_after(text, column)
        yield text.removeprefix("\ufeff") if number == 0 else text
    if decoder.getstate()[0]:
        # Cut off inside a character: only the last line is harmed, and it shows.
        yield "\N{REPLACEMENT CHARACTER}"


def _column_after(text: str, column: int) -> int:
    """The column, from 1, that comes after a text which began in a column."""
    _, newline, last = text.rpartition("\n")
    return len(last) + 1 if newline else column + len(text)


def wrong_encoding(
    name: str, encoding: str, error: UnicodeDecodeError, line: int, column: int
) -> BadInput:
    """The refusal of a file whose bytes are not in the encoding it has to be in."""
    byte = f"byte 0x{error.object[error.start]:02X} in line {line}, column {column}"
    return BadInput(
        f"{name} is not {encoding.upper()}: {byte}.",
        "Save it as UTF-8, for example with `iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW`.",
    )


def _decoded_either(chunks: Iterable[bytes]) -> Iterator[str]:
    """Line by line as UTF-8, or as Windows' superset of Latin-1 where it is not that."""
    rest = b""
    for number, chunk in enumerate(chunks):
        data = rest + (chunk.removeprefix(codecs.BOM_UTF8) if number == 0 else chunk)
        whole, newline, rest = data.rpartition(b"\n")
        yield "".join(map(_either, (whole + newline).splitlines(keepends=True)))
    yield _either(rest)


def _either(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("windows-1252", "replace")


def _lines(texts: Iterable[str], name: str, keeps_returns: bool) -> Iterator[str]:
    rest = ""
    number = 0
    for text in texts:
        *lines, rest = (rest + text).split("\n")
        for line in lines:
            yield (line if keeps_returns else line.removesuffix("\r")) + "\n"
        number += len(lines)
        if len(rest) > MAX_LINE_CHARS:
            raise line_too_long(name, number + 1)
    if rest:
        yield rest


def line_too_long(name: str, line: int) -> BadInput:
    """The refusal of a file with a line that cannot be meant."""
    return BadInput(
        f"{name}, line {line}, is over {MAX_LINE_CHARS:,} characters long.",
        "Give a file with one row on a line.",
    )


def _head_of(lines: Iterator[str]) -> Iterator[str]:
    size = 0
    for line in lines:
        yield line
        size += len(line)
        if size > HEAD_CHARS:
            return
