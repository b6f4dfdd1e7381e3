"""Processes that spend from one budget, or submit one job, at the same moment."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from multiprocessing.context import ForkServerContext
from typing import Any

from ledger_parts import job

from suffice.errors import OverBudget
from suffice.tuning.ledger import Intent, Ledger
from suffice.tuning.ledger_owner import new_owner

CAP_USD = 10.0
N_ACTS = 3
"""That each process would like to pay for."""


def processes() -> ForkServerContext:
    """Forked from one that has made the slow imports."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["suffice.tuning.ledger", "sqlalchemy.dialects.sqlite", "psycopg"]
    )
    return context


class NaiveLedger(Ledger):
    """The mutant: looks at what is left, then reserves, in two transactions."""

    def intend(self, intent: Intent, *, cap_usd: float | None = None) -> Any:
        left = (cap_usd or 0.0) - self.committed_usd(climb_id=intent.climb_id)
        if (intent.reserve_usd or 0.0) > left:
            raise OverBudget("no")
        return super().intend(intent)


def spend(where: str, climb_id: str, seed: int, barrier: Any, naive: bool) -> int:
    """
    Pay for as much as the budget lets through; some give up in the middle.

    How many were let through.
    """
    rng, owner = random.Random(seed), new_owner()
    paid = 0
    with (NaiveLedger if naive else Ledger)(where) as ledger:
        barrier.wait(120)
        for number in range(N_ACTS):
            usd = rng.choice([0.1, 0.3, 0.7, 1.1])
            intent = job(f"{seed}/{number}", usd, climb_id=climb_id)
            try:
                entry = ledger.intend(intent, cap_usd=CAP_USD)
            except OverBudget:
                continue
            paid += 1
            _end(ledger, entry, owner, rng)
        ledger.release(owner)
    return paid


def _end(ledger: Ledger, entry: Any, owner: str, rng: random.Random) -> None:
    """As acts end: billed, refused, never sent, or nobody knows."""
    if ledger.claim(entry, owner=owner, lease_s=60) is None or rng.random() < 0.1:
        return
    begun = ledger.begin(entry, owner=owner, lease_s=60)
    assert begun is not None
    ended = rng.random()
    if ended < 0.15:
        ledger.refuse(begun, "no quota")
    elif ended < 0.3:
        ledger.doubt(begun, "timed out")
    else:
        taken = ledger.submitted(begun, entry.key)
        ledger.settle(taken, "succeeded", spent_usd=entry.reserved_usd * rng.random())


def spend_and_die(where: str, seed: int) -> None:
    """Pay until it is killed, as the kernel would, before or after some write."""
    rng, owner = random.Random(seed), new_owner()
    left = rng.randrange(1, 16)

    def tick() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    with Ledger(where) as ledger:
        for number in range(N_ACTS):
            try:
                entry = ledger.intend(job(f"{seed}/{number}", 0.3), cap_usd=CAP_USD)
            except OverBudget:
                return
            tick()
            ledger.claim(entry, owner=owner, lease_s=3600)
            tick()
            begun = ledger.begin(entry, owner=owner, lease_s=3600)
            assert begun is not None
            tick()
            taken = ledger.submitted(begun, entry.key)
            tick()
            ledger.settle(taken, "succeeded", spent_usd=0.2)
            tick()


def recover(ledger: Ledger) -> None:
    """What the next runs do with the acts of the dead: finish them or give them up."""
    owner = new_owner()
    for entry in ledger.rows():
        held = ledger.claim(entry, owner=owner, lease_s=60)
        assert held is not None, "its owner is dead, and its lease must not hold"
        if held.state == "unknown":
            held = ledger.submitted(held, entry.key, "adopted")
        if held.state == "submitted":
            ledger.settle(held, "succeeded", spent_usd=0.2)
    ledger.release(owner)
