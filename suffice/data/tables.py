"""
Rows of CSV and Parquet files as chats, by a mapping of columns.

Each row becomes what a line of chat JSONL would be, and is then judged like one.
Memory is bounded: a file is read row by row, or batch by batch.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from suffice.data.lines import Line
from suffice.data.parsing import Problem, parse
from suffice.data.rows import Row, csv_rows, parquet_rows
from suffice.data.unpacking import Limits
from suffice.errors import BadExamples

if TYPE_CHECKING:
    from suffice.brief import Columns


class Found(NamedTuple):
    """One row: where it stands, and the chat in it or why there is none."""

    where: str
    row: dict[str, Any] | Problem


def read_csv(file: str, columns: Columns, limits: Limits) -> Iterator[Found]:
    """The rows of a CSV file; see `suffice.data.rows.csv_rows`."""
    check = partial(_check_header, file, columns=columns)
    return _found(csv_rows(file, limits, check), columns)


def read_parquet(file: str, columns: Columns, limits: Limits) -> Iterator[Found]:
    """The rows of a Parquet file; see `suffice.data.rows.parquet_rows`."""
    check = partial(_check_header, file, columns=columns)
    wanted = partial(_wanted, columns)
    return _found(parquet_rows(file, limits, check, wanted), columns)


def _found(rows: Iterable[Row], columns: Columns) -> Iterator[Found]:
    for where, cells in rows:
        if isinstance(cells, Problem):
            yield Found(where, cells)
        else:
            yield Found(where, to_chat(cells, columns, where))


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


def _check_header(file: str, header: Sequence[str], columns: Columns) -> None:
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
