"""The ledger's rows within one transaction; what a move means is in ledger.py."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from suffice.errors import OverBudget
from suffice.tuning.ledger_chain import Head, entry_digest, link
from suffice.tuning.ledger_entry import Entry, Intent
from suffice.tuning.ledger_table import entries, head, history

_IDENTITY = ("kind", "provider", "key", "generation")
ITSELF = 0
"""The ledger's own moves are those of this entry: stopped and lifted."""

# Written once: to build a statement takes longer than to run it.
_FIND = select(entries).where(*(entries.c[n] == bindparam(n) for n in _IDENTITY))
_GET = select(entries).where(entries.c.id == bindparam("entry_id"))
_SUMS = select(
    func.coalesce(func.sum(entries.c.spent_usd), 0.0),
    func.coalesce(func.sum(entries.c.reserved_usd), 0.0),
)
_SUMS_OF_CLIMB = _SUMS.where(entries.c.climb_id == bindparam("climb_id"))
_HEAD = select(head.c.n_moves, head.c.chain)
_LAST_OWN = (
    select(history.c.at, history.c.state, history.c.note)
    .where(history.c.entry_id == ITSELF)
    .order_by(history.c.id.desc())
    .limit(1)
)


def find(connection: Connection, intent: Intent) -> Entry | None:
    identity = {name: getattr(intent, name) for name in _IDENTITY}
    row = connection.execute(_FIND, identity).mappings().first()
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
    found = connection.execute(_GET, {"entry_id": entry_id})
    return Entry(**found.mappings().one())


def put(connection: Connection, row: Entry, changed: Mapping[str, Any]) -> Entry:
    connection.execute(update(entries).where(entries.c.id == row.id).values(**changed))
    return get(connection, row.id)


def append(connection: Connection, entry: Entry, at: float, note: str) -> None:
    """A move that made the entry what it now is."""
    written = asdict(entry)
    _append(
        connection,
        {
            "entry_id": entry.id,
            "at": at,
            "state": entry.state,
            "owner": entry.owner,
            "note": note,
            "reserved_usd": entry.reserved_usd,
            "spent_usd": entry.spent_usd,
            "entry_digest": entry_digest(written),
        },
    )


def append_own(connection: Connection, state: str, at: float, note: str) -> None:
    """A move of the ledger itself."""
    absent = ("owner", "reserved_usd", "spent_usd", "entry_digest")
    told = {"entry_id": ITSELF, "at": at, "state": state, "note": note}
    _append(connection, told | dict.fromkeys(absent))


def head_of(connection: Connection) -> Head:
    """The chain's end; that of an empty one where it was deleted."""
    row = connection.execute(_HEAD).first()
    if row is None:
        return Head(n_moves=0, chain="")
    return Head(n_moves=row.n_moves, chain=row.chain)


def sums(connection: Connection, climb_id: str | None) -> tuple[float, float]:
    """What was spent and what is reserved, by one climb or by all, in USD."""
    if climb_id is None:
        spent, held = connection.execute(_SUMS).one()
    else:
        spent, held = connection.execute(_SUMS_OF_CLIMB, {"climb_id": climb_id}).one()
    return float(spent), float(held)


def stopped(connection: Connection) -> tuple[float, str] | None:
    """Since when spending is stopped, and why; ``None`` when it is not."""
    row = connection.execute(_LAST_OWN).first()
    return None if row is None or row.state != "stopped" else (row.at, row.note)


def check_budget(connection: Connection, intent: Intent, cap_usd: float | None) -> None:
    """Raises `OverBudget` unless the reservation is an amount, and fits."""
    usd = intent.reserve_usd
    if usd is None or not 0 <= usd < math.inf:
        told = "nobody knows what it may cost" if usd is None else f"it may cost {usd}"
        raise OverBudget(
            f"A {intent.kind} at {intent.provider} is not paid for: {told}, which is "
            "no amount; give its price."
        )
    if cap_usd is None:
        return
    if not math.isfinite(cap_usd):
        raise OverBudget(f"A budget of {cap_usd} is no amount: correct budget_usd.")
    spent, held = sums(connection, intent.climb_id)
    if usd > cap_usd - spent - held:
        raise OverBudget(
            f"A {intent.kind} that may cost ${usd:.4f} does not fit "
            f"into the budget of ${cap_usd:.4f}, of which ${spent:.4f} is spent and "
            f"${held:.4f} reserved: raise budget_usd."
        )


def _append(connection: Connection, move: Mapping[str, Any]) -> None:
    before = head_of(connection)
    chain = link(before.chain, move)
    connection.execute(insert(history).values(**move, chain=chain))
    grown = {"n_moves": before.n_moves + 1, "chain": chain}
    connection.execute(update(head).values(**grown))
