"""What hosting tuned models takes in the plan of a climb, where they need a host."""

from __future__ import annotations

from dataclasses import replace

from suffice.brief import Brief
from suffice.economics.planned import Plan, Planned
from suffice.economics.rungs import tuned
from suffice.learning_curve import CURVE_RUNG
from suffice.stages.landlords import told_usd_per_hour
from suffice.tuning.providers import provider_at

RENTED = ("azure", "together", "fireworks")
"""Where a tuned model answers from what is rented by the hour or the minute."""


def with_hosting(planned: Plan, brief: Brief) -> Plan:
    """
    The plan with a row for the stays of tuned models: each as long as it may be.

    Unknown where only the provider itself says what an hour costs.
    """
    stays = n_stays(brief)
    if not stays or provider_at(brief.models.endpoint) not in RENTED:
        return planned
    hours = stays * brief.models.endpoint.hosting.hours
    rate = told_usd_per_hour(brief)
    row = Planned(
        rung="hosting",
        model=f"ft:{brief.models.tunable}",
        n_calls=0,
        input_tokens=0.0,
        output_tokens=0.0,
        usd=None if rate is None else hours * rate,
        seconds=None,
        smallest_provable=None,
    )
    return replace(planned, rows=(*planned.rows, row))


def n_stays(brief: Brief) -> int:
    """
    Stays of tuned models at a host, at most: each stage that asks one hosts it anew.

    >>> n_stays(Brief(name="a", instructions="b", examples="c"))
    2
    """
    rungs = [rung for rung in brief.rungs if tuned(rung)]
    if not rungs or brief.models.tunable is None:
        return 0
    tuning = brief.tuning
    stays = len(rungs) * (1 + (tuning.search if tuning.search > 1 else 0))
    if CURVE_RUNG in rungs and tuning.method == "dpo":
        # All compete again once the preferences are learned.
        stays += tuning.search + 1
    if CURVE_RUNG in rungs and tuning.learning_curve:
        stays += len(tuning.learning_curve) + 1
    return stays + tuning.probes
