"""
The connections of one event loop to one endpoint: one attempt of one call.

What is refused is a value, not an exception; who tries again is not known here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from suffice.errors import CallFailed
from suffice.measuring.embeddings import read_embeddings
from suffice.measuring.faults import Fault, read_fault
from suffice.measuring.pace import Pace
from suffice.measuring.replies import read_reply
from suffice.measuring.streams import Stream, streamed
from suffice.results import Completion

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

CHAT = "/chat/completions"
EMBEDDINGS = "/embeddings"


class Line:
    """The connections of one event loop, and how hard they may be used."""

    def __init__(self, client: AsyncOpenAI, pace: Pace) -> None:
        """Connections through *client*, at most as fast as *pace* lets them."""
        self.client = client
        self.pace = pace

    async def post(
        self, path: str, sent: bytes, timeout_s: float
    ) -> Completion | Fault:
        """One attempt; a reply that says no is a `Fault`, not an exception."""
        import httpx2

        begun = time.perf_counter()

        async def call() -> Completion:
            reply = await self.client.post(path, cast_to=httpx2.Response, content=sent)
            read = read_embeddings if path == EMBEDDINGS else read_reply
            return read(reply.content, sent=sent, latency_s=time.perf_counter() - begun)

        return await _attempted(call, timeout_s)

    async def stream(self, sent: bytes, timeout_s: float) -> Completion | Fault:
        """The same for a chat, streamed, so that the first token is timed."""
        begun = time.perf_counter()

        async def call() -> Completion:
            body, ttft_s = await self._streamed(sent, begun)
            return read_reply(
                body, sent=sent, latency_s=time.perf_counter() - begun, ttft_s=ttft_s
            )

        return await _attempted(call, timeout_s)

    async def _streamed(self, sent: bytes, begun: float) -> tuple[bytes, float | None]:
        import openai

        reply = await self.client.post(
            CHAT,
            cast_to=object,
            content=streamed(sent),
            stream=True,
            stream_cls=openai.AsyncStream[object],
        )
        try:
            if "event-stream" not in reply.response.headers.get("content-type", ""):
                # An endpoint that cannot stream answers as it can.
                return await reply.response.aread(), None
            come = Stream()
            async for data in reply.response.aiter_bytes():
                come.feed(data, time.perf_counter())
        finally:
            await reply.close()
        first = come.first_at
        return come.body(), None if first is None else first - begun


async def _attempted(
    call: Callable[[], Awaitable[Completion]], timeout_s: float
) -> Completion | Fault:
    import aiohttp
    import httpx2
    import openai

    begun = time.perf_counter()
    try:
        async with asyncio.timeout(timeout_s):
            return await call()
    except openai.APIStatusError as error:
        return _declined(error.response, time.perf_counter() - begun)
    except TimeoutError:
        return Fault(remedy="retry", sentence=f"no answer in {timeout_s:g} s")
    except CallFailed as error:
        return Fault(remedy="retry", sentence=str(error))
    except (
        openai.APIConnectionError,
        aiohttp.ClientError,
        httpx2.TransportError,
        OSError,
    ) as error:
        cause = error.__cause__ or error
        said = f"{type(cause).__name__}: {cause}".rstrip(": ")
        return Fault(remedy="retry", sentence=said)


def _declined(reply: httpx2.Response, latency_s: float) -> Completion | Fault:
    if reply.is_redirect:
        where = reply.headers.get("location", "elsewhere")
        return Fault(
            remedy="give-up",
            sentence=f"HTTP {reply.status_code}: it redirects to {where}, which is "
            "not followed; put the final address in the brief",
        )
    fault = read_fault(reply.status_code, reply.headers, reply.content, now=time.time())
    if fault.remedy != "refused":
        return fault
    return Completion(
        text="",
        model="",
        finish_reason="content_filter",
        input_tokens=0,
        latency_s=latency_s,
    )


def client(
    base_url: str, api_key: str, timeout_s: float, concurrency: int
) -> AsyncOpenAI:
    """A client that neither retries nor follows redirects; costly to make."""
    import httpx2
    from openai import AsyncOpenAI, DefaultAioHttpClient

    # The default of 100 kept connections opens new ones all the time above that.
    limits = httpx2.Limits(
        max_connections=concurrency, max_keepalive_connections=concurrency
    )
    return AsyncOpenAI(
        base_url=base_url,
        api_key=api_key,
        max_retries=0,
        timeout=timeout_s,
        http_client=DefaultAioHttpClient(
            limits=limits,
            timeout=timeout_s,
            follow_redirects=False,
            # Reading the certificates takes 50 ms, which plain HTTP need not spend.
            verify=not base_url.startswith("http://"),
        ),
    )
