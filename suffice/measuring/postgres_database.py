"""A server as the store of answers: PostgreSQL, through psycopg."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from suffice.errors import EnvironmentFailed
from suffice.measuring.databases import Row, Statement, Table

_T = TypeVar("_T")
_LOCK = "SELECT pg_advisory_xact_lock(7355608)"
_COLUMNS = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = ?
"""


class PostgresDatabase:
    """A server; connections that were lost are opened again, once."""

    remote = True

    def __init__(self, url: str) -> None:
        """
        Connect; a password comes from PGPASSWORD or the password file.

        Raises `EnvironmentFailed` when that cannot be done.
        """
        self._url = url
        self._locks = {"read": threading.Lock(), "write": threading.Lock()}
        self._open: dict[str, Any] = {}
        with self._locks["read"], self._locks["write"]:
            self._connect("read")
            self._connect("write")

    def read(self, sql: str, values: Row = ()) -> list[Row]:
        """The rows of one query."""

        def ask(connection: Any) -> list[Row]:
            found: list[Row] = connection.execute(_marked(sql), values).fetchall()
            return found

        return self._run("read", ask)

    def write(self, *statements: Statement) -> list[Row]:
        """
        All of them or none; on the disk when this returns.

        Done again where the connection is lost: money may then be booked twice,
        which is the safe side, and answers are stored once anyway.
        """

        def work(connection: Any) -> list[Row]:
            with connection.transaction(), connection.cursor() as cursor:
                for statement in statements:
                    if len(statement.rows) == 1:
                        cursor.execute(_marked(statement.sql), statement.rows[0])
                    else:
                        cursor.executemany(_marked(statement.sql), statement.rows)
                found: list[Row] = cursor.fetchall() if cursor.description else []
            return found

        return self._run("write", work)

    def create(self, *tables: Table) -> None:
        """Create the tables and columns that are not there."""
        for table in tables:
            rows = self.read(_COLUMNS, (table.name,))
            missing = table.additions([row[0] for row in rows])
            if missing:
                sound = [m.replace("COLUMN", "COLUMN IF NOT EXISTS") for m in missing]
                # Without the lock, two that create a table at once fail.
                told = (_LOCK, table.creation(), *sound)
                self.write(*(Statement(sql=_bytes(sql)) for sql in told))

    def shrink(self) -> None:
        """Nothing to do: the server does that by itself."""

    def close(self) -> None:
        """Close the connections."""
        with self._locks["write"], self._locks["read"]:
            for connection in self._open.values():
                connection.close()

    def _run(self, which: str, work: Callable[[Any], _T]) -> _T:
        psycopg = _psycopg()
        with self._locks[which]:
            try:
                return work(self._open[which])
            except psycopg.Error as error:
                if not self._open[which].broken:
                    raise self._refused(error) from error
            self._connect(which)
            try:
                return work(self._open[which])
            except psycopg.Error as error:
                raise self._refused(error) from error

    def _refused(self, error: Exception) -> EnvironmentFailed:
        return EnvironmentFailed(
            f"the response store at {self._shown} refused ({error}); "
            "nothing more is asked until it takes answers"
        )

    def _connect(self, which: str) -> None:
        psycopg = _psycopg()
        try:
            connection = psycopg.connect(self._url, autocommit=True, connect_timeout=15)
        except psycopg.Error as error:
            raise EnvironmentFailed(
                f"the response store at {self._shown} cannot be reached ({error}); "
                "start it, or correct the address and PGPASSWORD"
            ) from error
        self._open[which] = connection

    @property
    def _shown(self) -> str:
        """The address without what may be secret."""
        parts = urlsplit(self._url)
        return repr(f"{parts.hostname or 'local socket'}{parts.path}")


def _bytes(sql: str) -> str:
    return sql.replace(" BLOB", " BYTEA")


def _marked(sql: str) -> str:
    return sql.replace("?", "%s")


def _psycopg() -> Any:
    try:
        import psycopg
    except ImportError as error:
        raise EnvironmentFailed(
            "the response store is PostgreSQL, and its client is not installed; "
            "pip install 'suffice[postgres]'"
        ) from error
    return psycopg
