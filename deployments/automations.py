"""
Automations as code: ``python -m deployments.automations --notify webhook/suffice``.

They tell somebody, through a block of Prefect's (a webhook, Slack, e-mail), when a
verdict flips, a re-check fails or is late, a model in use retires within 30 days, or a
climb waits for approval; and, where asked to, start the climb.  Those that end lost
runs are made always.  Run again, they are brought up to date, never doubled.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from uuid import UUID

from prefect.blocks.notifications import SlackWebhook
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events.actions import CallWebhook, RunDeployment, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.exceptions import ObjectNotFound
from pydantic import SecretStr

from deployments.lost_runs import endings
from suffice.errors import UnusableInput
from tasks.subjects import FLIPPED, OF_FLOW, OURS, RETIRES, RUNS, WAITS

_ENDED_BADLY = ("Failed", "Crashed", "TimedOut", "Late")
_TEXT = "{{ event.payload.text }}"
_RUN = "{{ flow_run.name }} is {{ flow_run.state.name }}: {{ flow_run | ui_url }}"
_PAYLOAD = (
    '{{ {"event": event.event, "about": event.resource.id, '
    '"at": event.occurred | string, "payload": event.payload} | tojson }}'
)


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


def notifying(block: UUID, *, webhook: bool) -> list[AutomationCore]:
    """One automation for each occasion, told through the block with this id."""
    made = []
    for name, (trigger, body) in occasions().items():
        subject = f"suffice: {name}"
        action: CallWebhook | SendNotification
        if webhook:
            action = CallWebhook(block_document_id=block, payload=_PAYLOAD)
        else:
            action = SendNotification(
                block_document_id=block, subject=subject, body=body
            )
        made.append(_automation(subject, trigger, action))
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


def block_of(client: SyncPrefectClient, reference: str) -> UUID:
    """
    Id of the block ``TYPE/NAME``, such as slack-webhook/suffice.

    Raises `UnusableInput` when there is none.
    """
    kind, _, name = reference.partition("/")
    try:
        return client.read_block_document_by_name(name, kind, include_secrets=False).id
    except ObjectNotFound as error:
        raise UnusableInput(
            f"Prefect has no block {reference!r}: make it in its page under Blocks, "
            "or here with --webhook-env or --slack-env."
        ) from error


def save_block(kind: str, variable: str) -> str:
    """The block for the address in an environment variable; its reference."""
    url = os.environ.get(variable)
    if not url:
        raise UnusableInput(f"The environment variable {variable!r} is empty.")
    if kind == "webhook":
        headers = {"content-type": "application/json"}
        block: Webhook | SlackWebhook = Webhook(url=SecretStr(url), headers=headers)
    else:
        block = SlackWebhook(url=SecretStr(url))
    block.save(OURS, overwrite=True)
    return f"{kind}/{OURS}"


def _heard(*events: str, about: str = "*") -> EventTrigger:
    return EventTrigger(
        expect=set(events),
        match={"prefect.resource.id": f"suffice.brief.{about}"},
        for_each={"prefect.resource.id"},
        posture=Posture.Reactive,
        threshold=1,
    )


def _automation(
    name: str,
    trigger: EventTrigger,
    action: CallWebhook | SendNotification | RunDeployment,
) -> AutomationCore:
    return AutomationCore(name=name, tags=[OURS], trigger=trigger, actions=[action])


def main(arguments: Sequence[str] | None = None) -> int:
    """Bring the automations up to date."""
    options = argparse.ArgumentParser(prog="python -m deployments.automations")
    told = options.add_mutually_exclusive_group()
    told.add_argument("--notify", metavar="BLOCK", help="such as slack-webhook/ops")
    told.add_argument("--webhook-env", metavar="VARIABLE", help="holds its address")
    told.add_argument("--slack-env", metavar="VARIABLE", help="holds its address")
    options.add_argument("--start-climb", metavar="BRIEF", action="append", default=[])
    given = options.parse_args(arguments)
    try:
        with get_client(sync_client=True) as client:
            sys.stdout.write("\n".join(apply(client, _wanted(client, given))) + "\n")
    except UnusableInput as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _wanted(
    client: SyncPrefectClient, given: argparse.Namespace
) -> list[AutomationCore]:
    block = given.notify
    if given.webhook_env:
        block = save_block("webhook", given.webhook_env)
    elif given.slack_env:
        block = save_block("slack-webhook", given.slack_env)
    wanted = endings()
    if block:
        is_webhook = block.startswith("webhook/")
        wanted += notifying(block_of(client, block), webhook=is_webhook)
    for brief in given.start_climb:
        try:
            found = client.read_deployment_by_name(f"climb/{brief}")
        except ObjectNotFound as error:
            raise UnusableInput(
                f"There is no deployment climb/{brief}: deploy or serve it first."
            ) from error
        wanted.append(starting(brief, found.id))
    return wanted


if __name__ == "__main__":
    sys.exit(main())
