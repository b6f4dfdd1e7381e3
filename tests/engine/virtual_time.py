"""An event loop whose sleeps take no time: what it times is the same every time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _Skips(selectors.DefaultSelector):
    """Waits for nothing: where it would, the clock is set forward."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        found = super().select(0)
        if not found and timeout:
            self.now += timeout
        return found


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.skips = _Skips()
        super().__init__(self.skips)

    def time(self) -> float:
        return self.skips.now


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Like ``asyncio.run``, for *work* that only computes and sleeps."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work)
