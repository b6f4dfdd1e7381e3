"""
The connections of one event loop to one endpoint: one attempt of one call.

The openai client says where the endpoint is and what it wants to be told (address,
key, organisation, its own headers); the bytes go over aiohttp, which spares nine
tenths of what building a request object for each call costs.  What is refused is a
value, not an exception; who tries again is not known here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from suffice.errors import CallFailed
from suffice.measuring.embeddings import read_embeddings
from suffice.measuring.faults import Fault, read_fault
from suffice.measuring.pace import Pace
from suffice.measuring.replies import read_reply
from suffice.measuring.streams import Stream, streamed
from suffice.results import Completion

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession
    from openai import AsyncOpenAI

CHAT = "/chat/completions"
EMBEDDINGS = "/embeddings"

_Call = Callable[["ClientResponse"], Awaitable[Completion]]


class Line:
    """The connections of one event loop, and how hard they may be used."""

    def __init__(self, client: AsyncOpenAI, most: int, pace: Pace) -> None:
        """At most *most* connections to where *client* calls, used at its *pace*."""
        self.pace = pace
        self._client = client
        self._session = _session(str(client.base_url), most)
        self._url = str(client.base_url).rstrip("/")
        told = {**client.default_headers, **client.auth_headers}
        self._headers = {k: v for k, v in told.items() if isinstance(v, str)}

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()
        await self._client.close()

    async def post(
        self, path: str, sent: bytes, timeout_s: float
    ) -> Completion | Fault:
        """One attempt; a reply that says no is a `Fault`, not an exception."""
        read = read_embeddings if path == EMBEDDINGS else read_reply
        begun = time.perf_counter()

        async def whole(reply: ClientResponse) -> Completion:
            body = await reply.read()
            return read(body, sent=sent, latency_s=time.perf_counter() - begun)

        return await self._attempt(path, sent, timeout_s, whole)

    async def stream(self, sent: bytes, timeout_s: float) -> Completion | Fault:
        """The same for a chat, streamed, so that the first token is timed."""
        begun = time.perf_counter()

        async def parts(reply: ClientResponse) -> Completion:
            come = Stream()
            if reply.content_type == "text/event-stream":
                async for data in reply.content.iter_any():
                    come.feed(data, time.perf_counter())
                body = come.body()
            else:
                # An endpoint that cannot stream answers as it can.
                body = await reply.read()
            first = come.first_at
            return read_reply(
                body,
                sent=sent,
                latency_s=time.perf_counter() - begun,
                ttft_s=None if first is None else first - begun,
            )

        return await self._attempt(CHAT, streamed(sent), timeout_s, parts)

    async def _attempt(
        self, path: str, sent: bytes, timeout_s: float, read: _Call
    ) -> Completion | Fault:
        import aiohttp

        begun = time.perf_counter()
        try:
            async with (
                asyncio.timeout(timeout_s),
                self._session.post(
                    self._url + path,
                    data=sent,
                    headers=self._headers,
                    allow_redirects=False,
                ) as reply,
            ):
                if reply.status == 200:
                    return await read(reply)
                body = await reply.read()
        except TimeoutError:
            return Fault(remedy="retry", sentence=f"no answer in {timeout_s:g} s")
        except CallFailed as error:
            return Fault(remedy="retry", sentence=str(error))
        except (aiohttp.ClientError, OSError) as error:
            said = f"{type(error).__name__}: {error}".rstrip(": ")
            return Fault(remedy="retry", sentence=said)
        took_s = time.perf_counter() - begun
        return _declined(reply.status, reply.headers, body, took_s)


def _declined(
    status: int, headers: Mapping[str, str], body: bytes, latency_s: float
) -> Completion | Fault:
    if 300 <= status < 400:
        where = headers.get("location", "elsewhere")
        return Fault(
            remedy="give-up",
            sentence=f"HTTP {status}: it redirects to {where}, which is "
            "not followed; put the final address in the brief",
        )
    fault = read_fault(status, headers, body, now=time.time())
    if fault.remedy != "refused":
        return fault
    return Completion(
        text="",
        model="",
        finish_reason="content_filter",
        input_tokens=0,
        latency_s=latency_s,
    )


def _session(url: str, most: int) -> ClientSession:
    import aiohttp
    import httpx2

    trusted = httpx2.create_ssl_context() if url.startswith("https://") else True
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=most, ssl=trusted),
        # Each attempt has a time limit of its own.
        timeout=aiohttp.ClientTimeout(total=None),
        # Left to aiohttp, the environment is read by another thread for each call.
        proxy=_proxy(url),
    )


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for *url* (HTTPS_PROXY, NO_PROXY)."""
    parts = urlsplit(url)
    if proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    return getproxies().get(parts.scheme)


def client(base_url: str, api_key: str) -> AsyncOpenAI:
    """What knows the endpoint's address and headers; it makes no call itself."""
    from openai import AsyncOpenAI, DefaultAioHttpClient

    return AsyncOpenAI(
        base_url=base_url,
        api_key=api_key,
        max_retries=0,
        # Reading the certificates takes 50 ms, which plain HTTP need not spend.
        http_client=DefaultAioHttpClient(verify=not base_url.startswith("http://")),
    )
