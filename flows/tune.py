"""Fine-tune on the brief's examples: submit once, watch, return the model."""

from __future__ import annotations

from dataclasses import dataclass

from prefect import State, flow

from suffice.brief import Brief
from suffice.errors import TrainingError
from suffice.ladder import RungName
from suffice.stages.climb import Climb
from suffice.tuning.following import TunedModel
from tasks import data, tuning


@flow(name="tune", flow_run_name="tune {brief.name}")
def tune(brief: Brief, rung: RungName = "fine-tuned") -> TunedModel:
    """Check the examples and fine-tune on them, whatever the verdict would be."""
    gate = data.check(brief)
    return tune_climb(data.open_climb(brief, gate), rung)


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """The tuned model, or the sentence that says why there is none."""

    model: TunedModel | None
    why_not: str | None


def model_or_reason(state: State[TunedModel]) -> Tuned:
    """A refused or failed training does not end a climb; anything else does."""
    result = state.result(raise_on_failure=False)
    if isinstance(result, TrainingError):
        return Tuned(model=None, why_not=str(result))
    if isinstance(result, BaseException):
        raise result
    return Tuned(model=result, why_not=None)


@flow(name="tune climb", flow_run_name="{rung} {climb.id}", validate_parameters=False)
def tune_climb(climb: Climb, rung: RungName) -> TunedModel:
    """The part of a climb that takes longest, as a run of its own."""
    job_id = tuning.submit(climb, rung)
    return tuning.wait(climb, job_id)
