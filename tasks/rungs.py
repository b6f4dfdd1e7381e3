"""Rungs: tried one after the other on the same frozen test order."""

from __future__ import annotations

from collections.abc import Sequence

from prefect import get_run_logger, runtime

from suffice.ladder import RungName
from suffice.measuring.asking import Asked
from suffice.results import Measured
from suffice.stages import measurements, tuned_stage
from suffice.stages.climb import Climb
from suffice.stages.refining import Trained
from tasks.retries import asking

_HOURS_6 = 6 * 3600


def called(rung: str, model: str) -> str:
    """
    What a rung's run is called.

    >>> called("few-shot", "gpt-6-luna"), called("floor", "none")
    ('few-shot on gpt-6-luna', 'floor, without a model')
    """
    return f"{rung}, without a model" if rung == "floor" else f"{rung} on {model}"


def _called() -> str:
    given = runtime.task_run.parameters
    return called(given["rung"], given.get("model", ""))


@asking(_called, timeout_seconds=_HOURS_6)
def measure(
    climb: Climb, rung: RungName, model: str, asked: Sequence[Asked] = ()
) -> Measured:
    """Choose on dev, judge on test; answers already paid for are not asked again."""
    measured = measurements.measure_rung(climb, rung, model, asked)
    return _told(measured)


@asking("best of {rung} so far", timeout_seconds=_HOURS_6)
def best_so_far(climb: Climb, rung: RungName, trained: Trained) -> tuple[str, Trained]:
    """The best model on dev, on top of which preferences are learned."""
    return tuned_stage.best_so_far(climb, rung, trained)


@asking("measure {rung}", timeout_seconds=_HOURS_6)
def measure_tuned(climb: Climb, rung: RungName, trained: Trained) -> Measured:
    """The best of what was trained, judged like every other candidate."""
    return _told(tuned_stage.measure_best(climb, rung, trained))


def _told(measured: Measured) -> Measured:
    get_run_logger().info(
        "%s: %s, %.2f (%.2f to %.2f, n = %d)",
        *(measured.name, measured.ruling, measured.quality),
        *(measured.quality_low, measured.quality_high, measured.n),
    )
    return measured
