"""
Examples from files: the good ones, and every line that is none, located.

A bad line never stops the reading and is never passed over: the gate decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from suffice.brief import Columns
from suffice.data import storage
from suffice.data.chat import KNOWN_KEYS, to_example
from suffice.data.lines import read_lines
from suffice.data.parsing import Problem, parse
from suffice.data.sensitive import hide
from suffice.data.tables import Found, read_csv, read_parquet, to_chat
from suffice.data.unpacking import Limits
from suffice.errors import BadExamples
from suffice.examples import Example

if TYPE_CHECKING:
    import pandas as pd


_CSV, _PARQUET = (".csv", ".tsv"), (".parquet", ".pq")
TOLD_ROWS = 20_000
"""Rows after which the reading of a large source is told of again."""


@dataclass(frozen=True, kw_only=True)
class ReadExamples:
    """What one source holds."""

    source: str
    examples: tuple[Example, ...]
    """In the order of the source, with ids that differ."""
    problems: tuple[Problem, ...] = ()
    """Lines that are no example, in the order of the source."""
    n_lines: int = 0
    """Lines that are not blank."""
    unknown_keys: Mapping[str, int] = field(default_factory=dict)
    """Keys of lines that mean nothing here, and how often they stand there."""


def read_examples(
    source: str,
    *,
    columns: Columns | None = None,
    limits: Limits | None = None,
    tell: Callable[[str], None] | None = None,
) -> ReadExamples:
    """
    All examples that *source* (a path, a pattern or an s3:// URL) holds.

    Files are chat JSONL, CSV (``.csv``, ``.tsv``) or Parquet, the last two by way of
    *columns*; each may be packed.  Every `TOLD_ROWS` rows, *tell* is told.

    Raises `UnusableInput` where nothing can be read at all: no such file, not text,
    damaged, empty.  Lines that are wrong become `ReadExamples.problems`.
    """
    return _collect(source, _told(rows(source, columns, limits), source, tell))


def rows(
    source: str, columns: Columns | None = None, limits: Limits | None = None
) -> Iterator[Found]:
    """The rows of all files that *source* names, each as chat JSON would hold it."""
    limits = limits or Limits()
    for file in storage.find(source):
        yield from _rows(file, columns or Columns(), limits)


def _told(
    found: Iterable[Found], source: str, tell: Callable[[str], None] | None
) -> Iterator[Found]:
    for n, row in enumerate(found, 1):
        if tell and n % TOLD_ROWS == 0:
            tell(f"{source}: {n:,} rows read")
        yield row


def read_frame(
    frame: pd.DataFrame, *, columns: Columns | None = None, name: str = "frame"
) -> ReadExamples:
    """The same for a table in memory; a row's place is its number, from 1."""
    names = columns or Columns()
    found = (
        Found(f"{name}:{n}", to_chat(values, names, f"{name}:{n}"))
        for n, values in enumerate(_records(frame), 1)
    )
    return _collect(name, found)


def _records(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    names = [str(name) for name in frame.columns]
    for cells in frame.itertuples(index=False, name=None):
        yield dict(zip(names, cells, strict=True))


def is_table(file: str) -> bool:
    """Whether the name says CSV or Parquet; anything else is read as JSONL."""
    plain = file.removesuffix(".gz").removesuffix(".zst")
    return plain.endswith(_CSV) or file.endswith(_PARQUET)


def _rows(file: str, columns: Columns, limits: Limits) -> Iterator[Found]:
    if file.endswith(_PARQUET):
        yield from read_parquet(file, columns, limits)
    elif is_table(file):
        yield from read_csv(file, columns, limits)
    else:
        for line in read_lines(file, limits):
            if line.n_bytes > len(line.data) or line.data.strip():
                yield Found(line.where, parse(line))


def _collect(source: str, found: Iterable[Found]) -> ReadExamples:
    examples: list[Example] = []
    problems: list[Problem] = []
    unknown: Counter[str] = Counter()
    ids = _Ids()
    for where, row in found:
        example = row if isinstance(row, Problem) else to_example(row, where)
        if not isinstance(row, Problem) and not row.keys() <= KNOWN_KEYS:
            unknown.update(hide(k[:80]) for k in row.keys() - KNOWN_KEYS)
        if isinstance(example, Problem):
            problems.append(replace(example, message=hide(example.message)))
        else:
            examples.append(ids.unique(example))
    if not examples and not problems:
        raise BadExamples(f"{source!r} is empty; put one chat a line into it, as JSON.")
    return ReadExamples(
        source=source,
        examples=tuple(examples),
        problems=tuple(problems),
        n_lines=len(examples) + len(problems),
        unknown_keys=dict(unknown),
    )


class _Ids:
    """The ids that are taken, and by which row."""

    def __init__(self) -> None:
        self._where: dict[str, str] = {}
        self._copies: Counter[str] = Counter()

    def unique(self, example: Example) -> Example:
        """
        The example under an id of its own.

        Two rows that say the same have the same digest as id; the later gets a number.
        """
        name = example.id
        # Counted on, not from 2 anew: of a million copies each would try all before.
        while self._where.setdefault(name, example.where) != example.where:
            self._copies[example.id] += 1
            name = f"{example.id}-{self._copies[example.id] + 1}"
        return example if name == example.id else replace(example, id=name)
