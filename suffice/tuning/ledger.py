"""
The ledger: every intent to spend, on disk before money can go, then its outcome.

An entry is one paid act, unique by kind, provider, key and generation:

    intended -> submitting -> submitted -> succeeded | failed | cancelled
        ^           |  |          ^
        |           |  +-> unknown+-> submitting   (after looking, see submission.py)
        +- refused <+

Moves are compare-and-set in one transaction, so of several processes one holds an
entry.  It never calls a provider.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, insert, select, update

from suffice.errors import EnvironmentFailed
from suffice.tuning import ledger_rows as table
from suffice.tuning.ledger_entry import ENDED, Entry, Intent, State
from suffice.tuning.ledger_owner import is_dead
from suffice.tuning.ledger_table import entries, history, open_database

__all__ = ["ENDED", "Entry", "Intent", "Ledger", "State"]


class Ledger:
    """The record at a path (SQLite) or a database URL. Threads may share it."""

    def __init__(
        self, url_or_path: str | Path, *, now: Callable[[], float] = time.time
    ) -> None:
        self._engine = open_database(url_or_path)
        self._now = now

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give back the connections."""
        self._engine.dispose()

    def intend(self, intent: Intent, *, cap_usd: float | None = None) -> Entry:
        """
        Record the intent and reserve its cost, or return the entry it already has.

        Raises `OverBudget` when spent and reserved of its climb would pass *cap_usd*,
        `EnvironmentFailed` when the entry was made with other parameters.
        """
        pinned = json.dumps(intent.pinned, sort_keys=True, ensure_ascii=False)
        with self._engine.begin() as connection:
            there = table.find(connection, intent)
            if there is not None and there.pinned != pinned:
                raise EnvironmentFailed(
                    f"The ledger holds {intent.kind} {intent.key[:12]!r} with "
                    f"parameters {there.pinned}, not {pinned}: ask for a new one."
                )
            if there is not None and there.state != "refused":
                return there
            table.check_budget(connection, intent, cap_usd)
            if there is not None:
                again = {"reserved_usd": intent.reserve_usd, "attempts": 0}
                return self._move(connection, there, "intended", "", again)
            return self._add(connection, intent, pinned)

    def claim(self, entry: Entry, *, owner: str, lease_s: float) -> Entry | None:
        """
        Hold the entry for *lease_s* seconds; ``None`` while another process does.

        One whose owner ended in the middle of the paid call comes back *unknown*.
        """
        with self._engine.begin() as connection:
            row = table.get(connection, entry.id)
            if row.state in ENDED or row.state == "submitted":
                return row
            if row.owner not in (None, owner) and not self._abandoned(row):
                return None
            held = {"owner": owner, "lease_until": self._now() + lease_s}
            if row.state == "submitting":
                held["unknown_since"] = self._now()
                note = "its owner ended during the call"
                return self._move(connection, row, "unknown", note, held)
            return table.put(connection, row, held)

    def begin(self, entry: Entry, *, owner: str, lease_s: float) -> Entry | None:
        """The paid call starts now; ``None`` when another process took over."""
        with self._engine.begin() as connection:
            row = table.get(connection, entry.id)
            if row.owner != owner or row.state not in ("intended", "unknown"):
                return None
            more: dict[str, Any] = {"attempts": row.attempts + 1}
            more["lease_until"] = self._now() + lease_s
            return self._move(connection, row, "submitting", "", more)

    def release(self, owner: str) -> None:
        """Let others go on at once with what *owner* holds and is not sending."""
        held = (entries.c.owner == owner) & (entries.c.state != "submitting")
        with self._engine.begin() as connection:
            connection.execute(update(entries).where(held).values(owner=None))

    def doubt(self, entry: Entry, note: str) -> Entry:
        """Whether the call was accepted is not known; its reservation stays."""
        more = {"unknown_since": self._now()}
        return self._end_call(entry, "unknown", note, more)

    def refuse(self, entry: Entry, note: str) -> Entry:
        """The provider surely did not accept; the reservation is released."""
        more = {"reserved_usd": 0.0, "owner": None, "unknown_since": None}
        return self._end_call(entry, "refused", note, more)

    def submitted(self, entry: Entry, provider_id: str, note: str = "") -> Entry:
        """
        The provider has accepted it as *provider_id*.

        When the entry already holds another id, that one stays and is returned: the
        caller then owns a duplicate and must cancel it.
        """
        more = {"provider_id": provider_id, "owner": None, "unknown_since": None}
        open_states = ("intended", "submitting", "unknown")
        return self._change(entry, "submitted", open_states, note, more)

    def settle(
        self,
        entry: Entry,
        state: State,
        *,
        spent_usd: float = 0.0,
        note: str = "",
        result: str = "",
    ) -> Entry:
        """
        It has ended, cost *spent_usd* and gave *result*, as JSON.

        Settling it again changes nothing.
        """
        more = {"spent_usd": spent_usd, "reserved_usd": 0.0, "result": result}
        return self._change(entry, state, ("submitted",), note, more)

    def get(self, entry: Entry) -> Entry:
        """The entry as it is now."""
        with self._engine.begin() as connection:
            return table.get(connection, entry.id)

    def rows(self, **where: Any) -> tuple[Entry, ...]:
        """Entries whose columns have these values (``kind="job"``), oldest first."""
        query = select(entries).order_by(entries.c.id)
        for column, value in where.items():
            query = query.where(entries.c[column] == value)
        with self._engine.begin() as connection:
            return tuple(Entry(**row) for row in connection.execute(query).mappings())

    def history(self, entry: Entry) -> tuple[tuple[State, str], ...]:
        """States and notes the entry went through, oldest first."""
        query = select(history.c.state, history.c.note).order_by(history.c.id)
        with self._engine.begin() as connection:
            found = connection.execute(query.where(history.c.entry_id == entry.id))
            return tuple((row.state, row.note) for row in found)

    def spent_usd(self, *, climb_id: str | None = None) -> float:
        """Paid so far, by one climb or by all."""
        return self._total("spent_usd", climb_id)

    def committed_usd(self, *, climb_id: str | None = None) -> float:
        """Paid so far, and what the acts still open may cost at most."""
        return self.spent_usd(climb_id=climb_id) + self._total("reserved_usd", climb_id)

    def _total(self, column: str, climb_id: str | None) -> float:
        with self._engine.begin() as connection:
            return table.total(connection, column, climb_id)

    def _abandoned(self, row: Entry) -> bool:
        expired = row.lease_until < self._now()
        return expired or (row.owner is not None and is_dead(row.owner))

    def _add(self, connection: Connection, intent: Intent, pinned: str) -> Entry:
        entry = table.add(connection, intent, pinned, self._now())
        return self._move(connection, entry, "intended", "", {})

    def _end_call(
        self, entry: Entry, to: State, note: str, more: Mapping[str, Any]
    ) -> Entry:
        with self._engine.begin() as connection:
            row = table.get(connection, entry.id)
            if row.state != "submitting" or row.owner != entry.owner:
                return row  # Another process took over meanwhile.
            return self._move(connection, row, to, note, more)

    def _change(
        self,
        entry: Entry,
        to: State,
        allowed: Collection[str],
        note: str,
        more: Mapping[str, Any],
    ) -> Entry:
        with self._engine.begin() as connection:
            row = table.get(connection, entry.id)
            if row.state not in allowed:
                return row
            return self._move(connection, row, to, note, more)

    def _move(
        self,
        connection: Connection,
        row: Entry,
        to: State,
        note: str,
        more: Mapping[str, Any],
    ) -> Entry:
        now = self._now()
        told = {"entry_id": row.id, "at": now, "state": to, "note": note}
        owner = more.get("owner", row.owner)
        connection.execute(insert(history).values(**told, owner=owner))
        changed = {**more, "state": to, "note": note or row.note, "updated_at": now}
        return table.put(connection, row, changed)
