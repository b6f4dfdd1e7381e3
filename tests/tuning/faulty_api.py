"""An imitated API that fails on demand: one fault per request, from a list."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from loopback import Asked, Loopback, Reply

_UNREAD = "File 'file-1' is still being processed and is not ready to be used."


class FaultyApi(ABC):
    """A provider: what it was asked, and the faults it will play."""

    def __init__(self) -> None:
        self.faults: dict[str, list[str]] = {}
        """Route, such as ``POST jobs``, to the faults of its next requests."""
        self.requests: list[str] = []
        self.bodies: list[Any] = []
        """What was sent as JSON, in the order of the requests that did."""
        self.slow_create_s = 0.0
        self.lock = threading.Lock()
        self.server = Loopback(self._play)
        self.url = self.server.url

    def close(self) -> None:
        self.server.close()

    def n_sent(self, route: str) -> int:
        return self.requests.count(route)

    @abstractmethod
    def answer(
        self, method: str, path: str, query: Mapping[str, Any], body: bytes
    ) -> tuple[int, Any]:
        """The status and body of an undisturbed request; text is sent as text."""

    @abstractmethod
    def route(self, path: str) -> str:
        """What faults and tests call the requests to *path*."""

    def error(self, message: str, code: str = "") -> dict[str, Any]:
        """A refusal in this API's words."""
        return {"error": {"message": message, "code": code, "type": "", "param": None}}

    async def _play(self, asked: Asked) -> Reply:
        route = f"{asked.method} {self.route(asked.path)}"
        self.requests.append(route)
        if asked.body[:1] == b"{":
            self.bodies.append(json.loads(asked.body))
        waiting = self.faults.get(route)
        fault = waiting.pop(0) if waiting else "ok"
        if fault.startswith("before-"):
            status = int(fault.removeprefix("before-"))
            headers = {"retry-after": "1"} if status == 429 else {}
            return _reply(status, self.error("busy"), **headers)
        if fault == "redirect":
            return _reply(307, self.error("moved"), location="http://127.0.0.1:1/")
        if fault.startswith("refuse-"):
            _, status, code = fault.split("-", 2)
            why = _UNREAD if code == "file_not_ready" else "not here"
            return _reply(int(status), self.error(why, code))
        if route == "POST jobs" and self.slow_create_s:
            await asyncio.sleep(self.slow_create_s)
        status, answer = self.answer(asked.method, asked.path, asked.query, asked.body)
        return self._spoilt(fault, status, answer)

    def _spoilt(self, fault: str, status: int, answer: Any) -> Reply:
        """The answer of a request that has taken effect, and what becomes of it."""
        if isinstance(answer, str):
            headers = {"content-type": "text/plain"}
            return Reply(status=status, body=answer.encode(), headers=headers)
        body = json.dumps(answer).encode()
        if fault in ("drop", "reset", "hang"):
            return Reply(ending=fault)  # type: ignore[arg-type]
        if fault == "cut":
            return Reply(body=body, ending="cut")
        if fault.startswith("after-"):
            return _reply(int(fault.removeprefix("after-")), self.error("oops"))
        return Reply(status=status, body=body)


def _reply(status: int, answer: Any, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, body=json.dumps(answer).encode(), headers=named)


def file_part(body: bytes) -> tuple[str, bytes]:
    """Name and content of the file in a multipart body."""
    name = re.search(rb'filename="([^"]+)"', body)
    start = body.index(b"\r\n\r\n", body.index(b"filename=")) + 4
    content = body[start : body.index(b"\r\n--", start)]
    return name[1].decode() if name else "", content
