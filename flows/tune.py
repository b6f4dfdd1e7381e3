"""Fine-tune on the brief's examples: submit once, watch, return the model."""

from __future__ import annotations

from dataclasses import dataclass

from prefect import State, flow

from suffice.brief import Brief
from suffice.errors import TrainingError
from suffice.ladder import RungName
from suffice.stages import approving
from suffice.stages.climb import Climb
from suffice.stages.refining import Trained
from suffice.stages.waiting_stage import Later
from suffice.tuning.following import TunedModel
from tasks import approval, data, tuning
from tasks.handing_over import HOOKS, hand_over
from tasks.left_behind import mark_run


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """What was trained, or why there is nothing, or nothing yet."""

    trained: Trained | None = None
    why_not: str | None = None
    later: Later | None = None


def trained_or_reason(state: State[Trained | Later]) -> Tuned:
    """A refused or failed training does not end a climb; anything else does."""
    result = state.result(raise_on_failure=False)
    if isinstance(result, TrainingError):
        return Tuned(why_not=str(result))
    if isinstance(result, BaseException):
        raise result
    if isinstance(result, Later):
        return Tuned(later=result)
    return Tuned(trained=result)


@flow(name="tune", flow_run_name="tune {brief.name}", **HOOKS)
def tune(brief: Brief, rung: RungName = "fine-tuned") -> TunedModel | State[TunedModel]:
    """
    Check the examples and fine-tune on them, whatever the verdict would be.

    Training above the brief's auto_approve_usd waits for a person before it is paid.
    """
    gate = data.check(brief)
    this = data.open_climb(brief, gate)
    planned = data.plan_training(this, rung)
    answer = approval.ask(this, planned)
    if not answer.approve:
        return approval.refused(this, planned, answer)
    this = approving.approved(this, planned, answer)
    ended = tuning.wait(this, {rung: tuning.submit(this, rung)})
    return hand_over(brief, ended) if isinstance(ended, Later) else ended.model(rung)


@flow(
    name="tune climb",
    flow_run_name="{rung} {climb.id}",
    validate_parameters=False,
    on_running=[mark_run],
)
def tune_climb(climb: Climb, rung: RungName) -> Trained | Later:
    """The part of a climb that takes longest, as a run of its own."""
    return tuning.train(climb, rung)
