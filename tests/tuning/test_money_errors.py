"""A provider that takes no more money is asked once, wherever it says so."""

from __future__ import annotations

import itertools
from contextlib import suppress

import pytest
from tuning_parts import TRAINING

from suffice.errors import CallFailed, SpendingStopped
from suffice.tuning.following import Terms, submit
from suffice.tuning.ledger import Ledger

CODES = (
    "insufficient_quota",
    "credit_balance_exhausted",
    "billing_hard_limit_reached",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
)
ROUTES = ("GET jobs", "POST files", "POST jobs")


def asked_after(api, client, ledger, spec, time, *, route: str, code: str) -> int:
    """Requests that follow the first refusal for want of money."""
    api.requests.clear()
    api.faults = {route: [f"refuse-429-{code}"] * 50}
    terms = Terms(reserve_usd=3.0, cap_usd=5.0)
    with pytest.raises(SpendingStopped):
        submit(
            spec,
            TRAINING,
            client=client,
            ledger=ledger,
            clock=time.clock,
            terms=terms,
        )
    return len(api.requests) - api.requests.index(route) - 1


def test_a_money_error_ends_the_submission_and_frees_the_budget(
    api, client, spec, time, tmp_path
):
    """Asking again costs nothing but trust; what was reserved is for the others."""
    tried = violated = 0
    for tried, (route, code) in enumerate(itertools.product(ROUTES, CODES), 1):
        with Ledger(tmp_path / f"{tried}.db", now=time.now) as ledger:
            api.files.clear()
            more = asked_after(api, client, ledger, spec, time, route=route, code=code)
            violated += more > 0 or ledger.committed_usd() > 0 or bool(api.jobs)
    print(f"{tried} refusals for want of money, {violated} violated")  # noqa: T201

    assert 0 == violated


def test_a_rate_limit_is_no_money_error(api, client, ledger, spec, time):
    """The mutant: what is taken for a passing fault is asked again and again."""
    api.faults = {"GET jobs": ["before-429"] * 3}
    with suppress(CallFailed):
        submit(spec, TRAINING, client=client, ledger=ledger, clock=time.clock)

    assert api.n_sent("GET jobs") > 1
