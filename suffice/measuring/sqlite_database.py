"""A file as the store of answers: SQLite with a write-ahead log."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from suffice.errors import EnvironmentFailed
from suffice.measuring.databases import Row, Statement, Table

_PATIENCE_S = 60.0
_BROKEN = (OSError, sqlite3.Error, UnicodeError)
"""What a file raises that is damaged: its messages may quote bytes that are no text."""


class SqliteDatabase:
    """A file with a write-ahead log."""

    remote = False

    def __init__(self, path: Path) -> None:
        """Open or create it; `EnvironmentFailed` when that cannot be done."""
        self._path = path
        self._reading, self._writing = threading.Lock(), threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = _connected(path)
            self._reader = _connected(path)
        except _BROKEN as error:
            raise _refused(path, "be opened", error) from error

    def read(self, sql: str, values: Row = ()) -> list[Row]:
        """The rows of one query."""
        with self._reading, self._told("be read"):
            return self._reader.execute(sql, values).fetchall()

    def write(self, *statements: Statement) -> list[Row]:
        """All of them or none; on the disk when this returns."""
        found: list[Row] = []
        with self._transaction() as writer:
            for statement in statements:
                if len(statement.rows) == 1:
                    found = writer.execute(statement.sql, statement.rows[0]).fetchall()
                else:
                    writer.executemany(statement.sql, statement.rows)
        return found

    def create(self, *tables: Table) -> None:
        """Create the tables and columns that are not there."""
        for table in tables:
            # A file that is complete is opened without waiting for its lock.
            if not self._missing(table):
                continue
            self.write(Statement(sql=table.creation()))
            with self._transaction() as writer:
                for sql in self._missing(table):
                    writer.execute(sql)

    def _missing(self, table: Table) -> list[str]:
        with self._told("be read"):
            there = self._writer.execute(f"PRAGMA table_info({table.name})").fetchall()
        return table.additions([row[1] for row in there])

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except _BROKEN as error:
            raise _refused(self._path, what, error) from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is done in it is kept, or nothing."""
        with self._writing:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                yield self._writer
                self._writer.execute("COMMIT")
            except _BROKEN as error:
                # Where even that fails, the next to open the file does it.
                with contextlib.suppress(sqlite3.Error):
                    self._writer.execute("ROLLBACK")
                raise EnvironmentFailed(
                    f"an answer cannot be stored in {str(self._path)!r} ({error}); "
                    "nothing more is asked until it can"
                ) from error

    def shrink(self) -> None:
        """Rewrite the file without its holes, unless another process is writing."""
        with self._writing, contextlib.suppress(sqlite3.OperationalError):
            self._writer.execute("VACUUM")

    def close(self) -> None:
        """Close the file."""
        with self._writing, self._reading:
            self._reader.close()
            self._writer.close()


def _refused(path: Path, what: str, error: Exception) -> EnvironmentFailed:
    return EnvironmentFailed(
        f"the response store {str(path)!r} cannot {what} ({error}); "
        "free the disk or its lock, or move the file away to begin a new one"
    )


def _connected(path: Path) -> sqlite3.Connection:
    """Two processes that create the file at once get in each other's way: try again."""
    give_up_at = time.monotonic() + _PATIENCE_S
    db = sqlite3.connect(
        path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False
    )
    while True:
        try:
            db.execute("PRAGMA journal_mode=WAL")
            # An answer that has been paid for must outlive a power cut.
            db.execute("PRAGMA synchronous=FULL")
            return db
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up_at:
                raise
            time.sleep(0.02)
