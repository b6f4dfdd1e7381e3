"""Every point of an act at which it can be disturbed: one call, and what befalls it."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fault_server import Fault
from fault_shim import (
    ERRORS,
    FAIL_FROM_NOW,
    FAIL_ONCE,
    KILL_AFTER,
    KILL_BEFORE,
    KINDS,
    SEND,
    TORN,
    WRITE,
)
from fault_worlds import Scenario

NAMES = {
    KILL_BEFORE: "killed before",
    KILL_AFTER: "killed after",
    TORN: "killed in the middle of",
    FAIL_ONCE: "once",
    FAIL_FROM_NOW: "from then on",
}


@dataclass(frozen=True, kw_only=True)
class Point:
    """One disturbance of one scenario, and perhaps one of what comes after it."""

    scenario: Scenario
    kind: int
    at: int
    mode: int
    error: int = 0
    then: Point | None = None
    """A second one, which the first attempt to go on meets."""

    def __str__(self) -> str:
        name = errno.errorcode.get(self.error, "")
        told = f"{name} {NAMES[self.mode]}" if name else NAMES[self.mode]
        said = f"{self.scenario.name}: {told} {KINDS[self.kind]} {self.at}"
        return f"{said}, then {self.then}" if self.then else said

    @property
    def fault(self) -> Fault:
        # A disk that is full stays full for what is written, not for the network.
        kinds = self.kind if self.mode == FAIL_FROM_NOW else sum(KINDS)
        return Fault(mode=self.mode, at=self.at, error=self.error, kinds=kinds)


def points_of(scenario: Scenario, kinds: Sequence[int]) -> Iterator[Point]:
    """Kills before, in and after each call, and each error, once and from then on."""
    of_kind: Counter[int] = Counter()
    for at, kind in enumerate(kinds, start=1):
        of_kind[kind] += 1
        for mode in (KILL_BEFORE, KILL_AFTER):
            yield Point(scenario=scenario, kind=kind, at=at, mode=mode)
        if kind in (WRITE, SEND):
            yield Point(scenario=scenario, kind=kind, at=at, mode=TORN)
        for error in ERRORS[kind]:
            yield Point(
                scenario=scenario, kind=kind, at=at, mode=FAIL_ONCE, error=error
            )
            yield Point(
                scenario=scenario,
                kind=kind,
                at=of_kind[kind],
                mode=FAIL_FROM_NOW,
                error=error,
            )
