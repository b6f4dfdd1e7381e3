"""
The databases answers are kept in: a SQLite file, or a PostgreSQL server.

Both take the same SQL, with ``?`` where a value goes.  Reading never waits for a
write of the same process: each has a connection of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

Row = tuple[Any, ...]
_NEEDED = " NOT NULL"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """SQL, once for each row of values."""

    sql: str
    rows: Sequence[Row] = ((),)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table: what its columns are called, what they hold, and what names a row."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]

    def creation(self) -> str:
        """The SQL that creates it where it is not there."""
        columns = ", ".join(f"{name} {kind}" for name, kind in self.columns.items())
        return (
            f"CREATE TABLE IF NOT EXISTS {self.name} "
            f"({columns}, PRIMARY KEY ({', '.join(self.key)}))"
        )

    def additions(self, there: Collection[str]) -> list[str]:
        """The SQL that adds the columns a store of an earlier version does not have."""
        return [
            f"ALTER TABLE {self.name} ADD COLUMN {name} {kind.removesuffix(_NEEDED)}"
            for name, kind in self.columns.items()
            if name not in there
        ]


class Database(Protocol):
    """Where rows are kept; any number of threads and processes may share it."""

    remote: bool
    """Whether reading takes long enough to be done on another thread."""

    def create(self, *tables: Table) -> None:
        """Create the tables and columns that are not there."""
        ...

    def read(self, sql: str, values: Row = ()) -> list[Row]:
        """The rows of one query."""
        ...

    def write(self, *statements: Statement) -> list[Row]:
        """
        All of them or none; on the disk when this returns.

        The rows that the last one returns.  Raises `EnvironmentFailed`.
        """
        ...

    def shrink(self) -> None:
        """Give room that is no longer needed back, where that can be done now."""
        ...

    def close(self) -> None:
        """Close it; nothing is pending."""
        ...


def open_database(where: Path | str) -> Database:
    """The file at a path, or the server at a ``postgresql://`` URL."""
    from suffice.measuring.postgres_database import PostgresDatabase
    from suffice.measuring.sqlite_database import SqliteDatabase

    if isinstance(where, Path):
        return SqliteDatabase(where)
    return PostgresDatabase(where)
