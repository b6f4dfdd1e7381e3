"""Rungs: tried one after the other on the same frozen test order."""

from __future__ import annotations

from collections.abc import Sequence

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from suffice.ladder import RungName
from suffice.measuring.asking import Asked
from suffice.results import Measured
from suffice.stages import measurements, tune_stage
from suffice.stages.climb import Climb
from suffice.tuning.following import TunedModel
from tasks.retries import worth_retrying

_HOURS_6 = 6 * 3600


@task(
    task_run_name="{rung} on {model}",
    retries=2,
    retry_delay_seconds=[5, 30],
    retry_condition_fn=worth_retrying,
    timeout_seconds=_HOURS_6,
    cache_policy=NO_CACHE,
)
def measure(
    climb: Climb, rung: RungName, model: str, asked: Sequence[Asked] = ()
) -> Measured:
    """Choose on dev, judge on test; answers already paid for are not asked again."""
    measured = measurements.measure_rung(climb, rung, model, asked)
    get_run_logger().info(
        "%s: %s, %.2f (%.2f to %.2f, n = %d)",
        *(measured.name, measured.ruling, measured.quality),
        *(measured.quality_low, measured.quality_high, measured.n),
    )
    return measured


@task(
    task_run_name="{rung} on {tuned.model}",
    retries=2,
    retry_delay_seconds=[5, 30],
    retry_condition_fn=worth_retrying,
    timeout_seconds=_HOURS_6,
    cache_policy=NO_CACHE,
)
def measure_tuned(climb: Climb, rung: RungName, tuned: TunedModel) -> Measured:
    """The tuned model as it was taught, judged like every other candidate."""
    upfront_usd = tune_stage.upfront_usd(climb, tuned)
    measured = measurements.measure_tuned(climb, tuned.model, upfront_usd, rung)
    get_run_logger().info(
        "%s: %s, %.2f (%.2f to %.2f, n = %d)",
        *(measured.name, measured.ruling, measured.quality),
        *(measured.quality_low, measured.quality_high, measured.n),
    )
    return measured
