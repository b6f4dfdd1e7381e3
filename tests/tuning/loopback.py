"""
A small HTTP server on loopback that can also fail to answer.

One event loop on a thread of its own takes requests in the order in which they come:
when a `ping` has been answered, whatever was sent before it has taken effect.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs, urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
_PING = b"GET /ping HTTP/1.1\r\ncontent-length: 0\r\n\r\n"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request, whole."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What is answered, and how it ends."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    ending: Literal["whole", "cut", "drop", "reset", "hang"] = "whole"
    """``drop`` closes, ``reset`` breaks off, ``hang`` says nothing for ever."""


Answer = Callable[[Asked], Awaitable[Reply]]


class Listening:
    """What listens on a loopback port as soon as it is made, on a thread of its own."""

    def __init__(self, made: Callable[[], asyncio.Protocol]) -> None:
        self._made = made
        self.loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self.open: set[asyncio.Transport] = set()
        self.port = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(
            self.loop.create_server(self._made, "127.0.0.1", 0, backlog=512)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self.loop.run_forever()
        server.close()
        for transport in list(self.open):
            transport.abort()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        # What was closed is gone only after another round.
        self.loop.run_until_complete(asyncio.sleep(0.01))


class Loopback(Listening):
    """The server."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(lambda: Connection(answer, self.open))

    def ping(self) -> None:
        ping(self.port)


def ping(port: int) -> None:
    """Return when all that was sent to the server before this has taken effect."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(_PING)
        line.recv(100)


def reset(transport: asyncio.Transport) -> None:
    """Break a connection off, as a firewall would."""
    line = transport.get_extra_info("socket")
    if line is not None and line.fileno() >= 0:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class Connection(asyncio.Protocol):
    """One connection to a server that answers."""

    def __init__(self, answer: Answer, connections: set[asyncio.Transport]) -> None:
        self._answer = answer
        self._connections = connections
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(transport)
        # Or each answer waits 40 ms.
        line = transport.get_extra_info("socket")
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, _: Exception | None) -> None:
        self._connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while (end := self._waiting.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._waiting, 0, end + 2)
            stop = end + 4 + (int(length[1]) if length else 0)
            if len(self._waiting) < stop:
                return
            head, body = self._waiting[:end], self._waiting[end + 4 : stop]
            self._waiting = self._waiting[stop:]
            method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            if target == "/ping":
                self._send(Reply())
                continue
            parts = urlsplit(target)
            asked = Asked(
                method=method,
                path=parts.path.removeprefix("/v1"),
                query=parse_qs(parts.query),
                body=body,
            )
            self._task = asyncio.ensure_future(self._play(asked))

    async def _play(self, asked: Asked) -> None:
        reply = await self._answer(asked)
        if self._transport.is_closing() or reply.ending == "hang":
            return
        if reply.ending == "drop":
            self._transport.close()
        elif reply.ending == "reset":
            reset(self._transport)
        else:
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        headers = {"content-type": "application/json", **reply.headers}
        told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 {reply.status} OK\r\n{told}"
        head += f"content-length: {len(reply.body)}\r\n\r\n"
        sent = reply.body if reply.ending == "whole" else reply.body[:20]
        self._transport.write(head.encode() + sent)
        if reply.ending == "cut":
            self._transport.close()
