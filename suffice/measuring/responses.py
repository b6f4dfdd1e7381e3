"""
Every answer that was paid for, stored by what was asked, before it is used.

SQLite with a write-ahead log: any number of processes and threads may share the
file.  An answer is on the disk when `put` returns.  A row that cannot be read is a
miss, never an error.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from suffice.errors import EnvironmentFailed
from suffice.results import Completion

_SCHEMA = """
CREATE TABLE IF NOT EXISTS responses (
    key BLOB PRIMARY KEY, model TEXT NOT NULL, at REAL NOT NULL,
    body BLOB NOT NULL, crc INTEGER NOT NULL
) WITHOUT ROWID
"""
_PATIENCE_S = 60.0
_decoder = msgspec.json.Decoder(Completion)


@dataclass(frozen=True, kw_only=True)
class StoreStats:
    """What the store holds."""

    n: int
    n_bytes: int
    """Size of the answers themselves; the file is somewhat larger."""
    n_by_model: Mapping[str, int]
    oldest_at: float | None
    """Unix time of the first answer; ``None`` when there is none."""


def response_key(endpoint_name: str, request: Mapping[str, Any], draw: int = 0) -> str:
    """
    64 hexadecimal digits that name one answer.

    *endpoint_name* is what the endpoint is, not where it happens to listen: a server
    on a random port keeps its answers.  *draw* tells repeated samples apart.
    """
    asked = [endpoint_name, request, draw]
    text = json.dumps(asked, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class ResponseStore:
    """Answers on disk, by `response_key`."""

    def __init__(self, path: Path) -> None:
        """Open or create the store at *path*; `EnvironmentFailed` when it cannot be."""
        self._path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False
            )
            _prepare(self._db)
        except (OSError, sqlite3.Error) as error:
            raise EnvironmentFailed(
                f"the response store {str(path)!r} cannot be opened ({error}); "
                "free the disk or its lock, or move the file away to begin a new one"
            ) from error

    def __enter__(self) -> ResponseStore:
        """The store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the file; nothing is pending."""
        with self._lock:
            self._db.close()

    def get(self, key: str) -> Completion | None:
        """The stored answer, marked as reused; ``None`` when there is none."""
        with self._lock:
            row = self._db.execute(
                "SELECT body, crc FROM responses WHERE key = ?", (bytes.fromhex(key),)
            ).fetchone()
        if row is None or not isinstance(row[0], bytes) or zlib.crc32(row[0]) != row[1]:
            return None
        try:
            stored = _decoder.decode(row[0])
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return replace(stored, reused=True)

    def put(self, key: str, completion: Completion) -> None:
        """Store one answer; it is on the disk when this returns."""
        self.put_many([(key, completion)])

    def put_many(self, answers: Iterable[tuple[str, Completion]]) -> None:
        """Store several answers with one flush of the disk."""
        at = time.time()
        rows = [_row(key, completion, at) for key, completion in answers]
        try:
            with self._lock:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.executemany(
                    "INSERT OR REPLACE INTO responses VALUES (?, ?, ?, ?, ?)", rows
                )
                self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise EnvironmentFailed(
                f"an answer cannot be stored in {str(self._path)!r} ({error}); "
                "nothing more is asked until it can"
            ) from error

    def stats(self) -> StoreStats:
        """How many answers there are, of which models, and since when."""
        with self._lock:
            n, n_bytes, oldest = self._db.execute(
                "SELECT count(*), coalesce(sum(length(body)), 0), min(at) "
                "FROM responses"
            ).fetchone()
            models = self._db.execute(
                "SELECT model, count(*) FROM responses GROUP BY model ORDER BY model"
            ).fetchall()
        return StoreStats(
            n=n, n_bytes=n_bytes, n_by_model=dict(models), oldest_at=oldest
        )

    def prune(self, *, before: float | None = None, model: str | None = None) -> int:
        """
        Forget the answers stored before the Unix time *before*, or of one *model*.

        With both, those that are both; with neither, all.  Returns how many.
        """
        with self._lock:
            cursor = self._db.execute(
                "DELETE FROM responses WHERE (?1 IS NULL OR at < ?1) "
                "AND (?2 IS NULL OR model = ?2)",
                (before, model),
            )
            self._db.execute("VACUUM")
        return cursor.rowcount


def _row(
    key: str, completion: Completion, at: float
) -> tuple[bytes, str, float, bytes, int]:
    body = msgspec.json.encode(completion)
    return bytes.fromhex(key), completion.model, at, body, zlib.crc32(body)


def _prepare(db: sqlite3.Connection) -> None:
    """Two processes that create the file at once get in each other's way: try again."""
    give_up_at = time.monotonic() + _PATIENCE_S
    while True:
        try:
            db.execute("PRAGMA journal_mode=WAL")
            # An answer that has been paid for must outlive a power cut.
            db.execute("PRAGMA synchronous=FULL")
            db.execute(_SCHEMA)
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up_at:
                raise
            time.sleep(0.02)
