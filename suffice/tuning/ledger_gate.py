"""What a ledger says of calls: is spending stopped, and what does all else hold?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from suffice.errors import SpendingStopped
from suffice.tuning.ledger import Ledger, stop_told

LOOK_S = 0.5
"""Seconds until the ledger is looked at again: a stop holds within a second."""


class Gate:
    """Cheap enough to be asked before each call. Threads may share it."""

    def __init__(
        self,
        url_or_path: str | Path,
        *,
        climb_id: str | None = None,
        every_s: float = LOOK_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Look at the ledger there, at most once in *every_s* seconds.

        *climb_id* says whose money is counted; of nobody it is 0.
        """
        self._ledger = Ledger(url_or_path)
        self._climb_id = climb_id
        self._every_s = every_s
        self._monotonic = monotonic
        self._looked_at = float("-inf")
        self._stopped: tuple[float, str] | None = None
        self._committed_usd = 0.0
        self._lock = threading.Lock()

    def check(self) -> None:
        """
        Return when money may be spent.

        Raises `SpendingStopped` when it may not, `EnvironmentFailed` when the ledger
        cannot be asked.
        """
        self._look()
        if self._stopped is not None:
            raise SpendingStopped(stop_told(*self._stopped))

    def committed_usd(self, *, now: bool = False) -> float:
        """
        USD that the climb has spent or reserved on jobs, batches and hosting.

        As it was at the last look, or *now*.
        """
        self._look(now=now)
        return self._committed_usd

    def _look(self, *, now: bool = False) -> None:
        with self._lock:
            if not now and self._monotonic() < self._looked_at + self._every_s:
                return
            self._stopped = self._ledger.stopped()
            if self._climb_id is not None:
                usd = self._ledger.committed_usd(climb_id=self._climb_id)
                self._committed_usd = usd
            self._looked_at = self._monotonic()
