"""The same query where the data lies: DuckDB over Parquet in S3, a range at a time."""

from __future__ import annotations

import io
from hashlib import sha256
from typing import Any

import duckdb
import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from suffice.usage.day_sums import usage_sql

ROWS = 50_000
"""Rows of one day's file."""
DAY_S = 86_400


class InStore(fsspec.AbstractFileSystem):
    """Objects of one bucket for DuckDB: what there is, and ranges of it."""

    protocol = "store"

    def __init__(self, bucket: Any) -> None:
        super().__init__()
        self.bucket = bucket
        self.bytes_read = 0

    def glob(self, path: str, **_: Any) -> list[str]:
        prefix = path.removeprefix("store://").partition("*")[0]
        return [o.key for o in self.bucket.objects.filter(Prefix=prefix)]

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        size = self.bucket.Object(path.removeprefix("store://")).content_length
        return {"name": path, "size": size, "type": "file"}

    def modified(self, path: str) -> Any:
        return self.bucket.Object(path.removeprefix("store://")).last_modified

    def _open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        return Ranges(self, path.removeprefix("store://"))


class Ranges(io.RawIOBase):
    """One object, read by range requests."""

    def __init__(self, store: InStore, key: str) -> None:
        super().__init__()
        self.store, self.object, self.place = store, store.bucket.Object(key), 0
        self.size = self.object.content_length

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.size}
        self.place = start[whence] + offset
        return self.place

    def tell(self) -> int:
        return self.place

    def read(self, n: int = -1) -> bytes:
        end = self.size if n < 0 else min(self.size, self.place + n)
        if end <= self.place:
            return b""
        wanted = f"bytes={self.place}-{end - 1}"
        found = self.object.get(Range=wanted)["Body"].read()
        self.place += len(found)
        self.store.bytes_read += len(found)
        return found


def day_of_requests(day: int) -> bytes:
    """One day's log as Parquet, with a column that no re-check needs."""
    table = pa.table(
        {
            "at_s": [day * DAY_S + i for i in range(ROWS)],
            "input_tokens": [100 + day] * ROWS,
            "output_tokens": [10] * ROWS,
            "cached_tokens": pa.array([None] * ROWS, pa.int64()),
            "answer": [sha256(str(i).encode()).hexdigest() for i in range(ROWS)],
        }
    )
    written = io.BytesIO()
    pq.write_table(table, written)
    return written.getvalue()


def test_duckdb_adds_up_what_lies_in_s3(bucket):
    """Past one machine's disk the query goes to the data, not the data to the query."""
    stored = 0
    for day in range(3):
        content = day_of_requests(day)
        stored += len(content)
        bucket.put_object(Key=f"logs/day={day}/requests.parquet", Body=content)
    store = InStore(bucket)
    with duckdb.connect() as db:
        db.register_filesystem(store)
        db.execute(
            "CREATE VIEW requests AS SELECT * "
            "FROM read_parquet('store://logs/*/requests.parquet')"
        )
        found = db.execute(usage_sql()).fetchall()

    assert [(day, ROWS, ROWS * (100 + day)) for day in range(3)] == [
        row[:3] for row in found
    ]
    assert store.bytes_read < stored / 2
