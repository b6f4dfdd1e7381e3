"""
The ledger's database: a SQLite file or a PostgreSQL server, durable before quick.

Writers come one after another: who writes takes the file's write lock, or locks the
row of the chain's end, before it reads.  So what a transaction has read, such as the
money still left, stays true until it is over.  Each transaction has a connection of its
own: nothing is shared over a fork, and nothing is stale after hours of waiting.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool, StaticPool

from suffice.errors import EnvironmentFailed, UnusableInput
from suffice.tuning import ledger_schema as schema
from suffice.tuning.ledger_table import head

BUSY_MS = 30_000
"""How long a writer waits for another one, in milliseconds."""
_POSTGRES = ("postgresql", "postgres")
_SETTINGS = (
    f"SET LOCAL lock_timeout = {BUSY_MS}; "
    # A writer whose machine was cut off must not hold up the others for ever.
    f"SET LOCAL idle_in_transaction_session_timeout = {BUSY_MS}; "
    # Whatever the server's own setting is: on the disk before the paid call.
    "SET LOCAL synchronous_commit = on"
)
_CLOCK = "SELECT extract(epoch FROM clock_timestamp())"
_CREATION_LOCK = "SELECT pg_advisory_xact_lock(7355609)"
_MEMORY = "sqlite://"


class LedgerDatabase:
    """The database at a path (SQLite), or at a ``postgresql://`` URL."""

    def __init__(self, url_or_path: str | Path) -> None:
        """
        Open it; its tables are made or brought up to date.

        Raises `UnusableInput` for an address that cannot be one, `EnvironmentFailed`
        when it cannot be reached or was written by a newer version.
        """
        written = str(url_or_path)
        self.remote = _is_remote(written)
        self._shown = _shown(written) if self.remote else repr(written)
        self._engine = _engine(written, self._shown)
        snapshot = {"isolation_level": "REPEATABLE READ"} if self.remote else {}
        self._reading = self._engine.execution_options(reading=True, **snapshot)
        with self.reading() as connection:
            current = schema.is_current(connection)
        if not current:
            with self._transaction(self._engine) as connection:
                if self.remote:
                    connection.exec_driver_sql(_CREATION_LOCK)
                schema.bring_up_to_date(connection)

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one moment and holds nobody up."""
        with self._transaction(self._reading) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that no other writer is in: all of it is kept, or nothing."""
        with self._transaction(self._engine) as connection:
            if self.remote:
                connection.exec_driver_sql(_SETTINGS)
                connection.execute(select(head.c.id).with_for_update()).one()
            yield connection

    def now(self, connection: Connection) -> float:
        """Seconds since 1970, by the one clock that all who share it have."""
        if not self.remote:
            return time.time()
        return float(connection.exec_driver_sql(_CLOCK).scalar_one())

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            why = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            raise EnvironmentFailed(
                f"The ledger at {self._shown} refused ({why}): nothing is paid for "
                "until it takes entries; see that it can be reached and written."
            ) from error


def _is_remote(written: str) -> bool:
    return "://" in written and not written.startswith("sqlite:")


def _shown(url: str) -> str:
    """The address without what may be secret."""
    parts = urlsplit(url)
    return repr(f"{parts.hostname or 'local socket'}{parts.path}")


def _engine(written: str, shown: str) -> Engine:
    if _is_remote(written):
        return _server(written, shown)
    if written == _MEMORY:
        engine = create_engine(written, poolclass=StaticPool)
    else:
        url = written
        if "://" not in written:
            Path(written).parent.mkdir(parents=True, exist_ok=True)
            url = f"sqlite:///{written}"
        engine = create_engine(url, poolclass=NullPool)
    event.listen(engine, "connect", _durable)
    event.listen(engine, "begin", _begin)
    return engine


def _server(written: str, shown: str) -> Engine:
    parts = urlsplit(written)
    if parts.scheme not in _POSTGRES:
        raise UnusableInput(
            f"The ledger's address begins with {parts.scheme!r}; it must begin with "
            "postgresql://, or be the path of a file."
        )
    if parts.password is not None or "password=" in parts.query:
        raise UnusableInput(
            f"The ledger's address at {shown} holds a password, which would be shown "
            "and logged: put it into PGPASSWORD or the password file."
        )
    try:
        url = make_url(written).set(drivername="postgresql+psycopg")
        return create_engine(
            url,
            poolclass=NullPool,
            isolation_level="READ COMMITTED",
            connect_args={"connect_timeout": 15},
        )
    except (ImportError, NoSuchModuleError) as error:
        raise EnvironmentFailed(
            "The ledger is on PostgreSQL, and its client is not installed; "
            "pip install 'suffice[postgres]'"
        ) from error


def _durable(connection: Any, _record: Any) -> None:
    # The driver would otherwise begin on its own, and too late to hold the lock.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    _log_ahead(connection)
    connection.execute("PRAGMA synchronous=FULL")


def _log_ahead(connection: Any) -> None:
    """Processes that make the file at once are turned away without a wait: again."""
    give_up_at = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up_at:
                raise
        time.sleep(0.01)


def _begin(connection: Connection) -> None:
    # A writer takes the write lock first: what it reads then stays true.
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
