"""
The learning curve: jobs on parts of the examples, submitted together, judged on dev.

Paid tasks have no retries of Prefect's, as in `tasks.tuning`; what cannot be had is a
warning of the verdict.
"""

from __future__ import annotations

from collections.abc import Sequence

from prefect import get_run_logger, runtime, task
from prefect.cache_policies import NO_CACHE

from suffice.economics.learned import seen_on_dev
from suffice.results import Measured
from suffice.stages import learning_stage
from suffice.stages.climb import Climb
from suffice.stages.learning_stage import Learned, Part
from suffice.stages.waiting_stage import Later
from tasks.handing_over import seat_of


@task(
    task_run_name="submit {part.n_train} examples of {climb.id}",
    tags=["paid"],
    cache_policy=NO_CACHE,
)
def submit(climb: Climb, part: Part) -> Part:
    """The one job for this part of the examples."""
    submitted = learning_stage.submit_part(climb, part)
    get_run_logger().info("%s", submitted.why_not or submitted.job_id)
    return submitted


@task(task_run_name="wait for parts of {climb.id}", cache_policy=NO_CACHE)
def wait(climb: Climb, parts: Sequence[Part]) -> tuple[Part, ...] | Later:
    """The parts with their models, or that some go on and the worker is given back."""
    seat = seat_of(climb.brief, runtime.flow_run.id)
    return learning_stage.trained_parts(climb, parts, seat)


@task(task_run_name="learn from {part.n_train} examples", cache_policy=NO_CACHE)
def measure(climb: Climb, part: Part) -> Part:
    """The part's model, judged on dev."""
    measured = learning_stage.measure_part(climb, part)
    point = measured.point
    get_run_logger().info("%s", seen_on_dev(point) if point else measured.why_not)
    return measured


def curve(climb: Climb, ladder: Sequence[Measured]) -> Learned | Later:
    """Every point that can be had; no task itself, flows call it."""
    parts = learning_stage.parts_of(climb, ladder)
    submitted = [part if part.model else submit(climb, part) for part in parts]
    trained = wait(climb, submitted) if submitted else ()
    if isinstance(trained, Later):
        return trained
    return Learned.of([measure(climb, part) for part in trained])
