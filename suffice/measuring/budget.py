"""The budget of one climb: reserved before a call, settled after it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from suffice.errors import OverBudget


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """Money set aside for one call."""

    number: int
    usd: float


class Budget:
    """
    At most *cap_usd*, to within what the calls in flight turn out to cost.

    For the threads of one process; what other processes spend meanwhile is asked of
    *others*.
    """

    def __init__(
        self,
        cap_usd: float,
        *,
        spent_usd: float = 0.0,
        others: Callable[[], float] = lambda: 0.0,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """
        A budget of which *spent_usd* is gone already, and so is what *others* says.

        *others* and *check* are called before each reservation, so that they must be
        quick; what *check* raises is raised there.
        """
        self._cap_usd = cap_usd
        self._before_usd = spent_usd
        self._others = others
        self._check = check
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
    def spent_usd(self) -> float:
        """Settled so far, here and elsewhere."""
        with self._lock:
            return self._spent_usd()

    def reserve(self, usd: float) -> Reservation:
        """Set *usd* aside; `OverBudget` when that is more than what is left."""
        self._check()
        with self._lock:
            committed = self._spent_usd() + self._reserved_usd
            if committed + usd > self._cap_usd:
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

    def _spent_usd(self) -> float:
        return self._before_usd + self._others() + self._own_usd
