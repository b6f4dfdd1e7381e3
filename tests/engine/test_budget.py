"""The cap holds, whatever the threads do."""

from __future__ import annotations

import math
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.errors import OverBudget
from suffice.measuring.budget import Budget


def test_refuses_what_is_not_left():
    """The refusal comes before the call, and says what to do."""
    budget = Budget(1.0)
    budget.reserve(0.7)

    with pytest.raises(OverBudget, match="raise budget_usd"):
        budget.reserve(0.4)


@given(usd=st.floats(), cap_usd=st.floats())
@settings(max_examples=100, deadline=None)
def test_only_amounts_are_reserved(usd, cap_usd):
    """Not a number is neither more nor less than what is left."""
    fits = math.isfinite(usd) and 0 <= usd <= cap_usd
    try:
        Budget(cap_usd).reserve(usd)
    except OverBudget:
        assert not fits
    else:
        assert fits


def test_settling_gives_back_what_was_not_needed():
    """Reservations are pessimistic; money must not be lost to them."""
    budget = Budget(1.0)
    budget.settle(budget.reserve(0.9), 0.1)
    budget.reserve(0.9)

    assert budget.own_usd == 0.1


def test_settling_twice_books_once():
    """A retried clean-up must not double the bill."""
    budget = Budget(1.0)
    held = budget.reserve(0.5)
    budget.settle(held, 0.5)
    budget.settle(held, 0.5)

    assert budget.own_usd == 0.5


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), max_size=30), st.floats(0, 5))
def test_never_spends_more_than_the_cap_when_calls_cost_what_was_reserved(usds, cap):
    """Promise 3: spend exceeds the budget by no more than the calls in flight."""
    budget = Budget(cap)
    for usd in usds:
        try:
            budget.settle(budget.reserve(usd), usd)
        except OverBudget:
            continue

    assert budget.own_usd <= cap + 1e-9


def test_threads_cannot_reserve_the_same_dollar():
    """Rungs are measured side by side from one budget."""
    budget, held = Budget(10.0), []

    def take() -> None:
        for _ in range(200):
            try:
                held.append(budget.reserve(0.125))
            except OverBudget:
                return

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(held) == 80
