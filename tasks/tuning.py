"""
Fine-tuning: submitted at most once, watched until it ends.

Paid tasks have no retries of Prefect's: the ledger, not Prefect, knows whether a job
was submitted, and running the flow again adopts it.
"""

from __future__ import annotations

from collections.abc import Mapping

from prefect import get_run_logger, runtime, task
from prefect.cache_policies import NO_CACHE

from suffice.ladder import RungName
from suffice.stages import refining, tune_stage, tuned_stage, waiting_stage
from suffice.stages.climb import Climb
from suffice.stages.refining import Ordered, Trained
from suffice.stages.waiting_stage import Ended, Later
from tasks import rungs
from tasks.handing_over import seat_of


@task(task_run_name="submit {climb.id}", tags=["paid"], cache_policy=NO_CACHE)
def submit(climb: Climb, rung: RungName) -> str:
    """Id of the one job for this data and these parameters."""
    job_id = tune_stage.submit_tuning(climb, rung)
    get_run_logger().info("fine-tuning job %s", job_id)
    return job_id


@task(task_run_name="submit {rung} of {climb.id}", tags=["paid"], cache_policy=NO_CACHE)
def submit_recipes(climb: Climb, rung: RungName) -> Ordered:
    """The one job of each recipe that the brief allows to try."""
    return _logged(refining.submit_recipes(climb, rung))


@task(task_run_name="submit preferences", tags=["paid"], cache_policy=NO_CACHE)
def submit_preferences(climb: Climb, rung: RungName, best: str) -> Ordered:
    """The one job that learns the preferences on top of the best model."""
    return _logged(refining.submit_on_best(climb, rung, best))


@task(task_run_name="wait for jobs of {climb.id}", cache_policy=NO_CACHE)
def wait(climb: Climb, jobs: Mapping[str, str]) -> Ended | Later:
    """How the jobs ended, or that some go on and the worker is given back."""
    # A run that is part of another is waited for by that one.
    run_id = runtime.flow_run.parent_flow_run_id or runtime.flow_run.id
    ended = waiting_stage.follow_all(climb, jobs, seat_of(climb.brief, run_id))
    if isinstance(ended, Ended):
        get_run_logger().info("ready: %s", [m.model for m in ended.models.values()])
    return ended


def train(climb: Climb, rung: RungName) -> Trained | Later:
    """All that is trained for a rung; no task itself, flows call it."""
    ordered = submit_recipes(climb, rung)
    ended = wait(climb, ordered.jobs)
    if isinstance(ended, Later):
        return ended
    trained = refining.trained(climb, ordered, ended)
    if not tuned_stage.learns_preferences(climb, rung):
        return trained
    best, trained = rungs.best_so_far(climb, rung, trained)
    ordered = submit_preferences(climb, rung, best)
    ended = wait(climb, ordered.jobs)
    if isinstance(ended, Later):
        return ended
    return refining.with_ended(climb, trained, ordered, ended)


def _logged(ordered: Ordered) -> Ordered:
    for name, job_id in ordered.jobs.items():
        get_run_logger().info("%s: fine-tuning job %s", name, job_id)
    for note in ordered.notes:
        get_run_logger().warning("%s", note)
    return ordered
