"""
Receives a provider's webhooks: ``python -m deployments.webhooks [PORT]``.

An accelerator and nothing more: a genuine ``fine_tuning.job.*`` lets the runs that
wait for that job look now.  Without it they look a little later.  It listens on
loopback (put your own proxy with TLS before it), needs ``OPENAI_WEBHOOK_SECRET`` and
the address of the Prefect server in ``PREFECT_API_URL``.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvicorn
from prefect.events import emit_event
from prefect.exceptions import PrefectException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from suffice.errors import EnvironmentFailed, SufficeError
from suffice.tuning.deliveries import Delivery, SeenDeliveries, read_delivery
from tasks.handing_over import wake

PATH = "/webhooks"
PORT = 4203
MOST_BYTES = 64 * 1024
"""Of a body; a webhook about a job has a few hundred."""
MOST_AT_ONCE = 32
_BODY_S = 10.0
_SECRET = "OPENAI_WEBHOOK_SECRET"


@dataclass(kw_only=True)
class Receiver:
    """The ASGI application: verifies, refuses replays, wakes."""

    secret: str
    seen: SeenDeliveries
    wake: Callable[[Delivery], None]
    body_s: float = _BODY_S
    """Seconds in which a body must have come."""
    _at_once: int = field(default=0, init=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        status = await self._status(scope, receive)
        headers = [(b"retry-after", b"5")] if status == 503 else []
        await send(
            {"type": "http.response.start", "status": status, "headers": headers}
        )
        await send({"type": "http.response.body", "body": b""})

    async def _status(self, scope: Scope, receive: Receive) -> int:
        if scope["path"] == "/health":
            return 200
        if scope["path"] != PATH:
            return 404
        if scope["method"] != "POST":
            return 405
        if self._at_once >= MOST_AT_ONCE:
            return 503
        self._at_once += 1
        try:
            return await self._received(scope, receive)
        finally:
            self._at_once -= 1

    async def _received(self, scope: Scope, receive: Receive) -> int:
        headers = {
            k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]
        }
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MOST_BYTES:
            return 413
        try:
            body = await asyncio.wait_for(_body(receive), self.body_s)
        except TimeoutError:
            return 408
        if body is None:
            return 413
        # In a thread: it reads and writes files, and calls the Prefect server.
        return await asyncio.to_thread(self._act, body, headers)

    def _act(self, body: bytes, headers: dict[str, str]) -> int:
        delivery = read_delivery(body, headers, self.secret)
        if delivery is None:
            return 400
        if delivery.job_id is None or not self.seen.claim(delivery.id, time.time()):
            return 200
        try:
            self.wake(delivery)
        except (httpx.HTTPError, PrefectException, OSError):
            self.seen.forget(delivery.id)
            return 503
        return 200


async def _body(receive: Receive) -> bytes | None:
    """The whole body; ``None`` as soon as it is too long."""
    body = bytearray()
    while True:
        message: Message = await receive()
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def wake_runs(delivery: Delivery) -> None:
    """Leave an event in Prefect, and let the runs that wait for the job look now."""
    emit_event(
        f"suffice.{delivery.kind}",
        resource={"prefect.resource.id": f"suffice.job.{delivery.job_id}"},
        payload={"webhook_id": delivery.id},
    )
    wake(str(delivery.job_id))


def app() -> ASGIApp:
    """The receiver as the environment says. Raises `EnvironmentFailed`."""
    secret = os.environ.get(_SECRET)
    if not secret:
        raise EnvironmentFailed(
            f"{_SECRET} is not set: put the signing secret of the webhook endpoint, "
            "as the provider shows it, into the environment."
        )
    folder = Path(os.environ.get("SUFFICE_OUTPUT", ".suffice"))
    return Receiver(
        secret=secret, seen=SeenDeliveries(folder / "webhooks.db"), wake=wake_runs
    )


def main(arguments: list[str]) -> int:
    """Serve on loopback until stopped."""
    port = int(arguments[0]) if arguments else PORT
    try:
        receiver = app()
    except SufficeError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    uvicorn.run(receiver, host="127.0.0.1", port=port, limit_concurrency=256)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
