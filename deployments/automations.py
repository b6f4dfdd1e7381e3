"""
Automations as code: ``python -m deployments.automations --notify webhook/suffice``.

They tell somebody, through blocks of Prefect's (a webhook, Slack, e-mail), when a
verdict flips, a re-check fails or is late, a model in use retires within 30 days, or a
climb waits for approval; and, where asked to, start the climb.  Those that end lost
runs are made always.  Run again, they are brought up to date, never doubled.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from prefect.blocks.core import Block
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events.actions import CallWebhook, RunDeployment, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.exceptions import ObjectNotFound

from deployments import messages
from deployments.lost_runs import endings
from suffice.app import exits
from suffice.errors import SufficeError, UnusableInput
from tasks.subjects import FLIPPED, OF_FLOW, OURS, RETIRES, RUNS, WAITS

KINDS = ("webhook", "slack", "email")
"""What a block can be made for here, from an environment variable."""
Action = CallWebhook | SendNotification | RunDeployment
_ENDED_BADLY = ("Failed", "Crashed", "TimedOut", "Late")
_TEXT = "{{ event.payload.text }}"
_RUN = "{{ flow_run.name }} is {{ flow_run.state.name }}: {{ flow_run | ui_url }}"


def occasions() -> dict[str, tuple[EventTrigger, str]]:
    """What is told, by name: when, and in which words."""
    badly = EventTrigger(
        expect={f"prefect.flow-run.{state}" for state in _ENDED_BADLY},
        match=RUNS,
        match_related={**OF_FLOW, "prefect.resource.name": "recheck"},
        for_each={"prefect.resource.id"},
        posture=Posture.Reactive,
        threshold=1,
    )
    return {
        "a verdict has flipped": (_heard(FLIPPED), _TEXT),
        "a re-check failed or is late": (badly, _RUN),
        "a model in use retires": (_heard(RETIRES), _TEXT),
        "a climb waits for approval": (_heard(WAITS), _TEXT),
    }


def notifying(channels: Sequence[messages.Channel]) -> list[AutomationCore]:
    """One automation for each occasion, told through all of the channels."""
    made = []
    for name, (trigger, body) in occasions().items():
        subject = f"suffice: {name}"
        told = [channel.telling(subject, body) for channel in channels]
        made.append(_automation(subject, trigger, *told))
    return made


def starting(brief: str, deployment: UUID) -> AutomationCore:
    """Starts the deployed climb of *brief* when its verdict flips or model retires."""
    return _automation(
        f"suffice: climb {brief} again",
        _heard(FLIPPED, RETIRES, about=brief),
        RunDeployment(deployment_id=deployment),
    )


def apply(client: SyncPrefectClient, wanted: Sequence[AutomationCore]) -> list[str]:
    """Create what is missing and update what is there; says what was done."""
    done = []
    for automation in wanted:
        known = client.read_automations_by_name(automation.name)
        for one in known:
            client.update_automation(one.id, automation)
        if not known:
            client.create_automation(automation)
        done.append(f"{'updated' if known else 'created'}: {automation.name}")
    return done


def _heard(*events: str, about: str = "*") -> EventTrigger:
    return EventTrigger(
        expect=set(events),
        match={"prefect.resource.id": f"suffice.brief.{about}"},
        for_each={"prefect.resource.id"},
        posture=Posture.Reactive,
        threshold=1,
    )


def _automation(name: str, trigger: EventTrigger, *actions: Action) -> AutomationCore:
    return AutomationCore(
        name=name, tags=[OURS], trigger=trigger, actions=list(actions)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Bring the automations up to date, or try who would be told."""
    given = _options().parse_args(arguments)
    try:
        made = {
            kind: messages.made(kind, variable)
            for kind in KINDS
            if (variable := getattr(given, f"{kind}_env"))
        }
        said = _tried(made, given) if given.trial else _applied(made, given)
    except SufficeError as error:
        sys.stderr.write(f"{error}\n")
        return exits.code_of(error)
    sys.stdout.write("\n".join(said) + "\n")
    return 0


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m deployments.automations")
    several: dict[str, Any] = {"action": "append", "default": []}
    options.add_argument(
        "--notify", metavar="BLOCK", help="such as sendgrid-email/ops", **several
    )
    for kind in KINDS:
        options.add_argument(
            f"--{kind}-env", metavar="VARIABLE", help="holds its address"
        )
    options.add_argument(
        "--try", dest="trial", action="store_true", help="only send a message"
    )
    options.add_argument("--start-climb", metavar="BRIEF", **several)
    return options


def _tried(made: Mapping[str, Block], given: argparse.Namespace) -> list[str]:
    blocks = {**made, **{name: messages.loaded(name) for name in given.notify}}
    if not blocks:
        raise UnusableInput("--try needs whom to tell: name a block or a variable.")
    for name, block in blocks.items():
        messages.try_out(name, block)
    return [f"sent a message: {name}" for name in blocks]


def _applied(made: Mapping[str, Block], given: argparse.Namespace) -> list[str]:
    with get_client(sync_client=True) as client:
        channels = [messages.known(client, name) for name in given.notify]
        channels += [messages.saved(client, *one) for one in made.items()]
        wanted = [*endings(), *(notifying(channels) if channels else ())]
        wanted += [_starting(client, brief) for brief in given.start_climb]
        return apply(client, wanted)


def _starting(client: SyncPrefectClient, brief: str) -> AutomationCore:
    try:
        found = client.read_deployment_by_name(f"climb/{brief}")
    except ObjectNotFound as error:
        raise UnusableInput(
            f"There is no deployment climb/{brief}: deploy or serve it first."
        ) from error
    return starting(brief, found.id)


if __name__ == "__main__":
    sys.exit(main())
