"""
Serves the flows from this machine: ``python -m deployments.serve [BRIEF.yaml ...]``.

One process that runs what is triggered through the UI or the API and what the
schedules ask for, each run in a process of its own.  With no brief named it serves
the example's.  Needs a Prefect server: ``PREFECT_API_URL``, or ``suffice up``.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from httpx import HTTPError
from prefect import Flow, serve
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import (
    ConcurrencyLimitConfig,
    ConcurrencyLimitStrategy,
)
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import PrefectHTTPStatusError
from prefect.schedules import Cron

from deployments import automations
from deployments.lost_runs import endings
from flows.check import check
from flows.climb import climb
from flows.recheck import recheck
from flows.tune import tune
from suffice.brief import Brief
from suffice.brief_io import load_brief
from tasks.left_behind import end_left_behind

EXAMPLE = Path(__file__).parents[1] / "examples/support/brief.yaml"
_NIGHTLY = Cron("0 3 * * 1-6", timezone="UTC", parameters={"drift": False})
"""Three in the morning: prices and usage are re-checked, which is arithmetic."""
_WEEKLY = Cron("0 3 * * 0", timezone="UTC", parameters={"drift": True})
"""On Sundays fresh questions are looked at too, where the brief names some."""
_ONE = ConcurrencyLimitConfig(
    limit=1,
    collision_strategy=ConcurrencyLimitStrategy.ENQUEUE,
    # The process must be up within it, and machines are busy.
    grace_period_seconds=600,
)


def deployments(brief: Brief) -> list[RunnerDeployment]:
    """The four flows for one brief; its name is each deployment's name."""
    return [
        _deployment(check, brief),
        _deployment(climb, brief, concurrency_limit=_ONE),
        _deployment(tune, brief, concurrency_limit=_ONE),
        _deployment(recheck, brief, schedules=[_NIGHTLY, _WEEKLY]),
    ]


def _deployment(flow: Flow[Any, Any], brief: Brief, **terms: Any) -> RunnerDeployment:
    return RunnerDeployment.from_flow(
        flow,
        name=brief.name,
        parameters={"brief": brief.model_dump(mode="json")},
        tags=["suffice", brief.name],
        **terms,
    )


def main(paths: list[Path]) -> None:
    """Serve until stopped; stopping leaves the schedules as they are."""
    briefs = [load_brief(path) for path in paths or [EXAMPLE]]
    try:
        with get_client(sync_client=True) as client:
            automations.apply(client, endings())
        # Those of a worker that died with its runs: at once, not when they are missed.
        end_left_behind()
    except PrefectHTTPStatusError as error:
        # A server without automations, or a user who may make none, still serves.
        sys.stderr.write(f"Runs whose process is gone will not be ended: {error}\n")
    served = [d for brief in briefs for d in deployments(brief)]
    try:
        serve(*served, limit=2, pause_on_shutdown=False)
    finally:
        # Stopped, Prefect kills the processes and leaves their runs as running.
        with suppress(HTTPError):
            end_left_behind()


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
