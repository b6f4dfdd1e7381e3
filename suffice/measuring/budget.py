"""The budget of one climb: reserved before a call, settled after it."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from suffice.errors import OverBudget


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """Money set aside for one call."""

    number: int
    usd: float


class Books(Protocol):
    """What is paid for other than by calls: jobs, batches, hosting; quick to ask."""

    def check(self) -> None:
        """Raises when nothing may be paid for."""
        ...

    def committed_usd(self, *, now: bool = False) -> float:
        """Spent and reserved there a moment ago, or *now*."""
        ...


class Budget:
    """
    At most *cap_usd*, to within what the calls in flight turn out to cost.

    For the threads of one process; what other processes spend on calls meanwhile is
    asked of *others*, and what all of them commit to anything else of *books*.
    """

    def __init__(
        self,
        cap_usd: float,
        *,
        others: Callable[[], float] = lambda: 0.0,
        books: Books | None = None,
    ) -> None:
        """
        A budget of which what *others* and *books* say is gone.

        Both are asked before each reservation, so that they must be quick; what the
        check of the *books* raises is raised there.
        """
        self._cap_usd = cap_usd
        self._others = others
        self._books = books
        self._own_usd = 0.0
        self._reserved: dict[int, float] = {}
        self._reserved_usd = 0.0
        self._n = 0
        self._lock = threading.Lock()

    @property
    def own_usd(self) -> float:
        """Settled here so far."""
        with self._lock:
            return self._own_usd

    @property
    def left_for_books_usd(self) -> float:
        """Most that may stand in the books: the rest is spent or reserved on calls."""
        with self._lock:
            return max(0.0, self._cap_usd - self._calls_usd())

    def reserve(self, usd: float) -> Reservation:
        """
        Set *usd* aside.

        Raises `OverBudget` when that is more than what is left, or no amount.
        """
        if self._books is not None:
            self._books.check()
        if not 0 <= usd < math.inf:
            raise OverBudget(
                f"the next call may cost {usd}, which is no amount; correct its price"
            )
        with self._lock:
            committed = self._committed_usd()
            if not committed + usd <= self._cap_usd:
                # What was held a moment ago may be free again.
                committed = self._committed_usd(now=True)
            # A cap that is not a number lets nothing through.
            if not committed + usd <= self._cap_usd:
                raise OverBudget(
                    f"the next call may cost ${usd:.4f}, and ${committed:.4f} of the "
                    f"${self._cap_usd:.4f} of budget_usd are spent or reserved; raise "
                    "budget_usd in the brief and run again: stored answers are free"
                )
            self._n += 1
            self._reserved[self._n] = usd
            self._reserved_usd = sum(self._reserved.values())
            return Reservation(number=self._n, usd=usd)

    def settle(self, reservation: Reservation, usd: float) -> None:
        """
        Book what the call cost: 0 when it cost nothing.

        Settling the same reservation again books nothing.
        """
        with self._lock:
            if self._reserved.pop(reservation.number, None) is None:
                return
            self._reserved_usd = sum(self._reserved.values())
            self._own_usd += usd

    def book(self, usd: float) -> None:
        """Book what was paid on a reservation that was kept elsewhere."""
        with self._lock:
            self._own_usd += usd

    def _calls_usd(self) -> float:
        return self._others() + self._own_usd + self._reserved_usd

    def _committed_usd(self, *, now: bool = False) -> float:
        elsewhere = 0.0 if self._books is None else self._books.committed_usd(now=now)
        return self._calls_usd() + elsewhere
