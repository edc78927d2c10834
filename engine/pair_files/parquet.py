"""Pairs as Parquet, a stretch of rows at a time.

Written and read by pyarrow, on which `datasets` is built: the columns are those that
`Dataset.from_parquet` and `to_parquet` give and take, and no copy of what a reader wrote is left in
the cache of `datasets`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from gzip import GzipFile
from itertools import islice
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from engine.pair_files.own_fields import FLAGS, OWN_FIELDS, TEXTS
from engine.sources.opening import InputFile
from engine.sources.records import Record
from models.errors import BadInput

ROWS_IN_A_GROUP = 5000
ROWS_READ_AT_ONCE = 1000


def write_parquet(rows: Iterable[Mapping[str, object]], file: BinaryIO | GzipFile) -> None:
    """Write rows of texts and own fields."""
    schema = _schema()
    left = iter(rows)
    with pq.ParquetWriter(file, schema) as writer:
        while group := list(islice(left, ROWS_IN_A_GROUP)):
            writer.write_batch(pa.RecordBatch.from_pylist(group, schema))


def parquet_columns(file: InputFile) -> tuple[str, ...]:
    """The names of the columns; a second one, `name[]`, for each that is a list.

    Raises:
        BadInput: the file cannot be read.
    """
    with _refusals_explained(file):
        schema = pq.read_schema(file.path)
    lists = [f"{field.name}[]" for field in schema if _is_list(field.type)]
    return (*schema.names, *lists)


def parquet_rows(file: InputFile, columns: Collection[str]) -> Iterator[Record]:
    """The rows, numbered from 1; only these columns of them.

    Raises:
        BadInput: the file cannot be read, or breaks off.
    """
    number, size = 0, file.path.stat().st_size
    with _refusals_explained(file), pq.ParquetFile(file.path) as opened:
        wanted = [name for name in opened.schema_arrow.names if name in columns]
        total = opened.metadata.num_rows
        for batch in opened.iter_batches(ROWS_READ_AT_ONCE, columns=wanted):
            for fields in batch.to_pylist():
                number += 1
                yield Record(number, fields)
            file.watch(size * number // max(1, total))


@contextmanager
def _refusals_explained(file: InputFile) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        why = str(error).splitlines()[0].rstrip(".")
        raise BadInput(
            f"{file.name} is a Parquet file that cannot be read: {why}.",
            "Write or download it again.",
        ) from error


def _schema() -> pa.Schema:
    kinds = {**dict.fromkeys(FLAGS, pa.bool_()), "stance": pa.float64()}
    kinds["evidence"] = pa.list_(pa.string())
    return pa.schema([(name, kinds.get(name, pa.string())) for name in (*TEXTS, *OWN_FIELDS)])


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))
