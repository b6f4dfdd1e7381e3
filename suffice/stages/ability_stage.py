"""Before a first submission: is it hopeless? Asked for nothing, of the endpoint."""

from __future__ import annotations

from suffice.brief import Brief
from suffice.economics.own_prices import prices_of
from suffice.errors import CallFailed
from suffice.tuning.abilities import ability_of, refuse_untrainable
from suffice.tuning.job import Clock, TuneSpec
from suffice.tuning.ledger import Ledger
from suffice.tuning.protocol import Backend
from suffice.tuning.told import day_of


def refuse_hopeless(
    brief: Brief, spec: TuneSpec, client: Backend, ledger: Ledger
) -> None:
    """
    Raise `BaseRetired` or `TrainingUnavailable` where the job would be refused.

    A job that is known, here or at the provider, is followed whatever is said now.
    """
    if client.embedded or ledger.rows(
        kind="job", provider=spec.endpoint_name, key=spec.key
    ):
        return
    today = day_of(Clock().now())
    assert today is not None  # it is a number of seconds
    try:
        found = ability_of(client, spec.base, prices_of(brief), today)
        if found.may_train == "no" and not client.find_jobs(spec):
            refuse_untrainable(found)
    except CallFailed:
        return  # Submitting will say it, and tries longer.
