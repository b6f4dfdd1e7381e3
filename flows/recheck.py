"""Is the last verdict still right? Run on a schedule."""

from __future__ import annotations

from prefect import flow

from flows.climb import climb
from suffice.brief import Brief
from suffice.economics.recheck import Recheck
from tasks import verdicts


@flow(name="recheck", flow_run_name="recheck {brief.name}")
def recheck(brief: Brief) -> Recheck:
    """
    Redo the arithmetic of the last verdict at today's usage, prices and retirements.

    Calls no model; starts a climb only when the choice may flip and the new
    candidate has to be measured.
    """
    result = verdicts.recheck(brief)
    if result.climb_needed:
        climb(brief)
    return result
