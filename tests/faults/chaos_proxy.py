"""
A proxy on loopback that does to a request what networks do.

The eight kinds of Toxiproxy, for the requests of one route, in one direction.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from loopback import Listening, reset

Kind = Literal[
    "latency",
    "down",
    "bandwidth",
    "slow_close",
    "timeout",
    "reset_peer",
    "slicer",
    "limit_data",
]
Toward = Literal["provider", "client"]
_REQUEST = re.compile(rb"(?:GET|POST|PUT|DELETE) /")
_PIECES_S = 0.01
"""Seconds between two pieces of what is sent slowly."""
_CHUNK = 65536


@dataclass(frozen=True, kw_only=True)
class Toxic:
    """What happens, to the request or to its answer."""

    kind: Kind
    toward: Toward
    amount: float
    """
    Seconds of latency, until a slow close or a timeout (0: for ever), or until the
    reset; bytes a second of bandwidth; bytes of a slice, or up to the limit.
    """

    def __str__(self) -> str:
        return f"{self.kind} {self.amount:g} toward the {self.toward}"


@dataclass(kw_only=True)
class _Line:
    """One connection through the proxy."""

    client: asyncio.StreamWriter
    provider: asyncio.StreamWriter
    toxic: Toxic | None = None
    n_sent: int = 0
    """Bytes let through since the toxic has been on."""

    def cut(self) -> None:
        self.client.close()
        self.provider.close()


class ChaosProxy(Listening):
    """Stands before the server at a port."""

    def __init__(self, port: int) -> None:
        self._provider_port = port
        self.clear()
        super().__init__(self._protocol)

    def clear(self) -> None:
        """Let everything through."""
        self.toxic: Toxic | None = None
        self.route: re.Pattern[bytes] = _REQUEST
        self.left = 0
        """Requests of the route that are still to meet the toxic."""
        self._refused = 0
        self._pending = 0

    def spoil(self, toxic: Toxic, route: re.Pattern[bytes], times: int) -> None:
        self.toxic, self.route, self.left = toxic, route, times

    def settle(self) -> None:
        """Return when nothing is on its way to the provider any more."""
        asyncio.run_coroutine_threadsafe(self._settled(), self.loop).result()

    async def _settled(self) -> None:
        # What has come in before this is read before the last of these.
        for _ in range(10):
            await asyncio.sleep(0)
        while self._pending:
            await asyncio.sleep(_PIECES_S)

    def _protocol(self) -> asyncio.Protocol:
        reader = asyncio.StreamReader(loop=self.loop)
        return asyncio.StreamReaderProtocol(reader, self._serve, loop=self.loop)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self._refused:
            self._refused -= 1
            reset(writer.transport)
            return
        back, provider = await asyncio.open_connection("127.0.0.1", self._provider_port)
        line = _Line(client=writer, provider=provider)
        # Cancelled when the proxy is closed, of which the streams would complain.
        with suppress(asyncio.CancelledError):
            await asyncio.gather(
                self._pump(line, reader, "provider"), self._pump(line, back, "client")
            )
        line.cut()

    async def _pump(
        self, line: _Line, source: asyncio.StreamReader, toward: Toward
    ) -> None:
        target = line.provider if toward == "provider" else line.client
        try:
            while data := await source.read(_CHUNK):
                if toward == "provider" and _REQUEST.match(data):
                    line.toxic = self._met(data)
                toxic = line.toxic
                if toxic is None or toxic.toward != toward:
                    target.write(data)
                else:
                    with self._underway():
                        await self._spoilt(line, target, data, toxic)
        except ConnectionError:
            pass
        target.close()

    def _met(self, data: bytes) -> Toxic | None:
        if not self.left or not self.route.match(data):
            return None
        self.left -= 1
        return self.toxic

    @contextmanager
    def _underway(self) -> Iterator[None]:
        self._pending += 1
        try:
            yield
        finally:
            self._pending = max(0, self._pending - 1)

    async def _spoilt(
        self, line: _Line, target: asyncio.StreamWriter, data: bytes, toxic: Toxic
    ) -> None:
        amount = toxic.amount
        if toxic.kind == "latency":
            await asyncio.sleep(amount)
            await _in_pieces(target, data, len(data))
        elif toxic.kind == "bandwidth":
            await _in_pieces(target, data, max(1, round(amount * _PIECES_S)))
        elif toxic.kind == "slicer":
            await _in_pieces(target, data, int(amount))
        elif toxic.kind == "slow_close":
            target.write(data)
            self.loop.call_later(amount, line.cut)
        elif toxic.kind == "limit_data":
            let = max(0, int(amount) - line.n_sent)
            line.n_sent += len(data)
            target.write(data[:let])
            if line.n_sent > amount:
                line.cut()
        else:
            await self._broken(line, toxic)

    async def _broken(self, line: _Line, toxic: Toxic) -> None:
        """Nothing of it gets through."""
        if toxic.kind == "timeout":
            if toxic.amount:
                self.loop.call_later(toxic.amount, line.cut)
            return
        if toxic.kind == "down":
            self._refused += 1
            line.cut()
            return
        await asyncio.sleep(toxic.amount)
        reset(line.client.transport)
        reset(line.provider.transport)


async def _in_pieces(target: asyncio.StreamWriter, data: bytes, size: int) -> None:
    for start in range(0, len(data), size):
        if target.is_closing():
            return
        target.write(data[start : start + size])
        await asyncio.sleep(_PIECES_S)
