"""
Serves the flows from this machine: ``python -m deployments.serve [BRIEF.yaml ...]``.

One process that runs what is triggered through the UI or the API and what the
schedules ask for, each run in a process of its own.  With no brief named it serves
the example's.  Needs a Prefect server: ``PREFECT_API_URL``, or ``suffice up``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from prefect import Flow, serve
from prefect.deployments.runner import RunnerDeployment

from flows.check import check
from flows.climb import climb
from flows.recheck import recheck
from flows.tune import tune
from suffice.brief import Brief
from suffice.brief_io import load_brief

EXAMPLE = Path("examples/support/brief.yaml")
NIGHTLY = "0 3 * * *"
"""Three in the morning, UTC: prices and usage are re-checked."""


def deployments(brief: Brief) -> list[RunnerDeployment]:
    """The four flows for one brief; its name is each deployment's name."""
    flows: dict[Flow[Any, Any], str | None]
    flows = {check: None, climb: None, tune: None, recheck: NIGHTLY}
    return [
        RunnerDeployment.from_flow(
            flow,
            name=brief.name,
            parameters={"brief": brief.model_dump(mode="json")},
            tags=["suffice", brief.name],
            cron=cron,
        )
        for flow, cron in flows.items()
    ]


def main(paths: list[Path]) -> None:
    """Serve until stopped; stopping leaves the schedules as they are."""
    briefs = [load_brief(path) for path in paths or [EXAMPLE]]
    served = [d for brief in briefs for d in deployments(brief)]
    serve(*served, limit=2, pause_on_shutdown=False)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
