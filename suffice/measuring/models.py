"""
Models that answer: any endpoint that speaks the OpenAI chat API.

One client, one layer of retries (ours), no redirects.  It stores nothing and counts
no money: see `suffice.measuring.calls`.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from suffice.errors import CallFailed, NoAnswer, SpendingStopped
from suffice.measuring.faults import Fault
from suffice.measuring.lines import CHAT, EMBEDDINGS, Line, client
from suffice.measuring.pace import Pace
from suffice.measuring.replies import write_request
from suffice.results import Completion

_ATTEMPTS = 5
_LONGEST_WAIT_S = 20.0


class Model(Protocol):
    """Anything that completes a chat."""

    async def complete(self, request: Mapping[str, Any]) -> Completion:
        """
        Answer the body of one chat completion request.

        Raises `CallFailed` when it stays unanswered, and `SpendingStopped` when the
        provider will answer no further call.
        """
        ...


class OpenAIModel:
    """
    The models of one endpoint.

    ``async with`` it, so that its connections are closed; each event loop gets
    connections of its own.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        timeout_s: float = 120.0,
        concurrency: int = 16,
        *,
        deadline_s: float = 600.0,
        first_wait_s: float = 0.5,
        measure_ttft: bool = False,
    ) -> None:
        """
        Calls that take *timeout_s* seconds are lost and tried again.

        At most *concurrency* are in flight, and *deadline_s* seconds after its first
        fault, a call that still has no answer has failed.  Before it is tried
        again it waits up to *first_wait_s* seconds, then up to twice that, and so on.
        To *measure_ttft*, answers are streamed.
        """
        self._base_url = base_url
        self._api_key = api_key
        self._timeout_s = timeout_s
        self._concurrency = concurrency
        self._deadline_s = deadline_s
        self._first_wait_s = first_wait_s
        self._measure_ttft = measure_ttft
        self._lines: WeakKeyDictionary[asyncio.AbstractEventLoop, Line] = (
            WeakKeyDictionary()
        )

    def __repr__(self) -> str:
        """Its address; never its key."""
        return f"OpenAIModel({self._base_url!r})"

    async def __aenter__(self) -> OpenAIModel:
        """Open connections for the running event loop."""
        self._line()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections of the running event loop."""
        line = self._lines.pop(asyncio.get_running_loop(), None)
        if line is not None:
            await line.close()

    async def complete(self, request: Mapping[str, Any]) -> Completion:
        """Answer *request*, trying again where that may help."""
        return await self._answer(CHAT, request)

    async def embed(self, model: str, texts: Sequence[str]) -> Completion:
        """Vectors of *texts*, as the text that `read_embeddings` describes."""
        asked = {"model": model, "input": list(texts), "encoding_format": "base64"}
        return await self._answer(EMBEDDINGS, asked)

    async def _answer(self, path: str, request: Mapping[str, Any]) -> Completion:
        line = self._line()
        sent = write_request(request)
        n_tried, give_up_at = 0, float("inf")
        while True:
            got = await self._attempt(line, path, sent)
            if isinstance(got, Completion):
                return got
            n_tried += 1
            if n_tried == 1:
                give_up_at = time.monotonic() + self._deadline_s
            wait_s = _wait_s(got, self._first_wait_s * 2.0 ** (n_tried - 1))
            self._give_up_if_hopeless(got, n_tried, wait_s, give_up_at)
            await asyncio.sleep(wait_s)

    def _give_up_if_hopeless(
        self, fault: Fault, n_tried: int, wait_s: float, give_up_at: float
    ) -> None:
        if fault.remedy == "stop-spending":
            raise SpendingStopped(
                f"{self._base_url} takes no further calls ({fault.sentence}); "
                "check the key, its rights and the balance, then run again"
            )
        times = f"{n_tried} attempt{'s' if n_tried > 1 else ''}"
        told = f"{self._base_url} did not answer after {times}: {fault.sentence}"
        if fault.remedy == "give-up":
            raise CallFailed(told)
        if fault.remedy == "retry" and n_tried >= _ATTEMPTS:
            raise NoAnswer(told)
        if time.monotonic() + wait_s >= give_up_at:
            raise NoAnswer(
                f"{self._base_url} did not answer within {self._deadline_s:g} s "
                f"({times}): {fault.sentence}"
            )

    async def _attempt(self, line: Line, path: str, sent: bytes) -> Completion | Fault:
        if line.pace.opens_in_s > self._deadline_s:
            asked = f"it asked to be left alone for {line.pace.opens_in_s:.0f} s"
            return Fault(remedy="give-up", sentence=asked)
        async with line.pace.turn() as ticket:
            if self._measure_ttft and path == CHAT:
                got = await line.stream(sent, self._timeout_s)
            else:
                got = await line.post(path, sent, self._timeout_s)
        if isinstance(got, Completion):
            line.pace.went_well(ticket)
        elif got.remedy == "slow-down":
            line.pace.slow_down(ticket, got.wait_s)
        return got

    def _line(self) -> Line:
        loop = asyncio.get_running_loop()
        line = self._lines.get(loop)
        if line is None:
            line = Line(
                client(self._base_url, self._api_key),
                self._concurrency,
                Pace(self._concurrency),
            )
            self._lines[loop] = line
        return line


def _wait_s(fault: Fault, most_s: float) -> float:
    """Full jitter, so that calls that failed together do not return together."""
    if fault.remedy == "slow-down":
        return fault.wait_s or 0.0
    return (fault.wait_s or 0.0) + random.uniform(0, min(_LONGEST_WAIT_S, most_s))
