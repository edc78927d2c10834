"""Pairs as Parquet, written a stretch of rows at a time; `engine.sources.parquet` reads it.

Written by pyarrow, on which `datasets` is built: the columns are those that
`Dataset.from_parquet` and `to_parquet` give and take, and no copy of what a reader wrote is left in
the cache of `datasets`.
"""

from collections.abc import Iterable, Mapping
from gzip import GzipFile
from itertools import islice
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from engine.pair_files.own_fields import FLAGS, LISTS, OWN_FIELDS, TEXTS

ROWS_IN_A_GROUP = 5000


def write_parquet(rows: Iterable[Mapping[str, object]], file: BinaryIO | GzipFile) -> None:
    """Write rows of texts and own fields."""
    schema = _schema()
    left = iter(rows)
    with pq.ParquetWriter(file, schema) as writer:
        while group := list(islice(left, ROWS_IN_A_GROUP)):
            writer.write_batch(pa.RecordBatch.from_pylist(group, schema))


def _schema() -> pa.Schema:
    kinds = {**dict.fromkeys(FLAGS, pa.bool_()), "stance": pa.float64()}
    kinds |= dict.fromkeys(LISTS, pa.list_(pa.string()))
    return pa.schema([(name, kinds.get(name, pa.string())) for name in (*TEXTS, *OWN_FIELDS)])
