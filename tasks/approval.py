"""
Approval: what is above the brief's ``auto_approve_usd`` is suspended in Prefect.

It leaves its process, shows a form in the page and the API, and goes on in a new
process when somebody has answered.  Functions, not tasks: only a flow can be
suspended.
"""

from __future__ import annotations

from typing import Any, Literal

from prefect import State, get_run_logger, runtime
from prefect.events import emit_event
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from prefect.states import Cancelled
from pydantic import Field, create_model

from suffice.economics.approval import Answer, asking
from suffice.economics.plan import Plan
from suffice.stages import approving
from suffice.stages.climb import Climb
from tasks.subjects import WAITS, resource_of

_DAYS_14 = 14 * 24 * 3600


class Approval(RunInput):
    """What the form asks."""

    approve: Literal["yes", "no"] = Field(
        description="yes: go on and spend. no: the run ends as Refused."
    )
    budget_usd: float = Field(ge=0)
    note: str = Field(default="", description="Why, for those who read it later.")


def ask(climb: Climb, planned: Plan) -> Answer:
    """
    What a person says to the plan; here the run is suspended until they have.

    Raises `NotApproved` where nobody can be asked: a run outside a deployment, or a
    part of another run.
    """
    known = approving.given(climb, planned)
    if known is not None:
        return known
    if runtime.deployment.id is None or runtime.flow_run.parent_flow_run_id:
        approving.refuse_unasked(climb, planned)
    if runtime.flow_run.run_count <= 1:
        _tell(climb, planned)
    said = suspend_flow_run(
        wait_for_input=_form(climb, planned), key="approval", timeout=_DAYS_14
    )
    get_run_logger().info("approve: %s %s", said.approve, said.note)
    return Answer(
        approve=said.approve == "yes", budget_usd=said.budget_usd, note=said.note
    )


def refused(climb: Climb, planned: Plan, answer: Answer) -> State[Any]:
    """How a run ends that a person has refused: no result, nothing spent."""
    text = approving.told_refused(climb, planned, answer)
    return Cancelled(name="Refused", message=text)


def _form(climb: Climb, planned: Plan) -> type[Approval]:
    """The form with the plan above it, and the brief's budget filled in."""
    # Prefect's own way of filling in drops the title, the help and the bound.
    budget = Field(
        default=climb.brief.budget_usd,
        ge=0,
        title="Budget in USD",
        description="Most that may be spent; the brief's, unless you change it.",
    )
    form = create_model("Approval", __base__=Approval, budget_usd=(float, budget))
    return form.with_initial_data(description=approving.question(climb, planned))


def _tell(climb: Climb, planned: Plan) -> None:
    """Somebody may want to hear that it waits, once."""
    emit_event(
        WAITS,
        resource=resource_of(climb.brief.name),
        payload={"text": asking(planned, climb.brief), "usd": planned.usd},
    )
