"""Where an act is disturbed: the provider's books and a ledger, kept and put back."""

from __future__ import annotations

import copy
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fault_server import FaultServer
from jobs_imitation import JobsApi

Row = dict[str, Any]
_PARTS = ("", "-wal", "-journal")
_BOOKS = ("jobs", "files", "faults", "script")


@dataclass
class World:
    """One provider, one ledger, and the process that forks."""

    folder: Path
    server: FaultServer
    api: JobsApi = field(default_factory=JobsApi)

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.db"

    def run(self, act: str, fault: Any = None, **args: Any) -> Any:
        end = self.server.run(
            act, fault, url=self.api.url, ledger=str(self.ledger), **args
        )
        # Nothing that was sent is on its way any more.
        self.api.server.ping()
        return end

    def forget(self) -> None:
        self.api.forget()
        for path in self.folder.glob("ledger.db*"):
            path.unlink()

    def close(self) -> None:
        self.api.close()


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A world as it was when a scenario began."""

    books: dict[str, Any]
    ledger: bytes | None


def keep(world: World) -> Kept:
    books = {name: copy.deepcopy(getattr(world.api, name)) for name in _BOOKS}
    there = world.ledger.exists()
    return Kept(books=books, ledger=world.ledger.read_bytes() if there else None)


def put_back(world: World, kept: Kept) -> None:
    world.forget()
    for name, held in copy.deepcopy(kept.books).items():
        setattr(world.api, name, held)
    if kept.ledger is not None:
        world.ledger.write_bytes(kept.ledger)


def entries(world: World) -> tuple[str, list[Row]]:
    """
    What SQLite says of the ledger's integrity, and its entries.

    Of a copy: who reads it last repairs it, which is left to the next process.
    """
    copied = world.folder / "looked-at.db"
    for part in _PARTS:
        source = Path(f"{world.ledger}{part}")
        Path(f"{copied}{part}").unlink(missing_ok=True)
        if source.exists():
            shutil.copy(source, f"{copied}{part}")
    if not copied.exists():
        return "ok", []
    with closing(sqlite3.connect(copied)) as book:
        book.row_factory = sqlite3.Row
        sound = book.execute("PRAGMA integrity_check").fetchone()[0]
        made = "SELECT count(*) FROM sqlite_master WHERE name = 'entries'"
        if not book.execute(made).fetchone()[0]:
            return sound, []
        found = book.execute("SELECT * FROM entries ORDER BY id").fetchall()
    return sound, [dict(row) for row in found]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """An act, and what was before it."""

    name: str
    act: str = "submit"
    args: dict[str, Any] = field(default_factory=dict)
    prepare: Callable[[World], None] = World.forget
    n_jobs: int = 1
    """Jobs of all the provider's books when it is done."""
    n_running: int = 1
    """Of those, the ones that may still cost money."""
    n_in_ledger: int = 1
    """Jobs the ledger knows by their ids when it is done."""
