"""Fine-tune on the brief's examples: submit once, watch, return the model."""

from __future__ import annotations

from dataclasses import dataclass

from prefect import State, flow

from suffice.brief import Brief
from suffice.errors import TrainingError
from suffice.ladder import RungName
from suffice.stages.climb import Climb
from suffice.tuning.following import StillTraining, TunedModel
from tasks import data, tuning
from tasks.handing_over import HOOKS, hand_over


@flow(name="tune", flow_run_name="tune {brief.name}", **HOOKS)
def tune(brief: Brief, rung: RungName = "fine-tuned") -> TunedModel | State[TunedModel]:
    """Check the examples and fine-tune on them, whatever the verdict would be."""
    gate = data.check(brief)
    model = tune_climb(data.open_climb(brief, gate), rung)
    if isinstance(model, StillTraining):
        return hand_over(brief, model)
    return model


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """The tuned model, or why there is none, or none yet."""

    model: TunedModel | None = None
    why_not: str | None = None
    later: StillTraining | None = None


def model_or_reason(state: State[TunedModel | StillTraining]) -> Tuned:
    """A refused or failed training does not end a climb; anything else does."""
    result = state.result(raise_on_failure=False)
    if isinstance(result, TrainingError):
        return Tuned(why_not=str(result))
    if isinstance(result, BaseException):
        raise result
    if isinstance(result, StillTraining):
        return Tuned(later=result)
    return Tuned(model=result)


@flow(name="tune climb", flow_run_name="{rung} {climb.id}", validate_parameters=False)
def tune_climb(climb: Climb, rung: RungName) -> TunedModel | StillTraining:
    """The part of a climb that takes longest, as a run of its own."""
    job_id = tuning.submit(climb, rung)
    return tuning.wait(climb, job_id, rung)
