"""
Automations that end the runs which nobody will end: lost ones, and never begun ones.

Prefect itself shows the run of a process that is gone as running for ever, and a run
whose worker died between taking and starting it as pending for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

from suffice.services.served import FLOWS
from tasks.subjects import OF_FLOW, OURS, RUNS

SILENCE = timedelta(minutes=10)
"""After it a run is lost: it gives a sign of life every 3 minutes."""
BEGINNING = timedelta(minutes=30)
"""After it a run that a worker has taken begins no more: in less an image is pulled and
a machine is added to a cluster."""
_TAKEN = {
    "prefect.flow-run.Pending",
    "prefect.flow-run.Submitting",
    "prefect.flow-run.InfrastructurePending",
}


def endings() -> list[AutomationCore]:
    """Both, for the flows that are deployed."""
    return [ending_lost(), ending_unbegun()]


def ending_lost(
    flows: Sequence[str] = FLOWS, silence: timedelta = SILENCE
) -> AutomationCore:
    """Ends, as crashed, a run of these flows without a sign of life for *silence*."""
    why = (
        f"No sign of life for {_minutes(silence)} minutes: its process or machine is "
        "gone. Start it again, and it goes on."
    )
    name = "suffice: end runs whose process is gone"
    return _ending(name, {"prefect.flow-run.heartbeat"}, flows, silence, why)


def ending_unbegun(
    flows: Sequence[str] = FLOWS, silence: timedelta = BEGINNING
) -> AutomationCore:
    """Ends, as crashed, a run that a worker has taken and that did not begin."""
    why = (
        f"A worker took it and it did not begin within {_minutes(silence)} minutes: "
        "the worker is gone, or its process could not start. Start it again."
    )
    name = "suffice: end runs that do not begin"
    return _ending(name, _TAKEN, flows, silence, why)


def _ending(
    name: str, after: set[str], flows: Sequence[str], silence: timedelta, why: str
) -> AutomationCore:
    trigger = EventTrigger(
        after=after,
        expect={"prefect.flow-run.*"},
        match=RUNS,
        match_related={**OF_FLOW, "prefect.resource.name": list(flows)},
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=silence,
    )
    action = ChangeFlowRunState(state=StateType.CRASHED, message=why)
    return AutomationCore(name=name, tags=[OURS], trigger=trigger, actions=[action])


def _minutes(silence: timedelta) -> str:
    return f"{silence.total_seconds() / 60:g}"
