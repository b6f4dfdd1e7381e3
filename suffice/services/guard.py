"""
A guard before a server: only its own pages may use it from a browser.

A server on loopback is reached by every web page that is open on the same machine: by
requests to 127.0.0.1, or under a name of the page's own that resolves to it.  The
guard refuses requests for foreign host names and from foreign origins; programs send
no origin and pass.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NO_FRAMES = (
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"frame-ancestors 'none'"),
)


class Guard:
    """An ASGI application that passes on what it lets through."""

    def __init__(
        self, app: App, *, hosts: Iterable[str] = (), origins: Iterable[str] = ()
    ) -> None:
        """*hosts* and *origins* are allowed beside loopback and the host's own."""
        self._app = app
        self._hosts = frozenset([*LOOPBACK, *hosts])
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        why = self.refusal(_headers(scope))
        if why is not None:
            await _refuse(scope, receive, send, why)
            return
        await self._app(scope, receive, _unframed(send))

    def refusal(self, headers: Mapping[str, str]) -> str | None:
        """
        Why a request with these headers is refused; ``None`` lets it through.

        >>> guard = Guard(None, hosts=["prefect.example"])
        >>> guard.refusal({"host": "127.0.0.1:4200"})
        >>> guard.refusal({"host": "evil.example"})
        "The host 'evil.example' is not served here."
        >>> guard.refusal({"host": "localhost:4200", "origin": "http://localhost:80"})
        "The origin 'http://localhost:80' is not allowed here."
        """
        host = headers.get("host", "")
        if _name(host) not in self._hosts:
            return f"The host {host!r} is not served here."
        origin = headers.get("origin")
        own = origin is None or origin in self._origins
        if not own and urlsplit(origin or "").netloc != host:
            return f"The origin {origin!r} is not allowed here."
        site = headers.get("sec-fetch-site", "none")
        elsewhere = origin is None and site in ("cross-site", "same-site")
        if elsewhere and headers.get("sec-fetch-mode") != "navigate":
            return "Pages of another origin are not allowed here."
        return None


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _headers(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        # Two hosts or two origins are no browser's: together they match nothing.
        found[key] = f"{found[key]},{text}" if key in found else text
    return found


async def _refuse(scope: Scope, receive: Receive, send: Send, why: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": why})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": why.encode()})


def _unframed(send: Send) -> Send:
    """No other page may show this one in a frame and have its buttons clicked."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_NO_FRAMES]
        await send(message)

    return sent
