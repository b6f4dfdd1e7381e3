"""
Fine-tuning: submitted at most once, watched until it ends.

Paid tasks have no retries of Prefect's: the ledger, not Prefect, knows whether a job
was submitted, and running the flow again adopts it.
"""

from __future__ import annotations

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from suffice.ladder import RungName
from suffice.stages import tune_stage
from suffice.stages.climb import Climb
from suffice.tuning.following import StillTraining, TunedModel
from tasks.handing_over import seat_of


@task(task_run_name="submit {climb.id}", tags=["paid"], cache_policy=NO_CACHE)
def submit(climb: Climb, rung: RungName) -> str:
    """Id of the one job for this data and these parameters."""
    job_id = tune_stage.submit_tuning(climb, rung)
    get_run_logger().info("fine-tuning job %s", job_id)
    return job_id


@task(task_run_name="wait for {job_id}", cache_policy=NO_CACHE)
def wait(climb: Climb, job_id: str, rung: RungName) -> TunedModel | StillTraining:
    """The finished model, or that it goes on and the worker is given back."""
    seat = seat_of(climb.brief, rung)
    ended = tune_stage.follow_tuning(climb, job_id, rung, seat)
    if isinstance(ended, TunedModel):
        get_run_logger().info("%s is ready", ended.model)
    return ended
