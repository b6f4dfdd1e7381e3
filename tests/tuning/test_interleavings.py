"""
At most one paid job per key, whatever happens in whatever order.

A state machine over the real ledger and the real submission, with a provider whose
books are in memory: crashes, lost requests and answers, late listings, other
processes in the middle of a call, clocks, budgets, jobs that fail or are cancelled.
``SUFFICE_STEPS`` sets how many steps are taken; a release takes a million.
"""

from __future__ import annotations

import copy
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from tuning_parts import TRAINING

from suffice.errors import CallFailed, EnvironmentFailed, SufficeError
from suffice.tuning.following import Clock, JobState, Terms, TuneSpec, submit
from suffice.tuning.ledger import Intent, Ledger

SPEC = TuneSpec.of(TRAINING, None, base="tiny", suffix="support")
STEPS = int(os.environ.get("SUFFICE_STEPS", "5000"))
A_RUN = 20
"""Steps before everything starts afresh."""
SETTLE_S, TIMEOUT_S = 5.0, 1.0
JOB_USD = 1.0
FAULTS = st.lists(
    st.sampled_from(
        ("none", "lost before", "lost after", "crash before", "crash after")
    ),
    max_size=3,
)
ROUTES = {"create": FAULTS, "find": FAULTS, "files": FAULTS}
MEMORY = Path("/dev/shm")


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
            self.world.at += TIMEOUT_S
            raise CallFailed("no connection")
        done = effect()
        if fault == "crash after":
            self.die()
        if fault == "lost after":
            self.world.at += TIMEOUT_S
            raise CallFailed("no answer")
        return done

    def die(self) -> None:
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

    def release(self, owner: str) -> None:
        """A killed process releases nothing."""
        if not self.process.dead:
            super().release(owner)


class Submissions(RuleBasedStateMachine):
    """Everything that may happen to one fine-tune of one account."""

    def __init__(self) -> None:
        super().__init__()
        home = MEMORY if MEMORY.is_dir() else None
        self.folder = tempfile.TemporaryDirectory(dir=home)
        self.path = Path(self.folder.name) / "ledger.db"
        self.world = World()
        self.ledger = MortalLedger(self.path, now=lambda: self.world.at)
        self.cap_usd = 3.0
        self.highest_cap = self.cap_usd

    def submitted(self, process: Process, *, again: bool) -> str | None:
        """What a process that submits comes back with, if it comes back."""
        ledger = copy.copy(self.ledger)
        ledger.process = process
        terms = Terms(
            climb_id="c",
            reserve_usd=JOB_USD,
            cap_usd=self.cap_usd,
            again=again,
            # That a person is asked after so many lost requests is tested elsewhere.
            attempts=10 * A_RUN,
        )
        try:
            return self.submit(process, ledger, terms)
        except (KilledError, SufficeError):
            return None

    def submit(self, process: Process, ledger: Ledger, terms: Terms) -> str:
        return submit(
            SPEC,
            TRAINING,
            client=Provider(process),
            ledger=ledger,
            terms=terms,
            clock=process.clock,
        )

    @rule(
        faults=st.fixed_dictionaries(ROUTES),
        again=st.booleans(),
        together=st.none() | st.fixed_dictionaries(ROUTES),
    )
    def somebody_submits(
        self,
        faults: dict[str, list[str]],
        again: bool,
        together: dict[str, list[str]] | None,
    ) -> None:
        process = Process(world=self.world, faults=faults)
        if together is not None:
            # It lives no longer than the call it runs in: calls have time-outs.
            process.other = lambda: self.submitted(
                Process(
                    world=self.world,
                    faults=together,
                    dies_at=self.world.at + TIMEOUT_S,
                ),
                again=again,
            )
        self.submitted(process, again=again)

    @rule(seconds=st.sampled_from([0.5, 3.0, 40.0, 4000.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.at += seconds

    @initialize(lag_s=st.floats(0, SETTLE_S - 1))
    def the_provider_lists_late(self, lag_s: float) -> None:
        self.world.lag_s = lag_s

    @rule(status=st.sampled_from(["succeeded", "failed", "cancelled"]))
    def a_job_ends(self, status: str) -> None:
        for job in self.world.jobs:
            if job["status"] == "running":
                job["status"] = status
        for entry in self.ledger.rows(kind="job", state="submitted"):
            job = next(j for j in self.world.jobs if j["id"] == entry.provider_id)
            self.ledger.settle(entry, job["status"], spent_usd=JOB_USD)

    @rule(cap_usd=st.floats(0, 4))
    def the_budget_is_edited(self, cap_usd: float) -> None:
        self.cap_usd = cap_usd
        self.highest_cap = max(self.highest_cap, cap_usd)

    @rule()
    def somebody_changes_the_parameters(self) -> None:
        """The same key with other parameters is refused once there is an entry."""
        if not self.ledger.rows(kind="job", key=SPEC.key, generation=0):
            return
        changed = Intent(
            kind="job",
            provider=SPEC.endpoint_name,
            key=SPEC.key,
            pinned={**SPEC.identity, "seed": 8},
        )
        with pytest.raises(EnvironmentFailed):
            self.ledger.intend(changed)

    @invariant()
    def nothing_is_paid_for_twice(self) -> None:
        generations = {job["generation"] for job in self.world.jobs}

        assert all(1 == len(self.world.made(g)) for g in generations), self.world.jobs

    @invariant()
    def no_more_is_committed_than_ever_allowed(self) -> None:
        assert self.ledger.committed_usd(climb_id="c") <= self.highest_cap + 1e-9

    def teardown(self) -> None:
        """At last somebody submits undisturbed, and no paid job is unknown."""
        self.cap_usd = self.highest_cap = max(self.highest_cap, 3 * A_RUN * JOB_USD)
        self.world.at += SETTLE_S
        try:
            found = self.submitted(Process(world=self.world), again=False)
            known = {e.provider_id for e in self.ledger.rows(kind="job")}

            assert found in {job["id"] for job in self.world.jobs}
            assert {job["id"] for job in self.world.jobs} <= known
            self.nothing_is_paid_for_twice()
        finally:
            self.folder.cleanup()


class NaiveSubmissions(Submissions):
    """The mutant: send, then write down the id, as most tools do."""

    def submit(self, process: Process, ledger: Ledger, terms: Terms) -> str:
        rows = ledger.rows(kind="job", provider=SPEC.endpoint_name, key=SPEC.key)
        if rows and rows[-1].provider_id is not None:
            return rows[-1].provider_id
        entry = ledger.intend(
            Intent(
                kind="job",
                provider=SPEC.endpoint_name,
                key=SPEC.key,
                pinned=SPEC.identity,
            )
        )
        job = Provider(process).create_job(SPEC, entry.generation, ("file-1", None))
        ledger.submitted(entry, job.job_id)
        return job.job_id


class HastySubmissions(Submissions):
    """The mutant whose settle window is shorter than the provider's list is late."""

    def submit(self, process: Process, ledger: Ledger, terms: Terms) -> str:
        provider = Provider(process)
        provider.settle_s = 0.0
        return submit(
            SPEC,
            TRAINING,
            client=provider,
            ledger=ledger,
            terms=terms,
            clock=process.clock,
        )


def play(machine: type[Submissions], steps: int) -> None:
    """Take so many steps, in runs that start afresh."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(1, steps // A_RUN),
            stateful_step_count=A_RUN,
            deadline=None,
            database=None,
            print_blob=True,
            report_multiple_bugs=False,
            # CI takes the same steps each time; asked for more, they are drawn anew.
            derandomize="SUFFICE_STEPS" not in os.environ,
            # A failure is long enough to read as it is; shrinking it takes minutes.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_no_interleaving_pays_twice_or_loses_a_job():
    """Steps taken in any order: 0 violations."""
    play(Submissions, STEPS)


@pytest.mark.parametrize("mutant", [NaiveSubmissions, HastySubmissions])
def test_what_is_done_carelessly_is_caught(mutant):
    """A machine that cannot find a known mistake would prove nothing."""
    with pytest.raises(AssertionError):
        play(mutant, 2000 * A_RUN)
