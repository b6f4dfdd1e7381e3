"""Processor time of this process, shared out among what runs in it at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(kw_only=True)
class Share:
    """Seconds that one of those has had so far."""

    cpu_s: float = 0.0


class CpuShares:
    """
    All of it goes to who is at work, in equal parts at each moment.

    The threads that compute are the engine's own and cannot be asked one by one.
    """

    def __init__(self, clock: Callable[[], float] = time.process_time) -> None:
        self._clock = clock
        self._at_work: list[Share] = []
        self._seen = 0.0
        self._lock = threading.Lock()

    @contextmanager
    def counted(self) -> Iterator[Share]:
        """The share of what is done inside; whole once it has ended."""
        share = Share()
        with self._lock:
            self._share_out()
            self._at_work.append(share)
        try:
            yield share
        finally:
            with self._lock:
                self._share_out()
                # By identity: two that have had as much are not the same.
                self._at_work = [s for s in self._at_work if s is not share]

    def _share_out(self) -> None:
        now = self._clock()
        for share in self._at_work:
            share.cpu_s += (now - self._seen) / len(self._at_work)
        self._seen = now
