"""
Files of rows that are read, added to, and written again as the same kind of file.

JSONL, CSV and Parquet, on disk or at s3:// URLs.  The new file takes its place once
it is complete, and only then.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any

from suffice.data import disk, inert, storage
from suffice.data.lines import read_lines
from suffice.data.parsing import Problem, parse
from suffice.data.rows import Row, csv_rows, parquet_rows, spooled
from suffice.data.unpacking import Limits
from suffice.errors import UnusableInput

Write = Callable[[Sequence[Mapping[str, Any]]], None]
_KINDS = {".jsonl": "jsonl", ".csv": "csv", ".parquet": "parquet"}


def kind_of(path: str) -> str:
    """``jsonl``, ``csv`` or ``parquet``, by the name; `UnusableInput` for others."""
    for suffix, kind in _KINDS.items():
        if path.removesuffix(".gz").endswith(suffix):
            return kind
    raise UnusableInput(
        f"{path!r} is none of the files that can be read; give .jsonl, .csv or "
        ".parquet."
    )


def rows_of(file: str, limits: Limits | None = None) -> Iterator[Row]:
    """
    The rows of *file* with all their columns.

    Raises `BadExamples` for a file that cannot be read, naming the line.
    """
    limits = limits or Limits()
    kind = kind_of(file)
    if kind == "parquet":
        yield from parquet_rows(file, limits, _any_columns)
    elif kind == "csv":
        yield from csv_rows(file, limits, _any_columns)
    else:
        for line in read_lines(file, limits):
            if line.data.strip():
                yield Row(line.where, parse(line))


@contextmanager
def writing(target: str, like: str, added: Mapping[str, type]) -> Iterator[Write]:
    """
    A function that writes rows to *target*, which is of the kind of the file *like*.

    *added* are the new columns: ``str``, ``int`` or ``float``.  Raises
    `UnusableInput` before anything is read where that cannot be done.
    """
    kind = kind_of(target)
    if kind != kind_of(like):
        raise UnusableInput(
            f"{target!r} is no {kind_of(like)} file, and {like!r} is one: give both "
            "the same ending."
        )
    if target.endswith(".gz"):
        raise UnusableInput(f"{target!r} cannot be written packed; leave .gz out.")
    if disk.same(target, like):
        raise UnusableInput(f"{target!r} is the file that is read; name another.")
    with tempfile.TemporaryFile() as spool:
        with _WRITERS[kind](spool, like, added) as write:
            yield write
        spool.seek(0)
        _put(target, spool)


def _any_columns(names: Sequence[str]) -> None:
    """Whatever they are called."""


def _put(target: str, spool: IO[bytes]) -> None:
    if target.startswith("s3://"):
        storage.write_bytes(target, spool.read())
        return
    with disk.replacing(target) as file:
        shutil.copyfileobj(spool, file)


@contextmanager
def _jsonl(spool: IO[bytes], like: str, added: Mapping[str, type]) -> Iterator[Write]:
    def write(rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            spool.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")

    yield write


@contextmanager
def _csv(spool: IO[bytes], like: str, added: Mapping[str, type]) -> Iterator[Write]:
    text = io.TextIOWrapper(spool, encoding="utf-8", newline="", write_through=True)
    table: list[csv.DictWriter[str]] = []

    def write(rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            if not table:
                table.append(csv.DictWriter(text, list(row), lineterminator="\n"))
                table[0].writeheader()
            told = {n: inert.cell(str(row[n])) for n in added if row[n] is not None}
            table[0].writerow({**row, **told})

    yield write
    text.detach()


@contextmanager
def _parquet(spool: IO[bytes], like: str, added: Mapping[str, type]) -> Iterator[Write]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    with spooled(like, Limits()) as given:
        schema = pq.read_schema(given)
    for name, type_ in added.items():
        schema = schema.append(pa.field(name, types[type_]))
    with pq.ParquetWriter(spool, schema) as writer:

        def write(rows: Sequence[Mapping[str, Any]]) -> None:
            writer.write_table(pa.Table.from_pylist([dict(r) for r in rows], schema))

        yield write


_WRITERS = {"jsonl": _jsonl, "csv": _csv, "parquet": _parquet}


def cells_of(row: Row) -> dict[str, Any]:
    """The row's cells; `UnusableInput` where it could not be read."""
    if isinstance(row.cells, Problem):
        raise UnusableInput(f"{row.where}: {row.cells.message}; mend the file.")
    return row.cells
