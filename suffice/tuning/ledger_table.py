"""The ledger's two tables, and how its database is opened: durable before quick."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    inspect,
)
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateColumn

BUSY_MS = 30_000
"""How long a writer waits for another one, in milliseconds."""

metadata = MetaData()

entries = Table(
    "entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("provider", String(200), nullable=False),
    Column("key", String(64), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("provider_id", String(200)),
    Column("pinned", Text, nullable=False),
    Column("reserved_usd", Float, nullable=False),
    Column("spent_usd", Float, nullable=False),
    Column("climb_id", String(100), nullable=False),
    Column("owner", String(200)),
    Column("lease_until", Float, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("unknown_since", Float),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("note", Text, nullable=False),
    Column("result", Text, nullable=False, server_default=""),
    UniqueConstraint("kind", "provider", "key", "generation"),
)

history = Table(
    "history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entry_id", Integer, nullable=False, index=True),
    Column("at", Float, nullable=False),
    Column("state", String(12), nullable=False),
    Column("owner", String(200)),
    Column("note", Text, nullable=False),
)
"""Every move of every entry; only ever appended to."""


def open_database(url_or_path: str | Path) -> Engine:
    """The database at a URL, or the SQLite file at a path; tables made if absent."""
    text = str(url_or_path)
    if "://" in text:
        url = text
    else:
        Path(text).parent.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{text}"
    if url.startswith("sqlite:"):
        # One connection per transaction: nothing is shared over a fork.
        engine = create_engine(url, poolclass=NullPool)
        event.listen(engine, "connect", _durable)
        event.listen(engine, "begin", _begin_immediate)
    else:
        engine = create_engine(url, isolation_level="SERIALIZABLE")
    with engine.begin() as connection:
        metadata.create_all(connection)
        _add_missing_columns(connection)
    return engine


def _add_missing_columns(connection: Connection) -> None:
    """A ledger of an earlier version goes on as one of this version."""
    there = {column["name"] for column in inspect(connection).get_columns("entries")}
    for column in entries.columns:
        if column.name not in there:
            told = CreateColumn(column).compile(connection)
            connection.exec_driver_sql(f"ALTER TABLE entries ADD COLUMN {told}")


def _durable(connection: Any, _record: Any) -> None:
    # The driver would otherwise begin on its own, and too late to hold the lock.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _begin_immediate(connection: Connection) -> None:
    # Takes the write lock first: what is read in the transaction stays true in it.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
