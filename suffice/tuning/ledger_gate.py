"""Lets a call through unless spending was stopped; cheap enough for each call."""

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
    """What a ledger says of stopping. Threads may share it."""

    def __init__(
        self,
        url_or_path: str | Path,
        *,
        every_s: float = LOOK_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Look at the ledger there, at most once in *every_s* seconds."""
        self._ledger = Ledger(url_or_path)
        self._every_s = every_s
        self._monotonic = monotonic
        self._looked_at = float("-inf")
        self._stopped: tuple[float, str] | None = None
        self._lock = threading.Lock()

    def check(self) -> None:
        """
        Return when money may be spent.

        Raises `SpendingStopped` when it may not, `EnvironmentFailed` when the ledger
        cannot be asked.
        """
        with self._lock:
            if self._monotonic() >= self._looked_at + self._every_s:
                self._stopped = self._ledger.stopped()
                self._looked_at = self._monotonic()
            stopped = self._stopped
        if stopped is not None:
            raise SpendingStopped(stop_told(*stopped))
