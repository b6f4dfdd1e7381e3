"""Calls, and what stands in the ledger, are paid for from one budget."""

from __future__ import annotations

import pytest
from ledger_parts import job, paid, sent

from suffice.errors import OverBudget
from suffice.measuring.budget import Budget
from suffice.tuning.ledger import Ledger
from suffice.tuning.ledger_gate import LOOK_S, Gate


@pytest.fixture
def at():
    """Seconds; a list, so that a test can let them pass."""
    return [0.0]


@pytest.fixture
def budget(where, at):
    """Ten dollars of climb ``c``, beside the ledger at *where*."""
    return Budget(10.0, books=Gate(where, climb_id="c", monotonic=lambda: at[0]))


def test_calls_leave_alone_what_was_reserved_after_they_began(where, budget, at):
    """Else a stage would spend what another process has promised to a job."""
    budget.settle(budget.reserve(1.0), 1.0)
    with Ledger(where) as ledger:
        ledger.intend(job("meanwhile", 8.0), cap_usd=9.0)
    at[0] += LOOK_S

    with pytest.raises(OverBudget, match=r"\$9\.0000 of the \$10\.0000"):
        budget.reserve(1.5)
    assert 1.0 == budget.reserve(1.0).usd


def test_what_a_job_did_not_need_can_be_spent_at_once(where, budget):
    """No call is refused for money that was free a moment before."""
    with Ledger(where) as ledger:
        taken = ledger.submitted(sent(ledger, job("a", 8.0)), "ftjob-1")
        with pytest.raises(OverBudget):
            budget.reserve(5.0)
        ledger.settle(taken, "succeeded", spent_usd=0.5)

    assert 5.0 == budget.reserve(5.0).usd


def test_what_other_climbs_pay_for_is_not_counted(where, budget):
    """They share the ledger, not the budget."""
    with Ledger(where) as ledger:
        paid(ledger, job("a", 9.0, climb_id="another"), 9.0)

    assert 10.0 == budget.reserve(10.0).usd


def test_what_is_rented_may_hold_what_calls_have_left(where, budget, at):
    """Calls in flight are counted, too: they are in no store yet."""
    budget.settle(budget.reserve(3.0), 1.0)
    budget.reserve(2.0)
    with Ledger(where) as ledger:
        with pytest.raises(OverBudget):
            ledger.intend(job("gpu", 7.5), cap_usd=budget.left_for_books_usd)
        ledger.intend(job("gpu", 7.0), cap_usd=budget.left_for_books_usd)
    at[0] += LOOK_S

    with pytest.raises(OverBudget):
        budget.reserve(0.5)
