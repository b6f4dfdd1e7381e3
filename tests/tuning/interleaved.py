"""One provider whose books are in memory, and processes that may end at each act."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import delete, update

from suffice.errors import CallFailed
from suffice.tuning.following import Clock, JobState, TuneSpec
from suffice.tuning.ledger import Entry, Ledger
from suffice.tuning.ledger_chain import START
from suffice.tuning.ledger_table import entries, head, history

SETTLE_S, TIMEOUT_S = 5.0, 1.0
HAPPENED: Counter[str] = Counter()
"""What was tried so far, in all worlds."""


class KilledError(BaseException):
    """The process is gone: nothing of it runs any more, no clean-up either."""


@dataclass
class World:
    """Time, and the provider's books, which outlive every process."""

    at: float = 1_000_000.0
    jobs: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    lag_s: float = 0.0
    """How long an accepted job stays out of the list; less than the settle window."""

    def made(self, generation: int) -> list[dict[str, Any]]:
        return [j for j in self.jobs if j["generation"] == generation]


@dataclass
class Process:
    """One submitter: what happens at each of its acts, and whether it still lives."""

    world: World
    faults: dict[str, list[str]] = field(default_factory=dict)
    """By what it does at the provider, one after the other."""
    other: Any = None
    """Runs in the middle of its paid call, as another process would."""
    dies_at: float = float("inf")
    dead: bool = False

    def act(self, route: str, effect: Any) -> Any:
        """An act at the provider, with what its network and its host make of it."""
        if self.dead:
            raise KilledError
        coming = self.faults.get(route)
        fault = coming.pop(0) if coming else "none"
        if fault == "crash before":
            self.die()
        if fault == "lost before":
            HAPPENED["lost"] += 1
            self.world.at += TIMEOUT_S
            raise CallFailed("no connection")
        done = effect()
        if fault == "crash after":
            self.die()
        if fault == "lost after":
            HAPPENED["lost"] += 1
            self.world.at += TIMEOUT_S
            raise CallFailed("no answer")
        return done

    def die(self) -> None:
        HAPPENED["crashes"] += 1
        self.dead = True
        raise KilledError

    def sleep(self, seconds: float) -> None:
        self.world.at += seconds
        if self.world.at > self.dies_at:
            self.die()

    @property
    def clock(self) -> Clock:
        def now() -> float:
            return self.world.at

        return Clock(now=now, monotonic=now, sleep=self.sleep)


class Provider:
    """The interface of `TuningClient`, seen by one process."""

    name = "embedded"
    embedded = True
    settle_s = SETTLE_S
    timeout_s = TIMEOUT_S

    def __init__(self, process: Process) -> None:
        self.process = process
        self.world = process.world

    def reconnect(self) -> None:
        """There is no connection to give back."""

    def find_jobs(self, spec: TuneSpec) -> tuple[tuple[int, JobState], ...]:
        def listed() -> tuple[tuple[int, JobState], ...]:
            seen_from = self.world.at - self.world.lag_s
            seen = [j for j in self.world.jobs if j["at"] <= seen_from]
            return tuple((j["generation"], _state(j)) for j in seen)

        return self.process.act("find", listed)

    def create_job(
        self, spec: TuneSpec, generation: int, files: tuple[str, str | None]
    ) -> JobState:
        def create() -> JobState:
            if self.process.other is not None:
                other, self.process.other = self.process.other, None
                other()
            number = len(self.world.jobs) + 1
            job = {
                "id": f"job-{number}",
                "generation": generation,
                "status": "running",
                "at": self.world.at,
            }
            self.world.jobs.append(job)
            HAPPENED["jobs"] += 1
            return _state(job)

        return self.process.act("create", create)

    def cancel(self, job_id: str) -> JobState:
        job = next(j for j in self.world.jobs if j["id"] == job_id)
        job["status"] = "cancelled"
        return _state(job)

    def files(self) -> list[dict[str, Any]]:
        return self.process.act("files", lambda: list(self.world.files.values()))

    def file(self, file_id: str) -> dict[str, Any]:
        return self.process.act("files", lambda: self.world.files[file_id])

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        def keep() -> dict[str, Any]:
            file_id = f"file-{len(self.world.files) + 1}"
            file = {
                "id": file_id,
                "filename": name,
                "bytes": len(content),
                "status": "processed",
            }
            self.world.files[file_id] = file
            return file

        return self.process.act("files", keep)


def _state(job: dict[str, Any]) -> JobState:
    return JobState(job_id=job["id"], status=job["status"], created_at=int(job["at"]))


class MortalLedger(Ledger):
    """The real ledger, used by a process that may be dead."""

    process: Process
    world: World

    def release(self, owner: str) -> None:
        """A killed process releases nothing."""
        if not self.process.dead:
            super().release(owner)

    def doubt(self, entry: Entry, note: str) -> Entry:
        """Nor does it write down that it does not know: the entry stays as it was."""
        if self.process.dead:
            raise KilledError
        return super().doubt(entry, note)

    def empty(self) -> None:
        """As it was when it was made, which takes longer."""
        with self._database.writing() as connection:
            for table in (entries, history):
                connection.execute(delete(table))
            connection.execute(update(head).values(n_moves=0, chain=START))


@cache
def _ledger() -> MortalLedger:
    # In memory: that it outlives its processes is tested with real ones.
    made = MortalLedger("sqlite://", now=lambda: made.world.at)
    return made


def empty_ledger(world: World) -> MortalLedger:
    """A ledger of that world's time, with nothing in it; the one before is gone."""
    ledger = _ledger()
    ledger.world = world
    ledger.empty()
    return ledger
