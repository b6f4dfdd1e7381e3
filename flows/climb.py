"""From examples to a verdict: the main job."""

from __future__ import annotations

from typing import Any

from prefect import State, flow

from flows.tune import trained_or_reason, tune_climb
from suffice.brief import Brief
from suffice.results import Verdict
from suffice.stages import approving, conclusions
from suffice.stages.judging import prompting_attempts, tuned_attempts
from suffice.stages.waiting_stage import Later
from tasks import approval, data, learning, rungs, verdicts, wide
from tasks.handing_over import HOOKS, hand_over
from tasks.runners import task_runner
from tasks.steps import Steps

_RUN: dict[str, Any] = {
    **HOOKS,
    "task_runner": task_runner(),
}


@flow(name="climb", flow_run_name="climb {brief.name}", **_RUN)
def climb(brief: Brief) -> Verdict | State[Verdict]:
    """
    Climb from prompting to fine-tuning and stop where it is provably good enough.

    Run again after any interruption: what was paid for is not paid for again.
    A plan above the brief's auto_approve_usd waits for a person before it spends.
    """
    gate = data.check(brief)
    this = data.open_climb(brief, gate)
    planned = data.plan(this)
    answer = approval.ask(this, planned)
    if not answer.approve:
        return approval.refused(this, planned, answer)
    this = approving.approved(this, planned, answer)

    ladder, steps = [], Steps.begin(this)
    for rung, model in prompting_attempts(brief):
        ladder.append(wide.measure(this, rung, model))
        steps.tell(ladder)
        if conclusions.enough(this, ladder):
            break
    tuning, why_not = verdicts.should_tune(this, ladder), None
    for rung in tuned_attempts(brief):
        if not conclusions.worth_tuning(this, ladder, rung):
            continue
        tuned = trained_or_reason(tune_climb(this, rung, return_state=True))
        if tuned.later:
            return hand_over(brief, tuned.later)
        why_not = tuned.why_not or why_not
        if tuned.trained:
            ladder.append(rungs.measure_tuned(this, rung, tuned.trained))
            steps.tell(ladder)

    learned = learning.curve(this, ladder)
    if isinstance(learned, Later):
        return hand_over(brief, learned)
    verdict = verdicts.decide(this, ladder, tuning, why_not, learned)
    registered = verdicts.register(this, verdict)
    return steps.end(verdicts.publish(this, registered))
