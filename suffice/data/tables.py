"""
Rows of CSV and Parquet files as chats, by a mapping of columns.

Each row becomes what a line of chat JSONL would be, and is then judged like one.
Memory is bounded: a file is read row by row, or batch by batch.
"""

from __future__ import annotations

import contextlib
import csv
import math
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from suffice.data.lines import Line, read_lines
from suffice.data.parsing import Problem, parse
from suffice.data.storage import read_chunks
from suffice.data.unpacking import Limits
from suffice.errors import BadExamples, SufficeError

if TYPE_CHECKING:
    from suffice.brief import Columns

BATCH_ROWS = 500
"""Rows of a Parquet file that are held at a time."""
MAX_GROUP_BYTES = 2 << 30
"""Largest row group of a Parquet file, unpacked, that is opened."""
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


class Found(NamedTuple):
    """One row: where it stands, and the chat in it or why there is none."""

    where: str
    row: dict[str, Any] | Problem


def read_csv(file: str, columns: Columns, limits: Limits) -> Iterator[Found]:
    """
    The rows of a CSV file with a header; the delimiter is told by the header.

    A row's place is the line where it begins.  Raises `BadExamples` where the header
    or the text as a whole cannot be used.
    """
    lines = read_lines(file, limits)
    texts = _Texts(file, lines)
    header_line = next(texts, "")
    delimiter = max(_DELIMITERS, key=header_line.count)
    # The library's own bound is for the whole process, and lower than ours.
    csv.field_size_limit(limits.line_bytes)
    header = next(csv.reader([header_line], delimiter=delimiter), [])
    _check_header(file, header, columns)
    reader = csv.reader(texts, delimiter=delimiter, strict=True)
    while True:
        start = texts.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadExamples(
                f"{file}:{start}: this is not CSV ({error}); check the quotes."
            ) from error
        where = f"{file}:{start}"
        if len(cells) == len(header):
            values = dict(zip(header, cells, strict=True))
            yield Found(where, to_chat(values, columns, where))
        elif any(cell.strip() for cell in cells):
            said = f"{len(cells)} cells stand here, and {len(header)} in the header"
            yield Found(where, Problem(where=where, kind="unreadable", message=said))


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


def read_parquet(file: str, columns: Columns, limits: Limits) -> Iterator[Found]:
    """The rows of a Parquet file; a row's place is its number, counted from 1."""
    import pyarrow
    import pyarrow.parquet

    with _spooled(file, limits) as spool:
        try:
            parquet = pyarrow.parquet.ParquetFile(spool)
            names = list(parquet.schema_arrow.names)
            _check_header(file, names, columns)
            _check_groups(file, parquet.metadata)
            number = 0
            for batch in parquet.iter_batches(
                BATCH_ROWS, columns=_wanted(columns, names)
            ):
                for values in batch.to_pylist():
                    number += 1
                    where = f"{file}:{number}"
                    yield Found(where, to_chat(values, columns, where))
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            if isinstance(error, SufficeError):
                raise
            reason = " ".join(str(error).split())[:100]
            raise BadExamples(
                f"{file!r} is damaged Parquet ({reason}); write it again."
            ) from error


@contextlib.contextmanager
def _spooled(file: str, limits: Limits) -> Iterator[IO[bytes]]:
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


def to_chat(
    values: Mapping[str, Any], columns: Columns, where: str
) -> dict[str, Any] | Problem:
    """One row as chat JSON would hold it; a column that is empty is not there."""
    row: dict[str, Any] = {}
    for key in ("id", "cluster"):
        value = _text(values.get(getattr(columns, key)))
        row |= {key: value} if value else {}
    reviewed = _text(values.get(columns.reviewed)).casefold()
    if reviewed:
        row["reviewed"] = _TRUTH.get(reviewed, reviewed)
    references = values.get(columns.references)
    if references is not None and _is_list(references):
        row["references"] = list(references)
    elif _text(references):
        row["references"] = [_text(references)]
    row["tags"] = {name: _text(values.get(name)) for name in columns.tags}
    if columns.messages in values:
        return _with_messages(row, values[columns.messages], where)
    row["messages"] = [
        {"role": role, "content": _text(values.get(name))}
        for role, name in (
            ("system", columns.system),
            ("user", columns.question),
            ("assistant", columns.answer),
        )
        if role != "system" or _text(values.get(name))
    ]
    return row


_TRUTH = {"true": True, "1": True, "yes": True} | {
    "false": False,
    "0": False,
    "no": False,
}


def _with_messages(
    row: dict[str, Any], messages: Any, where: str
) -> dict[str, Any] | Problem:
    """A row whose chat stands whole in one column, as JSON or as a list."""
    if isinstance(messages, str):
        file, _, number = where.rpartition(":")
        data = b'{"messages":' + messages.encode("utf-8", "surrogatepass") + b"}"
        parsed = parse(Line(file, int(number), data, len(data), True))
        return parsed if isinstance(parsed, Problem) else row | parsed
    if messages is None:
        return row
    return row | {"messages": list(messages) if _is_list(messages) else messages}


def _is_list(value: object) -> bool:
    return isinstance(value, (list, tuple)) or type(value).__name__ == "ndarray"


def _text(value: Any) -> str:
    """A cell as text; nothing where it is null."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return ""
    if isinstance(value, float) and math.isnan(value):
        return ""
    return value if isinstance(value, str) else str(value)


def _wanted(columns: Columns, names: Iterable[str]) -> list[str]:
    mapped = columns.model_dump()
    known = {*mapped.pop("tags"), *mapped.values()}
    return [name for name in names if name in known]


def _check_header(file: str, header: list[str], columns: Columns) -> None:
    shown = ", ".join(repr(name[:40]) for name in header[:12]) or "nothing"
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise BadExamples(f"{file}:1: two columns are called {twice!r}; rename one.")
    if columns.messages in header:
        return
    for key in ("question", "answer"):
        name = getattr(columns, key)
        if name not in header:
            raise BadExamples(
                f"{file}:1: there is no column {name!r} for the {key}, only {shown}; "
                f"name the right one as 'columns: {{{key}: ...}}' in the brief."
            )
