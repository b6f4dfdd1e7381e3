"""Is the last verdict still right? Run on a schedule."""

from __future__ import annotations

from prefect import State, flow

from flows.climb import climb
from suffice.brief import Brief
from suffice.economics.recheck import Recheck
from tasks import missed, rechecks
from tasks.left_behind import mark_run


@flow(name="recheck", flow_run_name="recheck {brief.name}", on_running=[mark_run])
def recheck(brief: Brief, drift: bool = True) -> Recheck | State[Recheck]:
    """
    Look again at the last verdict: usage, prices, drift, retirements.

    Calls no model unless fresh answers are to be judged.  Starts a climb of what is
    affected only where the brief allows it; otherwise that climb waits for approval.
    Of scheduled runs that are late together, the last one alone looks.

    Args:
        brief: The brief whose last verdict is looked at.
        drift: Look at recheck.fresh too, which may ask the champion for answers. Off:
            arithmetic alone, which is free.
    """
    skipped = missed.overtaken()
    if skipped is not None:
        return skipped
    found = rechecks.recheck(brief, drift=drift)
    rechecks.warn(brief, found)
    if found.flipped:
        rechecks.tell(brief, found)
    if (
        found.start
        and found.next_climb is not None
        and not rechecks.start_deployed(brief, found)
    ):
        climb(found.next_climb.brief)
        rechecks.remember_started(brief, found)
    return found.recheck
