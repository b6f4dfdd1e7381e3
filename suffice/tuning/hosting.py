"""
A tuned model is served while it is measured, and not a minute longer.

The intent is in the ledger before the deployment is started, under a name of ours.
It is stopped when the measuring ends, however that ends; what a killed process left
running is stopped by the next one that looks (`stop_left_running`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from suffice.errors import (
    CallFailed,
    EnvironmentFailed,
    ModelNotReady,
    SpendingStopped,
    TrainingError,
    TrainingUnavailable,
)
from suffice.tuning.hosts import Host
from suffice.tuning.job import Clock, digest
from suffice.tuning.ledger import ENDED, Entry, Intent, Ledger
from suffice.tuning.ledger_owner import is_dead, new_owner
from suffice.tuning.visit import Stay, Visit, stop

__all__ = ["Stay", "hosted", "stop_left_running"]

READY_S = 1800.0
"""How long a deployment may take until it answers."""
_GENERATIONS = 20


@contextmanager
def hosted(
    model: str,
    *,
    host: Host,
    ledger: Ledger,
    stay: Stay | None = None,
    clock: Clock | None = None,
) -> Iterator[str]:
    """
    What calls must name to reach *model* while this context is open.

    Raises `TrainingUnavailable` where nobody knows what it costs, `OverBudget`, and
    `ModelNotReady` when it does not come up.
    """
    stay, clock, owner = stay or Stay(), clock or Clock(), new_owner()
    entry = _intend(model, host, ledger, stay, clock, owner)
    visit = Visit(
        model=model,
        host=host,
        ledger=ledger,
        stay=stay,
        clock=clock,
        entry=entry,
        began=clock.now(),
    )
    try:
        _start(visit, owner)
        deployment = _await_ready(visit)
        yield host.served_as(model, deployment)
    finally:
        stop(visit)


def stop_left_running(
    *, host: Host, ledger: Ledger, clock: Clock | None = None
) -> tuple[str, ...]:
    """
    Stop what dead processes, or ones that ran over their time, left at *host*.

    The names of what was stopped.  A deployment of a living process is left alone.
    """
    clock = clock or Clock()
    stopped = []
    for entry in ledger.rows(kind="hosting", provider=host.name):
        if entry.state in ENDED or _is_alive(entry, clock):
            continue
        pinned = json.loads(entry.pinned)
        visit = Visit(
            model=pinned["model"],
            host=host,
            ledger=ledger,
            stay=Stay(),
            clock=clock,
            entry=_taken(entry, ledger),
            began=entry.created_at,
        )
        if stop(visit):
            stopped.append(visit.name)
    return tuple(stopped)


def _intend(
    model: str, host: Host, ledger: Ledger, stay: Stay, clock: Clock, owner: str
) -> Entry:
    rate = host.usd_per_hour
    if rate is None:
        raise TrainingUnavailable(
            f"Nobody says what hosting {model!r} at {host.name} costs an hour: set "
            "models.endpoint.hosting.usd_per_hour."
        )
    until = clock.now() + stay.hours * 3600
    intent = Intent(
        kind="hosting",
        provider=host.name,
        key=digest(f"{host.name} {model}".encode()),
        pinned={"model": model, "owner": owner, "until": until, "usd_per_hour": rate},
        reserve_usd=rate * stay.hours,
        climb_id=stay.climb_id,
    )
    known = ledger.rows(kind="hosting", provider=host.name, key=intent.key)
    first = 1 + max((entry.generation for entry in known), default=-1)
    for generation in range(first, first + _GENERATIONS):
        try:
            return ledger.intend(
                replace(intent, generation=generation), cap_usd=stay.cap_usd
            )
        except EnvironmentFailed as error:
            taken = error  # Another process took this one just now.
    raise taken


def _start(visit: Visit, owner: str) -> None:
    lease_s = 300.0
    held = visit.ledger.claim(visit.entry, owner=owner, lease_s=lease_s)
    begun = held and visit.ledger.begin(held, owner=owner, lease_s=lease_s)
    if not begun:
        raise EnvironmentFailed(f"Another process holds {visit.name}: run again.")
    visit.entry = begun
    try:
        deployment = visit.host.start(visit.model, visit.name)
    except (TrainingError, SpendingStopped) as error:
        visit.entry = visit.ledger.refuse(begun, str(error))
        raise
    except CallFailed as error:
        visit.entry = visit.ledger.doubt(begun, str(error))
        found = visit.host.find(visit.model, visit.name)
        if found is None:
            raise
        deployment = found
    visit.entry = visit.ledger.submitted(visit.entry, deployment)


def _await_ready(visit: Visit) -> str:
    deployment = visit.entry.provider_id or ""
    end = visit.clock.monotonic() + READY_S
    why = "it is still starting"
    while visit.clock.monotonic() < end:
        try:
            standing = visit.host.standing(deployment)
        except CallFailed as error:
            why = str(error)
        else:
            if standing == "ready":
                return deployment
            if standing in ("failed", "gone"):
                why = f"it is {standing}"
                break
        visit.clock.sleep(visit.stay.look_s)
    raise ModelNotReady(f"{visit.host.name} does not serve {visit.model!r}: {why}.")


def _taken(entry: Entry, ledger: Ledger) -> Entry:
    """The entry, its owner's death during the call being known from now on."""
    if entry.state != "submitting":
        return entry
    return ledger.claim(entry, owner=new_owner(), lease_s=60.0) or entry


def _is_alive(entry: Entry, clock: Clock) -> bool:
    pinned = json.loads(entry.pinned)
    return clock.now() < pinned["until"] and not is_dead(pinned["owner"])
