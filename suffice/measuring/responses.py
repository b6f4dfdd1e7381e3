"""
Every answer that was paid for, stored by what was asked, before it is used.

In a SQLite file or on a PostgreSQL server: any number of processes and threads may
share it.  An answer, and what was paid for it and by whom, are on the disk when `put`
returns.  A row that cannot be read is a miss, never an error.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import Any

from suffice.measuring.databases import (
    Database,
    Row,
    Statement,
    Table,
    open_database,
)
from suffice.measuring.stored_rows import read_row, row_of
from suffice.results import Completion

_RESPONSES = Table(
    name="responses",
    columns={
        "key": "BLOB NOT NULL",
        "model": "TEXT NOT NULL",
        "at": "DOUBLE PRECISION NOT NULL",
        "body": "BLOB NOT NULL",
        "crc": "BIGINT NOT NULL",
        "usd": "DOUBLE PRECISION",
        "input_tokens": "BIGINT",
        "output_tokens": "BIGINT",
        "account": "TEXT",
    },
    key=("key",),
)
_SPENDING = Table(
    name="spending",
    columns={
        "account": "TEXT NOT NULL",
        "writer": "TEXT NOT NULL",
        "at": "DOUBLE PRECISION NOT NULL",
        "usd": "DOUBLE PRECISION NOT NULL",
        "n_paid": "BIGINT NOT NULL",
        "saved_usd": "DOUBLE PRECISION NOT NULL",
        "n_reused": "BIGINT NOT NULL",
    },
    key=("account", "writer"),
)
_KEEP = """
INSERT INTO responses
    (key, model, at, body, crc, usd, input_tokens, output_tokens, account)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING
"""
_BOOK = """
INSERT INTO spending VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account, writer) DO UPDATE SET
    at = excluded.at,
    usd = spending.usd + excluded.usd, n_paid = spending.n_paid + excluded.n_paid,
    saved_usd = spending.saved_usd + excluded.saved_usd,
    n_reused = spending.n_reused + excluded.n_reused
"""
_OTHERS = """
SELECT coalesce(sum(usd), 0) FROM spending WHERE account = ? AND writer <> ?
"""
_NOTHING_USD = 1e-9
"""Less than this is what adding up floats in another order comes to."""


def response_key(endpoint_name: str, request: Mapping[str, Any], draw: int = 0) -> str:
    """
    64 hexadecimal digits that name one answer.

    *endpoint_name* is what the endpoint is, not where it happens to listen: a server
    on a random port keeps its answers.  *draw* tells repeated samples apart.
    """
    asked = [endpoint_name, request, draw]
    text = json.dumps(asked, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(kw_only=True)
class _Tally:
    """What this writer has paid and saved since it last wrote."""

    usd: float = 0.0
    n_paid: int = 0
    saved_usd: float = 0.0
    n_reused: int = 0


class ResponseStore:
    """Answers on disk, by `response_key`, and what each account paid for them."""

    def __init__(self, where: Path | str, *, account: str = "") -> None:
        """
        Open or create the store: a path, or a ``postgresql://`` URL.

        What is put into it is booked to *account*, the id of a climb.  Raises
        `EnvironmentFailed` when it cannot be opened.
        """
        self._account = account
        self._writer = uuid.uuid4().hex
        self._tally = _Tally()
        self._own_usd = 0.0
        self.n_unreadable = 0
        """Stored answers that were damaged, so far: each was a miss."""
        self._lock = threading.Lock()
        self.db: Database = open_database(where)
        self.db.create(_RESPONSES, _SPENDING)
        self._others_usd = float(self.db.read(_OTHERS, self._me)[0][0])

    def __enter__(self) -> ResponseStore:
        """The store itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close it; only what reuse has saved is still to be written down."""
        try:
            if self._tally.n_reused or self._tally.usd:
                self._others_usd = self._write([])
        finally:
            self.db.close()

    @property
    def remote(self) -> bool:
        """Whether looking an answer up takes long enough to be done aside."""
        return self.db.remote

    @property
    def others_usd(self) -> float:
        """What other writers had spent on this account when this one last wrote."""
        return self._others_usd

    @property
    def own_usd(self) -> float:
        """What this writer has booked, on whatever it stored."""
        return self._own_usd

    def get(self, key: str) -> Completion | None:
        """The stored answer, marked as reused; ``None`` when there is none."""
        return self.get_many([key]).get(key)

    def get_many(self, keys: Iterable[str]) -> dict[str, Completion]:
        """Those of the answers that are stored, marked as reused."""
        wanted = [bytes.fromhex(key) for key in keys]
        marks = ", ".join("?" * len(wanted))
        rows = self.db.read(
            f"SELECT key, body, crc FROM responses WHERE key IN ({marks})",
            tuple(wanted),
        )
        found = {bytes(row[0]).hex(): read_row(*row) for row in rows}
        known = {key: c for key, c in found.items() if c is not None}
        with self._lock:
            self.n_unreadable += len(found) - len(known)
            self._tally.n_reused += len(known)
            self._tally.saved_usd += sum(c.usd or 0.0 for c in known.values())
        for key in found.keys() - known.keys():
            self._discard(key)
        return known

    def put(self, key: str, completion: Completion) -> None:
        """Store one answer; it is on the disk when this returns."""
        self.put_many([(key, completion)])

    def put_many(self, answers: Iterable[tuple[str, Completion]]) -> None:
        """
        Store several answers, and what was paid for them, with one flush of the disk.

        Where another process has stored one first, that stays; both are paid for.
        Raises `EnvironmentFailed`.
        """
        paid = [(key, replace(c, reused=False)) for key, c in answers]
        with self._lock:
            self._tally.n_paid += len(paid)
            self._tally.usd += sum(c.usd or 0.0 for _, c in paid)
        at = time.time()
        # In one order, so that two writers never wait for each other.
        rows = [
            row_of(key, c, at, self._account)
            for key, c in sorted(paid, key=itemgetter(0))
        ]
        self._others_usd = self._write(rows)

    def book(self, usd: float) -> None:
        """Write down *usd* that were spent and brought no answer to store."""
        if usd <= _NOTHING_USD:
            return
        with self._lock:
            self._tally.usd += usd
        self._others_usd = self._write([])

    def spent_usd(self, account: str) -> float:
        """USD that *account* has spent, by all writers of all times."""
        return float(self.db.read(_OTHERS, (account, ""))[0][0])

    @property
    def _me(self) -> Row:
        return self._account, self._writer

    def _write(self, rows: list[Row]) -> float:
        with self._lock:
            t, self._tally = self._tally, _Tally()
            self._own_usd += t.usd
        booked = (*self._me, time.time(), t.usd, t.n_paid, t.saved_usd, t.n_reused)
        written = self.db.write(
            *([Statement(sql=_KEEP, rows=rows)] if rows else []),
            Statement(sql=_BOOK, rows=[booked]),
            Statement(sql=_OTHERS, rows=[self._me]),
        )
        return float(written[0][0])

    def _discard(self, key: str) -> None:
        """Make room for a sound answer where the stored one cannot be read."""
        sql = "DELETE FROM responses WHERE key = ?"
        self.db.write(Statement(sql=sql, rows=[(bytes.fromhex(key),)]))
