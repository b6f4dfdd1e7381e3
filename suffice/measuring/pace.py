"""
The pace of calls to one endpoint: as fast as it bears, and no faster.

It begins with few calls in flight and adds one for each that succeeds.  When the
endpoint turns calls away, it halves them, waits as long as it was told to, and from
then on keeps them apart: by what the endpoint was seen to bear, creeping up from a
little below.  For one event loop.
"""

from __future__ import annotations

import asyncio

_FIRST_IN_FLIGHT = 16
_FIRST_PAUSE_S = 0.5
_FIRST_RATE = 400.0
"""Calls a second that are assumed at a refusal before anything has been answered."""
_LONGEST_PAUSE_S = 30.0
_SLOWEST = 1 / 60
"""Calls a second, however often they are turned away."""
_BELOW = 0.85
"""Share of the rate that was borne, with which it goes on after a refusal."""
_GROWTH = 0.00015
"""Growth of the rate per success, for each success since the last refusal: slow where
the limit is near, fast where the endpoint bears far more."""


class Pace:
    """A gate that every call passes; ``async with pace:`` is one call."""

    def __init__(self, most: int) -> None:
        """At most *most* calls at once."""
        self._most = most
        self._limit = float(min(most, _FIRST_IN_FLIGHT))
        self._busy = 0
        self._door = asyncio.Lock()
        self._room = asyncio.Event()
        self._open_at = self._next_at = self._cut_at = 0.0
        self._rate = float("inf")
        self._since: float | None = None
        self._n_since = self._n_pauses = 0

    @property
    def limit(self) -> int:
        """Calls that may be in flight now."""
        return max(1, int(self._limit))

    @property
    def opens_in_s(self) -> float:
        """Seconds until the endpoint may be called again; 0 when it may be now."""
        return max(0.0, self._open_at - _now())

    async def __aenter__(self) -> None:
        """Wait for one's turn, for the gate to open and for room, in this order."""
        async with self._door:
            while True:
                wait_s = max(self._open_at, self._next_at) - _now()
                if wait_s > 0:
                    await asyncio.sleep(wait_s)
                elif self._busy < self.limit:
                    break
                else:
                    self._room.clear()
                    await self._room.wait()
            self._busy += 1
            self._next_at = _now() + 1 / self._rate
            if self._since is None:
                self._since = _now()

    async def __aexit__(self, *_: object) -> None:
        """Make room for the next."""
        self._busy -= 1
        self._room.set()

    def went_well(self) -> None:
        """A call was answered: bear a little more."""
        # Those that were asked before a refusal say nothing of what is borne after it.
        self._n_since += self._since is None or _now() >= self._since
        self._n_pauses = 0
        self._rate *= 1 + _GROWTH * min(self._n_since, 200)
        if self._limit < self._most:
            self._limit = min(float(self._most), self._limit + 1)
            self._room.set()

    def slow_down(self, wait_s: float | None) -> None:
        """
        A call was turned away: fewer, further apart, and none for *wait_s* seconds.

        Calls that were in flight together are turned away together; that counts once.
        """
        now = _now()
        if now < self._cut_at:
            self._open_at = max(self._open_at, now + (wait_s or 0.0))
            return
        self._limit = max(1.0, self._limit / 2)
        self._slow(now)
        self._open_at = max(self._open_at, now + self._pause_s(wait_s))
        self._since = self._open_at
        self._cut_at = max(self._open_at, now + 1 / self._rate)

    def _slow(self, now: float) -> None:
        """From now on a little less than was borne since the last refusal."""
        took_s = now - (now if self._since is None else self._since)
        known = self._n_since > 0 and took_s > 0
        most = min(self._rate, _FIRST_RATE)
        borne = self._n_since / took_s if known else most / 2
        self._rate = max(_SLOWEST, min(self._rate, _BELOW * borne))
        self._n_since = 0

    def _pause_s(self, wait_s: float | None) -> float:
        if wait_s is not None:
            return wait_s
        self._n_pauses += 1
        grown = _FIRST_PAUSE_S * 2.0 ** min(self._n_pauses - 1, 10)
        known = 2 / self._rate if self._n_pauses == 1 else grown
        return min(_LONGEST_PAUSE_S, grown, max(known, 0.01))


def _now() -> float:
    return asyncio.get_running_loop().time()
