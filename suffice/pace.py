"""
The pace of calls to one endpoint: as many in flight as it bears, no more.

One call more for each round that succeeds, half as many when the endpoint says that
it is too much, and nobody moves while it asked to be left alone.  For one event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType

_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 30.0


class Pace:
    """A gate that every call passes; ``async with pace:`` is one call."""

    def __init__(self, most: int) -> None:
        """At most *most* calls at once, and that many to begin with."""
        self._most = most
        self._limit = float(most)
        self._busy = 0
        self._open_at = 0.0
        self._cut_at = 0.0
        self._refusals = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def limit(self) -> int:
        """Calls that may be in flight now."""
        return max(1, int(self._limit))

    @property
    def opens_in_s(self) -> float:
        """Seconds until the endpoint may be called again; 0 when it may be now."""
        return max(0.0, self._open_at - asyncio.get_running_loop().time())

    async def __aenter__(self) -> None:
        """Wait for the gate to open and for a free place."""
        while True:
            if self.opens_in_s > 0:
                await asyncio.sleep(self.opens_in_s)
            elif self._busy < self.limit:
                self._busy += 1
                return
            else:
                await self._place()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the place back."""
        self._busy -= 1
        self._wake()

    def went_well(self) -> None:
        """A call was answered: bear a little more."""
        self._refusals = 0
        if self._limit < self._most:
            self._limit = min(float(self._most), self._limit + 1 / self._limit)
            self._wake()

    def slow_down(self, wait_s: float | None) -> None:
        """
        A call was turned away: halve, and stay away for *wait_s* seconds.

        Calls in flight together are turned away together; that counts as once.
        """
        now = asyncio.get_running_loop().time()
        pause_s = wait_s
        if now >= self._cut_at:
            self._limit = max(1.0, self._limit / 2)
            self._refusals += 1
            if pause_s is None:
                grown = _FIRST_PAUSE_S * 2.0 ** min(self._refusals, 10)
                pause_s = min(_LONGEST_PAUSE_S, grown)
        self._open_at = max(self._open_at, now + (pause_s or 0.0))
        self._cut_at = max(self._cut_at, self._open_at)

    async def _place(self) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._wake()
            raise

    def _wake(self) -> None:
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)
                return
