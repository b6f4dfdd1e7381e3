"""Spent and reserved never pass the cap, whoever spends at the same moment."""

from __future__ import annotations

import math
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_parts import job, paid, sent
from spenders import CAP_USD, processes, recover, spend, spend_and_die

from suffice.errors import EnvironmentFailed, OverBudget
from suffice.tuning.ledger import Ledger

N_PROCESSES = 32
TRIALS = int(os.environ.get("SUFFICE_TRIALS", "20"))
"""A release takes 200."""


@pytest.fixture(scope="module")
def pool() -> Iterator[tuple[Any, Any]]:
    """Processes that are there already, and what lets all of them go at once."""
    context = processes()
    with context.Manager() as manager, ProcessPoolExecutor(N_PROCESSES, context) as p:
        yield p, manager.Barrier(N_PROCESSES)


def race(where: str, trial: int, pool: Any, *, naive: bool = False) -> Ledger:
    """The ledger after all of them have spent from the budget of climb *trial*."""
    running, barrier = pool
    ledger = Ledger(where)
    asked = [
        running.submit(spend, where, str(trial), 1000 * trial + n, barrier, naive)
        for n in range(N_PROCESSES)
    ]
    assert sum(future.result() for future in asked) > 0
    return ledger


def leaked_usd(ledger: Ledger, climb_id: str) -> float:
    """Reserved for acts that are surely not under way and cannot cost any more."""
    rows = ledger.rows(climb_id=climb_id)
    return sum(r.reserved_usd for r in rows if r.state != "unknown")


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_processes_that_share_a_budget_keep_it(database, request, pool):
    """32 at once: spent and reserved within the cap, and no reservation left over."""
    names = {"sqlite": "quick_path", "postgres": "where_postgres"}
    where = request.getfixturevalue(names[database])
    trials = TRIALS if database == "sqlite" else TRIALS // 4
    violated = 0
    for trial in range(trials):
        ledger = race(where, trial, pool)
        over = ledger.committed_usd(climb_id=str(trial)) > CAP_USD + 1e-9
        violated += over or leaked_usd(ledger, str(trial)) != 0
    print(f"{trials} trials of {N_PROCESSES} processes, {violated} violated")  # noqa: T201

    assert 0 == violated
    assert () == ledger.verify().faults


def test_a_ledger_that_looks_and_then_reserves_overspends(quick_path, pool):
    """The mutant: the same races must show what they can show."""

    def committed_usd(trial: int) -> float:
        ledger = race(quick_path, trial, pool, naive=True)
        return ledger.committed_usd(climb_id=str(trial))

    assert any(committed_usd(trial) > CAP_USD + 1e-9 for trial in range(20))


def test_reservations_of_killed_processes_are_found_and_ended(where):
    """Killed between any two writes: nothing is over the cap, nothing stays held."""
    n = 40
    dying = [
        processes().Process(target=spend_and_die, args=(where, seed))
        for seed in range(n)
    ]
    ledger = Ledger(where)
    for process in dying:
        process.start()
    for process in dying:
        process.join()
    killed = sum(process.exitcode == -signal.SIGKILL for process in dying)
    assert ledger.committed_usd() <= CAP_USD + 1e-9
    recover(ledger)
    held = ledger.committed_usd() - ledger.spent_usd()
    print(f"{killed} of {n} killed, ${held} still held")  # noqa: T201

    assert 0 == held
    assert killed > n / 4
    assert () == ledger.verify().faults


@pytest.mark.parametrize("usd", [None, math.nan, math.inf, -math.inf, -0.01])
@pytest.mark.parametrize("cap_usd", [None, 5.0])
def test_what_may_cost_no_amount_is_not_paid_for(usd, cap_usd, where):
    """No price, no spend: also where nobody has set a budget."""
    with Ledger(where) as ledger, pytest.raises(OverBudget, match="no amount"):
        ledger.intend(job("a", usd), cap_usd=cap_usd)
    assert () == Ledger(where).rows()


@pytest.mark.parametrize("cap_usd", [math.nan, math.inf, -math.inf, -1.0])
def test_a_budget_that_is_no_amount_lets_nothing_through(cap_usd, where):
    """Not a number compares as false with everything, also with the cap."""
    with Ledger(where) as ledger, pytest.raises(OverBudget):
        ledger.intend(job("a", 1.0), cap_usd=cap_usd)


@given(usd=st.floats(), cap_usd=st.floats())
@settings(max_examples=50, deadline=None)
def test_only_amounts_within_the_budget_are_reserved(usd, cap_usd):
    """Whatever a broken price table or a broken brief says."""
    fits = math.isfinite(cap_usd) and 0 <= usd <= cap_usd
    with Ledger("sqlite://") as ledger:
        try:
            ledger.intend(job("a", usd), cap_usd=cap_usd)
        except OverBudget:
            assert not fits
        else:
            assert fits


@pytest.mark.parametrize("usd", [math.nan, math.inf, -1.0])
def test_a_bill_that_is_no_amount_keeps_its_reservation(usd, where):
    """The most it could cost stays counted until somebody has looked."""
    with Ledger(where) as ledger:
        taken = ledger.submitted(sent(ledger, job("a", 2.0)), "ftjob-1")
        with pytest.raises(EnvironmentFailed, match="no amount"):
            ledger.settle(taken, "succeeded", spent_usd=usd)

        assert (0.0, 2.0) == (ledger.spent_usd(), ledger.committed_usd())


def test_what_was_never_sent_is_given_back(where):
    """A climb that goes on without its job needs the money for questions."""
    with Ledger(where) as ledger:
        entry = ledger.intend(job("a", 3.0), cap_usd=5.0)
        ledger.claim(entry, owner="me|1|1|1", lease_s=60)
        ledger.release("me|1|1|1")

        assert (0.0, "refused") == (ledger.committed_usd(), ledger.get(entry).state)
        again = ledger.intend(job("a", 3.0), cap_usd=5.0)
        assert (entry.id, "intended", 3.0) == (
            again.id,
            again.state,
            again.reserved_usd,
        )


def test_a_wish_that_costs_nothing_is_not_given_up(where):
    """A cancellation that could not be sent is sent by whoever looks next."""
    with Ledger(where) as ledger:
        wish = ledger.intend(job("ftjob-1", kind="cancel"))
        ledger.claim(wish, owner="me|1|1|1", lease_s=60)
        ledger.release("me|1|1|1")

        assert ("intended", None) == (ledger.get(wish).state, ledger.get(wish).owner)


def test_what_answers_cost_is_told_and_not_counted_twice(where):
    """The answers of a batch are booked where answers are stored."""
    with Ledger(where) as ledger:
        taken = ledger.submitted(sent(ledger, job("a", 3.0, kind="batch")), "batch-1")
        ended = ledger.settle(taken, "succeeded", answers_usd=1.25)
        paid(ledger, job("b", 3.0), 0.5)

        assert (1.25, 0.5) == (ended.cost_usd, ledger.spent_usd())
