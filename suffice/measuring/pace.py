"""
The pace of calls to one endpoint: as fast as it bears, and no faster.

It begins with few calls in flight and adds one for each that succeeds.  When the
endpoint turns a call away, it halves them, waits a little, and from then on keeps them
apart: by what the endpoint was seen to bear, from a little below, back to it, and
beyond only slowly.  For one event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

_FIRST_IN_FLIGHT = 16
_FIRST_PAUSE_S = 0.5
_FIRST_RATE = 400.0
"""Calls a second that are assumed at a refusal before anything has been answered."""
_LONGEST_PAUSE_S = 30.0
_SLOWEST = 1 / 60
"""Calls a second, however often they are turned away."""
_ROUNDED_S = 1.0
"""``Retry-After`` counts whole seconds: who says 1 may mean a hundredth of it."""
_BELOW = 0.85
"""Share of the rate that was borne, with which it goes on after a refusal."""
_BACK = 8, 150
"""Successes after which it is back at the rate that was borne: as many as taught it,
within these.  Beyond, the rate doubles with each as many."""
_REMEMBERED = 1000
"""Calls since the last refusal whose moments are kept."""


@dataclass(frozen=True)
class Ticket:
    """One call that passed the gate."""

    at: float
    """When, in the event loop's time."""
    nth: int
    """Calls that passed before it since the last refusal."""


class Pace:
    """A gate that every call passes; ``async with pace.turn() as ticket:`` is one."""

    def __init__(self, most: int) -> None:
        """At most *most* calls at once."""
        self._most = most
        self._limit = float(min(most, _FIRST_IN_FLIGHT))
        self._busy = 0
        self._door = asyncio.Lock()
        self._room = asyncio.Event()
        self._open_at = self._next_at = 0.0
        self._slowed_at = float("-inf")
        self._rate = self._borne = float("inf")
        self._since: float | None = None
        """When the endpoint had nothing left, or the first call after a long pause."""
        self._at_once: int | None = None
        """Calls that were borne before the first refusal, at most so many at once."""
        self._sent: deque[float] = deque(maxlen=_REMEMBERED)
        self._n_sent = self._n_well = self._n_pauses = self._n_known = 0

    @property
    def limit(self) -> int:
        """Calls that may be in flight now."""
        return max(1, int(self._limit))

    @property
    def opens_in_s(self) -> float:
        """Seconds until the endpoint may be called again; 0 when it may be now."""
        return max(0.0, self._open_at - _now())

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Ticket]:
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
            ticket = self._passed()
        try:
            yield ticket
        finally:
            self._busy -= 1
            self._room.set()

    def _passed(self) -> Ticket:
        now = _now()
        self._next_at = now + 1 / self._rate
        if self._since is None:
            self._since = now
        self._n_sent += 1
        self._sent.append(now)
        return Ticket(now, self._n_sent - 1)

    def went_well(self, ticket: Ticket) -> None:
        """A call was answered: bear a little more."""
        self._n_pauses = 0
        # Those that were asked before a refusal say nothing of what is borne after it.
        if ticket.at > self._slowed_at:
            self._n_well += 1
            self._rate = self._borne * self._share(self._n_well)
        if self._limit < self._most:
            self._limit = min(float(self._most), self._limit + 1)
            self._room.set()

    def _share(self, n_well: int) -> float:
        """Share of the rate that was borne, with which it goes on after so many."""
        back = min(max(self._n_known, _BACK[0]), _BACK[1])
        if n_well < back:
            return 1 - (1 - _BELOW) * (1 - n_well / back) ** 3
        return float(2.0 ** min(n_well / back - 1, 20.0))

    def slow_down(self, ticket: Ticket, wait_s: float | None) -> None:
        """
        A call was turned away: fewer, further apart, and none for a while.

        Not for *wait_s* seconds when it was told to; its own call waits as long in
        any case.  Calls that were on their way together are turned away together;
        that counts once.
        """
        now = _now()
        told_s = wait_s if wait_s is not None and wait_s > _ROUNDED_S else 0.0
        self._open_at = max(self._open_at, now + told_s)
        if ticket.at <= self._slowed_at:
            return
        self._limit = max(1.0, self._limit / 2)
        self._slow(ticket)
        self._open_at = max(self._open_at, now + self._pause_s(wait_s))
        # A long pause fills what is borne at once: its time does not count.
        long = told_s > 0 or self._n_pauses > 1
        self._slowed_at, self._since = now, None if long else ticket.at
        self._n_sent = self._n_well = 0
        self._sent.clear()

    def _slow(self, ticket: Ticket) -> None:
        """From now on a little less than was borne since the last refusal."""
        took_s = ticket.at - (ticket.at if self._since is None else self._since)
        most = min(self._rate, _FIRST_RATE)
        borne = max(ticket.nth, 0.5) / took_s if took_s > 0 else most / 2
        if self._at_once is None:
            self._at_once = ticket.nth
        else:
            borne = max(borne, self._borne_lately(ticket))
        self._borne = max(_SLOWEST, min(self._rate, borne))
        self._rate = _BELOW * self._borne
        self._n_known = ticket.nth

    def _borne_lately(self, ticket: Ticket) -> float:
        """
        The most that was borne up to this refusal, from any moment on.

        Apart from what is borne at once: a bucket that was full had nothing to gain
        from the time before.
        """
        at_once = self._at_once or 0
        sent = [at for at in self._sent if at < ticket.at]
        return max(
            ((len(sent) - k - at_once) / (ticket.at - at) for k, at in enumerate(sent)),
            default=0.0,
        )

    def _pause_s(self, wait_s: float | None) -> float:
        self._n_pauses += 1
        grown = _FIRST_PAUSE_S * 2.0 ** min(self._n_pauses - 1, 10)
        known = 2 / self._rate if self._n_pauses == 1 else grown
        pause_s = min(_LONGEST_PAUSE_S, grown, max(known, 0.01))
        if wait_s is None:
            return pause_s
        return min(wait_s, pause_s) if wait_s <= _ROUNDED_S else wait_s


def _now() -> float:
    return asyncio.get_running_loop().time()
