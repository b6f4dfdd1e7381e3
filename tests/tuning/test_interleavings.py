"""
At most one paid job per key, whatever happens in whatever order.

A state machine over the real ledger and the real submission, with a provider whose
books are in memory: crashes, lost requests and answers, late listings, other
processes in the middle of a call, clocks, budgets, jobs that fail or are cancelled.
``SUFFICE_STEPS`` sets how many steps are taken, ``SUFFICE_SEED`` which ones; a release
takes a million.
"""

from __future__ import annotations

import copy
import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from interleaved import (
    HAPPENED,
    SETTLE_S,
    TIMEOUT_S,
    KilledError,
    Process,
    Provider,
    World,
    empty_ledger,
)
from tuning_parts import TRAINING

from suffice.errors import EnvironmentFailed, SufficeError
from suffice.tuning.following import Terms, TuneSpec, submit
from suffice.tuning.ledger import Intent, Ledger

SPEC = TuneSpec.of(TRAINING, None, base="tiny", suffix="support")
STEPS = int(os.environ.get("SUFFICE_STEPS", "20000"))
SEED = int(os.environ.get("SUFFICE_SEED", "1"))
A_RUN = 30
"""Most steps before everything starts afresh."""
RUNS = 200
"""Drawn from one seed; the next ones from the next."""
QUICK_SEED = 2
"""Catches the mutants sooner than others."""
JOB_USD = 1.0
FAULTS = st.lists(
    st.sampled_from(
        ("none", "lost before", "lost after", "crash before", "crash after")
    ),
    max_size=3,
)
ROUTES = {"create": FAULTS, "find": FAULTS, "files": FAULTS}


class Submissions(RuleBasedStateMachine):
    """Everything that may happen to one fine-tune of one account."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.ledger = empty_ledger(self.world)
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
        HAPPENED["steps"] += 1
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
        HAPPENED["steps"] += 1
        self.world.at += seconds

    @initialize(lag_s=st.floats(0, SETTLE_S - 1))
    def the_provider_lists_late(self, lag_s: float) -> None:
        self.world.lag_s = lag_s

    @rule(status=st.sampled_from(["succeeded", "failed", "cancelled"]))
    def a_job_ends(self, status: str) -> None:
        HAPPENED["steps"] += 1
        for job in self.world.jobs:
            if job["status"] == "running":
                job["status"] = status
        for entry in self.ledger.rows(kind="job", state="submitted"):
            job = next(j for j in self.world.jobs if j["id"] == entry.provider_id)
            self.ledger.settle(entry, job["status"], spent_usd=JOB_USD)

    @rule(cap_usd=st.floats(0, 4))
    def the_budget_is_edited(self, cap_usd: float) -> None:
        HAPPENED["steps"] += 1
        self.cap_usd = cap_usd
        self.highest_cap = max(self.highest_cap, cap_usd)

    @rule()
    def somebody_changes_the_parameters(self) -> None:
        """The same key with other parameters is refused once there is an entry."""
        HAPPENED["steps"] += 1
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

    @rule(faults=st.fixed_dictionaries(ROUTES), again=st.booleans())
    def somebody_submits_while_spending_is_stopped(
        self, faults: dict[str, list[str]], again: bool
    ) -> None:
        HAPPENED["steps"] += 1
        before = len(self.world.jobs)
        self.ledger.stop("by the test")
        self.submitted(Process(world=self.world, faults=faults), again=again)
        self.ledger.lift()

        assert before == len(self.world.jobs)

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
        found = self.submitted(Process(world=self.world), again=False)
        known = {e.provider_id for e in self.ledger.rows(kind="job")}

        assert found in {job["id"] for job in self.world.jobs}
        assert {job["id"] for job in self.world.jobs} <= known
        assert () == self.ledger.verify().faults
        self.nothing_is_paid_for_twice()


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


def play(machine: type[Submissions], steps: int, first_seed: int) -> None:
    """Take so many steps, in runs that start afresh; a failure names its seed."""
    HAPPENED.clear()
    chosen = first_seed
    while HAPPENED["steps"] < steps:
        try:
            _play(seed(chosen)(machine))
        except AssertionError as error:
            error.add_note(f"SUFFICE_SEED={chosen} SUFFICE_STEPS=1")
            raise
        chosen += 1


def _play(machine: type[Submissions]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=A_RUN,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            # A failure is long enough to read as it is; shrinking it takes minutes.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(max(1800, STEPS // 20))
def test_no_interleaving_pays_twice_or_loses_a_job():
    """Steps taken in any order: 0 violations."""
    play(Submissions, STEPS, SEED)
    print(f"tried {dict(HAPPENED)} from seed {SEED}, 0 violated")  # noqa: T201

    # Else the steps would have been easy ones.
    assert HAPPENED["crashes"] >= HAPPENED["steps"] / 20


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("mutant", [NaiveSubmissions, HastySubmissions])
def test_what_is_done_carelessly_is_caught(mutant):
    """A machine that cannot find a known mistake would prove nothing."""
    with pytest.raises(AssertionError):
        play(mutant, 2000 * A_RUN, QUICK_SEED)
