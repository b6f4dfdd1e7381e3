"""
The blocks of Prefect's through which somebody is told: a webhook, Slack, e-mail.

Prefect has no block for a mail server.  Its block for Slack hands every address that
is not Slack's to Apprise, on which it is built, and Apprise sends e-mail; so that any
Prefect server can do it, without a package or a code of ours.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from uuid import UUID

import httpx
from apprise import Apprise
from apprise.plugins.base import NotifyBase
from apprise.plugins.email.base import NotifyEmail
from apprise.plugins.slack import NotifySlack
from prefect.blocks.abstract import NotificationBlock, NotificationError
from prefect.blocks.core import Block
from prefect.blocks.notifications import SlackWebhook
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient
from prefect.events.actions import CallWebhook, SendNotification
from prefect.exceptions import ObjectNotFound
from pydantic import SecretStr

from suffice.errors import EnvironmentFailed, UnusableInput
from tasks.subjects import OURS

WEBHOOK = "webhook"
_PAYLOAD = (
    '{{ {"event": event.event, "about": event.resource.id, '
    '"at": event.occurred | string, "payload": event.payload} | tojson }}'
)
_SHAPES: dict[str, tuple[type[NotifyBase], str]] = {
    "slack": (NotifySlack, "https://hooks.slack.com/services/T.../B.../..."),
    "email": (
        NotifyEmail,
        "mailtos://USER:PASSWORD@SMTP-HOST?from=ADDRESS&to=ADDRESS,ADDRESS",
    ),
}
_TRIAL = "This is a trial: what suffice has to tell will arrive here."


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A block that exists."""

    reference: str
    """``TYPE/NAME``, such as slack-webhook/suffice."""
    id: UUID

    def telling(self, subject: str, body: str) -> CallWebhook | SendNotification:
        """What an automation does to tell; both are templates of Prefect's."""
        if self.reference.startswith(f"{WEBHOOK}/"):
            return CallWebhook(block_document_id=self.id, payload=_PAYLOAD)
        return SendNotification(block_document_id=self.id, subject=subject, body=body)


async def _tell(block: Block) -> None:
    if isinstance(block, Webhook):
        payload = {"event": "suffice.trial", "payload": {"text": _TRIAL}}
        (await block.call(payload)).raise_for_status()
        return
    assert isinstance(block, NotificationBlock)
    with block.raise_on_failure():
        # In a running event loop it is a coroutine, whatever block it is.
        await block.notify(body=_TRIAL, subject="suffice: a trial")


def _unsent(name: str, log: str) -> EnvironmentFailed:
    """Says why, and not the address: that holds a secret."""
    why = " ".join(log.split())[-300:] or "no reason was given"
    return EnvironmentFailed(f"No message went to {name}: {why}.")


def known(client: SyncPrefectClient, reference: str) -> Channel:
    """The block ``TYPE/NAME``; `UnusableInput` when there is none."""
    kind, _, name = reference.partition("/")
    try:
        found = client.read_block_document_by_name(name, kind, include_secrets=False)
    except ObjectNotFound as error:
        raise _unknown(reference) from error
    return Channel(reference=reference, id=found.id)


def _unknown(reference: str) -> UnusableInput:
    return UnusableInput(
        f"Prefect has no block {reference!r}: make it in its page under Blocks, or "
        "here with --webhook-env, --slack-env or --email-env."
    )


def made(kind: str, variable: str) -> Block:
    """
    A block for the address in an environment variable: webhook, slack or email.

    Raises `UnusableInput` for an address that nothing could be sent to.
    """
    url = os.environ.get(variable, "").strip()
    if not url:
        raise UnusableInput(f"The environment variable {variable!r} is empty.")
    if kind == WEBHOOK:
        headers = {"content-type": "application/json"}
        return Webhook(url=SecretStr(url), headers=headers)
    return SlackWebhook(url=SecretStr(_checked(kind, variable, url)))


def saved(client: SyncPrefectClient, kind: str, block: Block) -> Channel:
    """The *block* that was `made` for that kind, kept by Prefect."""
    name = f"{OURS}-{kind}" if kind == "email" else OURS
    block.save(name, overwrite=True)
    return known(client, f"{block.get_block_type_slug()}/{name}")


def loaded(reference: str) -> Block:
    """The block ``TYPE/NAME`` with its secrets; `UnusableInput` when there is none."""
    try:
        found = Block.load(reference)
    except ValueError as error:
        raise _unknown(reference) from error
    assert isinstance(found, Block)
    return found


def try_out(name: str, block: Block) -> None:
    """
    Send a message through *block* now, from here; nothing is kept.

    Raises `EnvironmentFailed` where it does not go.
    """
    try:
        asyncio.run(_tell(block))
    except NotificationError as error:
        raise _unsent(name, error.log) from error
    except httpx.HTTPError as error:
        raise _unsent(name, type(error).__name__) from error


def _checked(kind: str, variable: str, url: str) -> str:
    """The address; it holds a password or a token, and so is never shown."""
    wanted, shape = _SHAPES[kind]
    if kind == "email" and "format=" not in url:
        # Apprise would send HTML, and texts are none.
        url += ("&" if "?" in url else "?") + "format=text"
    if not isinstance(Apprise.instantiate(url, suppress_exceptions=True), wanted):
        raise UnusableInput(
            f"The environment variable {variable!r} holds no address for {kind}: "
            f"it looks like {shape}."
        )
    return url
