"""
The ledger: every intent to spend, on disk before money can go, then its outcome.

An entry is one paid act, unique by kind, provider, key and generation:

    intended -> submitting -> submitted -> succeeded | failed | cancelled
        ^           |  |          ^
        |           |  +-> unknown+-> submitting   (after looking, see submission.py)
        +- refused <+

Moves are compare-and-set in one transaction that no other writer is in, so of several
processes one holds an entry.  It never calls a provider.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, update

from suffice.errors import EnvironmentFailed, SpendingStopped
from suffice.tuning import ledger_rows as table
from suffice.tuning.ledger_entry import ENDED, Entry, Intent, Kind, State
from suffice.tuning.ledger_owner import is_dead
from suffice.tuning.ledger_reading import LedgerReading
from suffice.tuning.ledger_table import entries

__all__ = ["ENDED", "Entry", "Intent", "Ledger", "State"]


class Ledger(LedgerReading):
    """The record at a path (SQLite) or a ``postgresql://`` URL, for any threads."""

    def intend(self, intent: Intent, *, cap_usd: float | None = None) -> Entry:
        """
        Record the intent and reserve its cost, or return the entry it already has.

        Raises `OverBudget` when spent and reserved of its climb would pass *cap_usd* or
        what it may cost is no amount, `SpendingStopped` while spending is stopped, and
        `EnvironmentFailed` when the entry was made with other parameters.
        """
        pinned = json.dumps(intent.pinned, sort_keys=True, ensure_ascii=False)
        with self._database.writing() as connection:
            there = table.find(connection, intent)
            if there is not None and there.pinned != pinned:
                raise EnvironmentFailed(
                    f"The ledger holds {intent.kind} {intent.key[:12]!r} with "
                    f"parameters {there.pinned}, not {pinned}: ask for a new one."
                )
            if there is not None and there.state != "refused":
                return there
            _refuse_when_stopped(connection, intent.kind)
            table.check_budget(connection, intent, cap_usd)
            if there is not None:
                again = {"reserved_usd": intent.reserve_usd, "attempts": 0}
                return self._move(connection, there, "intended", "", again)
            now = self._now(connection)
            entry = table.add(connection, intent, pinned, now)
            table.append(connection, entry, now, "")
            return entry

    def claim(self, entry: Entry, *, owner: str, lease_s: float) -> Entry | None:
        """
        Hold the entry for *lease_s* seconds; ``None`` while another process does.

        One whose owner ended in the middle of the paid call comes back *unknown*.
        """
        with self._database.writing() as connection:
            row, now = table.get(connection, entry.id), self._now(connection)
            if row.state in ENDED or row.state == "submitted":
                return row
            if row.owner not in (None, owner) and not _abandoned(row, now):
                return None
            held = {"owner": owner, "lease_until": now + lease_s}
            if row.state == "submitting":
                held["unknown_since"] = now
                note = "its owner ended during the call"
                return self._move(connection, row, "unknown", note, held)
            return table.put(connection, row, held)

    def begin(self, entry: Entry, *, owner: str, lease_s: float) -> Entry | None:
        """
        The paid call starts now; ``None`` when another process took over.

        Raises `SpendingStopped` while spending is stopped.
        """
        with self._database.writing() as connection:
            row = table.get(connection, entry.id)
            if row.owner != owner or row.state not in ("intended", "unknown"):
                return None
            _refuse_when_stopped(connection, row.kind)
            more: dict[str, Any] = {"attempts": row.attempts + 1}
            more["lease_until"] = self._now(connection) + lease_s
            return self._move(connection, row, "submitting", "", more)

    def release(self, owner: str) -> None:
        """
        Let others go on at once with what *owner* holds and is not sending.

        What was never sent is refused where money is reserved for it: that is free
        again.
        """
        with self._database.writing() as connection:
            mine = select(entries).where(entries.c.owner == owner)
            for found in connection.execute(mine).mappings().all():
                row = Entry(**found)
                if row.state == "intended" and not row.attempts and row.reserved_usd:
                    more = {"reserved_usd": 0.0, "owner": None}
                    self._move(connection, row, "refused", "never sent", more)
            held = (entries.c.owner == owner) & (entries.c.state != "submitting")
            connection.execute(update(entries).where(held).values(owner=None))

    def doubt(self, entry: Entry, note: str) -> Entry:
        """Whether the call was accepted is not known; its reservation stays."""
        return self._end_call(entry, "unknown", note, {})

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
        # A job that is there was accepted, whatever another process was told.
        before = ("intended", "submitting", "unknown", "refused")
        return self._change(entry, "submitted", before, note, more)

    def settle(
        self,
        entry: Entry,
        state: State,
        *,
        spent_usd: float = 0.0,
        answers_usd: float = 0.0,
        note: str = "",
        result: str = "",
    ) -> Entry:
        """
        It has ended, cost *spent_usd* and gave *result*, as JSON.

        *answers_usd* is what was booked with its answers.  Settling it again changes
        nothing.  Raises `EnvironmentFailed` for a cost that is no amount.
        """
        more = {
            "spent_usd": _amount(spent_usd),
            "answers_usd": _amount(answers_usd),
            "reserved_usd": 0.0,
            "result": _clean(result),
        }
        return self._change(entry, state, ("submitted",), note, more)

    def stop(self, why: str) -> None:
        """From now on nothing new is paid for, by anybody, until it is lifted."""
        with self._database.writing() as connection:
            if table.stopped(connection) is None:
                now = self._now(connection)
                table.append_own(connection, "stopped", now, _clean(why))

    def lift(self, why: str = "") -> None:
        """Spending may go on."""
        with self._database.writing() as connection:
            if table.stopped(connection) is not None:
                now = self._now(connection)
                table.append_own(connection, "lifted", now, _clean(why))

    def _end_call(
        self, entry: Entry, to: State, note: str, more: Mapping[str, Any]
    ) -> Entry:
        with self._database.writing() as connection:
            row = table.get(connection, entry.id)
            if row.state != "submitting" or row.owner != entry.owner:
                return row  # Another process took over meanwhile.
            if to == "unknown":
                more = {**more, "unknown_since": self._now(connection)}
            return self._move(connection, row, to, note, more)

    def _change(
        self,
        entry: Entry,
        to: State,
        allowed: Collection[str],
        note: str,
        more: Mapping[str, Any],
    ) -> Entry:
        with self._database.writing() as connection:
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
        now, note = self._now(connection), _clean(note)
        changed = {**more, "state": to, "note": note or row.note, "updated_at": now}
        moved = table.put(connection, row, changed)
        table.append(connection, moved, now, note)
        return moved


def _refuse_when_stopped(connection: Connection, kind: Kind) -> None:
    found = table.stopped(connection)
    # To cancel costs nothing, and is what else one would want then.
    if found is not None and kind != "cancel":
        raise SpendingStopped(stop_told(*found))


def stop_told(at: float, why: str) -> str:
    """The sentence that says so."""
    since = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"
    reason = f" ({why})" if why else ""
    return f"Spending is stopped since {since}{reason}: 'suffice stop --lift' lifts it."


def _abandoned(row: Entry, now: float) -> bool:
    return row.lease_until < now or (row.owner is not None and is_dead(row.owner))


def _amount(usd: float) -> float:
    if not 0 <= usd < math.inf:
        raise EnvironmentFailed(
            f"The ledger was told that something has cost {usd} USD, which is no "
            "amount: see what the provider has billed; it still counts as reserved."
        )
    return abs(usd)


def _clean(text: str) -> str:
    """What any database can store: PostgreSQL takes neither NUL nor half characters."""
    return text.replace("\0", "").encode(errors="replace").decode()
