"""
Gives a worker back while jobs train: a later run of the same deployment goes on.

The run that waits ends, and leaves behind one scheduled run with the same parameters,
kept by the Prefect server.  That one finds everything there: what was paid for is
adopted, so that running again costs seconds.  Any worker may run it, also one that is
started after this one's machine has gone.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from prefect import Flow, State, get_run_logger, runtime
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.logging.loggers import flow_run_logger
from prefect.states import Completed, Scheduled

from suffice.brief import Brief
from suffice.stages import cancel_stage
from suffice.stages.waiting_stage import Later, Seat
from tasks.job_progress import Teller
from tasks.left_behind import is_process_tag, mark_run

AWAITING = "AwaitingJob"
"""Name of the state of a run that will look at its jobs again."""
HANDED_OVER = "HandedOver"
_JOB, _WAITED = "job:", "waited-s:"
_LEAST_S = 30.0


def seat_of(brief: Brief, run_id: str | None) -> Seat:
    """How long this run may wait: for ever, unless a worker is held by it."""
    log = get_run_logger()

    def teller(name: str) -> Teller:
        return Teller(key=f"{brief.name}-{name.replace(' ', '-')}", log=log)

    if run_id is None:
        return Seat(tell=teller)
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(UUID(run_id))
    if run.deployment_id is None:
        return Seat(run_id=run_id, tell=teller)
    return Seat(
        hold_s=brief.tuning.waiting.worker_s,
        waited_s=_waited_s(run),
        run_id=run_id,
        tell=teller,
    )


def hand_over(brief: Brief, later: Later) -> State[Any]:
    """
    Schedule the run that looks again, and the state with which this one ends.

    Called from the flow that the deployment runs.  However often it is called in a
    run, it leaves one successor.
    """
    look_s = _look_again_s(brief, later)
    at = datetime.now(UTC) + timedelta(seconds=look_s)
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(UUID(runtime.flow_run.id))
        # Only such a run is given a time to hold its worker for.
        assert run.deployment_id is not None
        client.create_flow_run_from_deployment(
            run.deployment_id,
            parameters=run.parameters,
            state=Scheduled(name=AWAITING, scheduled_time=at),
            tags=_tags(run, later, look_s),
            idempotency_key=f"after-{run.id}",
        )
    jobs = ", ".join(f"{job.job_id} is {job.status}" for job in later.jobs)
    told = f"{jobs}; a later run looks again at {at:%H:%M}Z."
    get_run_logger().info("%s", told)
    return Completed(name=HANDED_OVER, message=told)


def wake(job_id: str) -> int:
    """Let the runs that wait for the job look now; how many there were."""
    from prefect.client.schemas.filters import FlowRunFilter

    wanted = FlowRunFilter.model_validate(
        {"tags": {"all_": [f"{_JOB}{job_id}"]}, "state": {"name": {"any_": [AWAITING]}}}
    )
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(flow_run_filter=wanted)
        for run in runs:
            client.set_flow_run_state(run.id, Scheduled(name=AWAITING))
    return len(runs)


def cancel_jobs(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Prefect's hook for a run that is cancelled: its jobs, if the brief says so."""
    del flow, state
    brief = Brief.model_validate(flow_run.parameters["brief"])
    for told in cancel_stage.cancel_jobs_of_run(brief, str(flow_run.id)):
        flow_run_logger(flow_run).warning("%s", told)


class Hooks(TypedDict):
    """What Prefect calls when a run begins or is cancelled."""

    on_running: list[Any]
    on_cancellation: list[Any]


HOOKS: Hooks = {"on_running": [mark_run], "on_cancellation": [cancel_jobs]}
"""Of every flow that waits for a job."""


def _look_again_s(brief: Brief, later: Later) -> float:
    most_s = brief.tuning.waiting.look_again_s
    return most_s if later.left_s is None else min(most_s, max(_LEAST_S, later.left_s))


def _tags(run: FlowRun, later: Later, look_s: float) -> list[str]:
    ours = [t for t in run.tags if not is_process_tag(t)]
    kept = [tag for tag in ours if not tag.startswith((_JOB, _WAITED))]
    waited_s, front = dict(later.waited_s), later.jobs[0].job_id
    waited_s[front] += look_s
    return [
        *kept,
        *(f"{_JOB}{job.job_id}" for job in later.jobs),
        *(f"{_WAITED}{job_id}:{seconds:.0f}" for job_id, seconds in waited_s.items()),
    ]


def _waited_s(run: FlowRun) -> dict[str, float]:
    told = [tag.removeprefix(_WAITED) for tag in run.tags if tag.startswith(_WAITED)]
    parts = [tag.rpartition(":") for tag in told]
    return {job_id: float(seconds) for job_id, _, seconds in parts}
