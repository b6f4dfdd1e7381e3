"""The ledger's rows within one transaction; what a move means is in ledger.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from suffice.errors import OverBudget
from suffice.tuning.ledger_entry import Entry, Intent
from suffice.tuning.ledger_table import entries

_IDENTITY = ("kind", "provider", "key", "generation")


def find(connection: Connection, intent: Intent) -> Entry | None:
    query = select(entries)
    for name in _IDENTITY:
        query = query.where(entries.c[name] == getattr(intent, name))
    row = connection.execute(query).mappings().first()
    return None if row is None else Entry(**row)


def add(connection: Connection, intent: Intent, pinned: str, now: float) -> Entry:
    row = {name: getattr(intent, name) for name in _IDENTITY} | {
        "state": "intended",
        "pinned": pinned,
        "note": "",
        "result": "",
        "climb_id": intent.climb_id,
        "reserved_usd": intent.reserve_usd,
        "spent_usd": 0.0,
        "lease_until": 0.0,
        "attempts": 0,
        "created_at": now,
        "updated_at": now,
    }
    made = connection.execute(insert(entries).values(row)).inserted_primary_key
    assert made is not None  # an insert of one row gives one key
    return get(connection, made[0])


def get(connection: Connection, entry_id: int) -> Entry:
    query = select(entries).where(entries.c.id == entry_id)
    return Entry(**connection.execute(query).mappings().one())


def put(connection: Connection, row: Entry, changed: Mapping[str, Any]) -> Entry:
    connection.execute(update(entries).where(entries.c.id == row.id).values(**changed))
    return get(connection, row.id)


def total(connection: Connection, column: str, climb_id: str | None) -> float:
    query = select(func.coalesce(func.sum(entries.c[column]), 0.0))
    if climb_id is not None:
        query = query.where(entries.c.climb_id == climb_id)
    return float(connection.execute(query).scalar_one())


def check_budget(connection: Connection, intent: Intent, cap_usd: float | None) -> None:
    if cap_usd is None:
        return
    spent = total(connection, "spent_usd", intent.climb_id)
    held = total(connection, "reserved_usd", intent.climb_id)
    # Written so that a reservation that is not a number is refused too.
    if not 0 <= intent.reserve_usd <= cap_usd - spent - held:
        raise OverBudget(
            f"A {intent.kind} that may cost ${intent.reserve_usd:.4f} does not fit "
            f"into the budget of ${cap_usd:.4f}, of which ${spent:.4f} is spent and "
            f"${held:.4f} reserved: raise budget_usd."
        )
