"""What can be asked of the ledger; nothing here writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, select

from suffice.tuning import ledger_rows as table
from suffice.tuning.ledger_chain import Head, Verification, verify
from suffice.tuning.ledger_database import LedgerDatabase
from suffice.tuning.ledger_entry import Entry, State
from suffice.tuning.ledger_table import entries, history


class LedgerReading:
    """The record at a path (SQLite) or a ``postgresql://`` URL, for any threads."""

    def __init__(
        self, url_or_path: str | Path, *, now: Callable[[], float] | None = None
    ) -> None:
        """
        Open it, made or brought up to date where that is needed.

        *now* gives seconds since 1970; empty: the machine's clock, or the server's.
        """
        self._database = LedgerDatabase(url_or_path)
        self._given_now = now

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give back the connections."""
        self._database.close()

    def now(self) -> float:
        """Seconds since 1970 by the clock that leases and settle windows go by."""
        with self._database.reading() as connection:
            return self._now(connection)

    def get(self, entry: Entry) -> Entry:
        """The entry as it is now."""
        with self._database.reading() as connection:
            return table.get(connection, entry.id)

    def rows(self, **where: Any) -> tuple[Entry, ...]:
        """Entries whose columns have these values (``kind="job"``), oldest first."""
        query = select(entries).order_by(entries.c.id)
        for column, value in where.items():
            query = query.where(entries.c[column] == value)
        with self._database.reading() as connection:
            return tuple(Entry(**row) for row in connection.execute(query).mappings())

    def history(self, entry: Entry) -> tuple[tuple[State, str], ...]:
        """States and notes the entry went through, oldest first."""
        query = select(history.c.state, history.c.note).order_by(history.c.id)
        with self._database.reading() as connection:
            found = connection.execute(query.where(history.c.entry_id == entry.id))
            return tuple((row.state, row.note) for row in found)

    def spent_usd(self, *, climb_id: str | None = None) -> float:
        """Paid so far, by one climb or by all; answers of batches are not in it."""
        with self._database.reading() as connection:
            return table.sums(connection, climb_id)[0]

    def committed_usd(self, *, climb_id: str | None = None) -> float:
        """Paid so far, and what the acts still open may cost at most."""
        with self._database.reading() as connection:
            return sum(table.sums(connection, climb_id))

    def stopped(self) -> tuple[float, str] | None:
        """Since when all spending is stopped, and why; ``None`` when it is not."""
        with self._database.reading() as connection:
            return table.stopped(connection)

    def verify(self, noted: Head | None = None) -> Verification:
        """Read everything again: was anything altered, also since *noted*?"""
        with self._database.reading() as connection:
            moves = connection.execute(select(history).order_by(history.c.id))
            there = connection.execute(select(entries).order_by(entries.c.id))
            end = table.head_of(connection)
            return verify(
                [dict(row) for row in moves.mappings()],
                [dict(row) for row in there.mappings()],
                end,
                noted,
            )

    def _now(self, connection: Connection) -> float:
        if self._given_now is not None:
            return float(self._given_now())
        return self._database.now(connection)
