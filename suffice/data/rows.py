"""
Rows of CSV and Parquet files as they stand, with all their columns.

What a row means is not known here.  Memory is bounded: a file is read row by row, or
batch by batch.
"""

from __future__ import annotations

import contextlib
import csv
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, NamedTuple

from suffice.data.lines import Line, read_lines
from suffice.data.parsing import Problem
from suffice.data.storage import read_chunks
from suffice.data.unpacking import Limits
from suffice.errors import BadExamples, SufficeError

BATCH_ROWS = 500
"""Rows of a Parquet file that are held at a time."""
MAX_GROUP_BYTES = 2 << 30
"""Largest row group of a Parquet file, unpacked, that is opened."""
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}

Check = Callable[[Sequence[str]], None]
"""Told the names of the columns; raises `BadExamples` where they cannot be used."""


class Row(NamedTuple):
    """One row: where it stands, and its cells by column or why there are none."""

    where: str
    cells: dict[str, Any] | Problem


def csv_rows(file: str, limits: Limits, check: Check) -> Iterator[Row]:
    """
    The rows of a CSV file with a header; the delimiter is told by the header.

    A row's place is the line where it begins.  Raises `BadExamples` where the header
    or the text as a whole cannot be used.
    """
    texts = _Texts(file, read_lines(file, limits))
    header_line = next(texts, "")
    delimiter = max(_DELIMITERS, key=header_line.count)
    # The library's own bound is for the whole process, and lower than ours.
    csv.field_size_limit(limits.line_bytes)
    header = next(csv.reader([header_line], delimiter=delimiter), [])
    check(header)
    reader = csv.reader(texts, delimiter=delimiter, strict=True)
    while True:
        where = f"{file}:{texts.number + 1}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadExamples(
                f"{where}: this is not CSV ({error}); check the quotes."
            ) from error
        if len(cells) == len(header):
            yield Row(where, dict(zip(header, cells, strict=True)))
        elif any(cell.strip() for cell in cells):
            said = f"{len(cells)} cells stand here, and {len(header)} in the header"
            yield Row(where, Problem(where=where, kind="unreadable", message=said))


class _Texts(Iterator[str]):
    """Lines as text for the csv module, which counts none of its own correctly."""

    def __init__(self, file: str, lines: Iterator[Line]) -> None:
        self._file, self._lines = file, lines
        self.number = 0

    def __next__(self) -> str:
        line = next(self._lines)
        self.number = line.number
        if line.n_bytes > len(line.data) or b"\x00" in line.data:
            what = "is too long" if b"\x00" not in line.data else "holds a NUL byte"
            raise BadExamples(f"{line.where}: this line {what}; mend the file.")
        try:
            return line.data.decode("utf-8") + "\n"
        except UnicodeDecodeError as error:
            raise BadExamples(
                f"{line.where}: byte {error.start + 1} is not UTF-8; save the file "
                "as UTF-8."
            ) from error


def parquet_rows(
    file: str,
    limits: Limits,
    check: Check,
    wanted: Callable[[Sequence[str]], list[str]] = list,
) -> Iterator[Row]:
    """The *wanted* columns of a Parquet file; a row's place is its number from 1."""
    import pyarrow
    import pyarrow.parquet

    with spooled(file, limits) as spool:
        try:
            parquet = pyarrow.parquet.ParquetFile(spool)
            names = list(parquet.schema_arrow.names)
            check(names)
            _check_groups(file, parquet.metadata)
            number = 0
            for batch in parquet.iter_batches(BATCH_ROWS, columns=wanted(names)):
                for cells in batch.to_pylist():
                    number += 1
                    yield Row(f"{file}:{number}", cells)
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            if isinstance(error, SufficeError):
                raise
            reason = " ".join(str(error).split())[:100]
            raise BadExamples(
                f"{file!r} is damaged Parquet ({reason}); write it again."
            ) from error


@contextlib.contextmanager
def spooled(file: str, limits: Limits) -> Iterator[IO[bytes]]:
    """The file's bytes on disk, where Parquet can jump to its end."""
    with tempfile.TemporaryFile() as spool:
        size = 0
        for chunk in read_chunks(file):
            size += len(chunk)
            if size > limits.total_bytes:
                raise BadExamples(
                    f"{file!r} holds more than {limits.total_bytes:,} bytes; split it."
                )
            spool.write(chunk)
        spool.seek(0)
        yield spool


def _check_groups(file: str, metadata: Any) -> None:
    for n in range(metadata.num_row_groups):
        if metadata.row_group(n).total_byte_size > MAX_GROUP_BYTES:
            raise BadExamples(
                f"{file!r} unpacks to more than {MAX_GROUP_BYTES:,} bytes in one row "
                "group; write it with smaller ones."
            )
