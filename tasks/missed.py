"""
Scheduled runs that were missed: of those due while nobody ran them, one is made up for.

After a night's sleep of a laptop, or a weekend without a worker, Prefect starts every
run that is late.  They would all find the same, for they all look at today.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from prefect import State, get_run_logger, runtime
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun
from prefect.states import Completed

_LOOKS = {"type": {"not_any_": ["CANCELLED", "CANCELLING", "CRASHED"]}}
"""One that fails has looked, too: an earlier one would only fail again."""
_MOST = 200


def overtaken() -> State[Any] | None:
    """
    How this run ends when its schedule has a later one that is due, too.

    ``None`` when it has none, and for a run that no schedule has made: somebody asked
    for that one.
    """
    if runtime.deployment.id is None:
        return None
    with get_client(sync_client=True) as client:
        last = last_due(client, client.read_flow_run(UUID(runtime.flow_run.id)))
    if str(last.id) == runtime.flow_run.id:
        return None
    told = (
        f"Skipped: the run due at {last.expected_start_time:%Y-%m-%d %H:%M}Z looks at "
        "the same."
    )
    get_run_logger().info("%s", told)
    return Completed(name="Skipped", message=told)


def last_due(client: SyncPrefectClient, run: FlowRun) -> FlowRun:
    """
    Of the runs that are due and were scheduled to do what *run* does, the last one.

    *run* itself when there is none.  The brief may have changed from one to the next:
    as it stands for the last one, it counts.
    """
    if not run.auto_scheduled:
        return run
    wanted = {
        "deployment_id": {"any_": [run.deployment_id]},
        "expected_start_time": {
            "after_": run.expected_start_time,
            "before_": datetime.now(UTC),
        },
        "state": _LOOKS,
    }
    due = client.read_flow_runs(
        flow_run_filter=FlowRunFilter.model_validate(wanted), limit=_MOST
    )
    alike = [other for other in due if _asked(other) == _asked(run)]
    return max([run, *alike], key=_when)


def _when(run: FlowRun) -> tuple[datetime, UUID]:
    """In this order they are due; the id, where two are due at once."""
    return run.expected_start_time or datetime.min.replace(tzinfo=UTC), run.id


def _asked(run: FlowRun) -> dict[str, Any] | None:
    """What its schedule asks for; ``None`` for a run that no schedule has made."""
    if not run.auto_scheduled:
        return None
    return {name: value for name, value in run.parameters.items() if name != "brief"}
