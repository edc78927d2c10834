"""Parquet files as records, a stretch of rows at a time.

Read by pyarrow, on which `datasets` is built: the columns are those that `Dataset.to_parquet`
gives. Imported only where a file is one: Arrow takes a sixth of a second.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq

from engine.sources.opening import InputFile
from engine.sources.records import Record
from models.errors import BadInput

ROWS_READ_AT_ONCE = 1000


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


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))
