"""When the server was last used, so that it can leave when nobody needs it."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send


class Activity:
    """Counts the requests in work and remembers when the last one ended."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._in_work = 0
        self._last = clock()

    def begin(self) -> None:
        """A request came."""
        self._in_work += 1

    def end(self) -> None:
        """A request was answered."""
        self._in_work -= 1
        self._last = self._clock()

    def touch(self) -> None:
        """Something else than a request shows that the server is needed."""
        self._last = self._clock()

    @property
    def idle_s(self) -> float:
        """Seconds since the last request ended; 0 while one is in work."""
        return 0.0 if self._in_work else self._clock() - self._last


class ActivityMiddleware:
    """Reports every request to an `Activity`, except looks at the health."""

    def __init__(self, app: ASGIApp, activity: Activity) -> None:
        self._app = app
        self._activity = activity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or scope["path"] == "/healthz":
            return await self._app(scope, receive, send)
        self._activity.begin()
        try:
            await self._app(scope, receive, send)
        finally:
            self._activity.end()
