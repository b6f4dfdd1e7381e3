"""What a network and an endpoint can do to each request of a fine-tune."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from chaos_proxy import Toxic

TIMEOUT_S = 0.3
"""Of the client: what takes longer is lost for it, and may arrive all the same."""
ROUTES = {
    "POST files": rb"POST /v1/files ",
    "GET files": rb"GET /v1/files\?",
    "GET file": rb"GET /v1/files/",
    "POST jobs": rb"POST /v1/fine_tuning/jobs ",
    "GET jobs": rb"GET /v1/fine_tuning/jobs\?",
    "GET job": rb"GET /v1/fine_tuning/jobs/[^/ ]+ ",
    "GET events": rb"GET /v1/fine_tuning/jobs/[^/]+/events",
    "POST chat": rb"POST /v1/chat/completions ",
}
_STATUSES = (408, 409, 429, 500, 502, 503, 504, 529)
FAULTS = (
    "drop",
    "reset",
    "hang",
    "cut",
    *(f"after-{status}" for status in _STATUSES),
    *(f"before-{status}" for status in _STATUSES),
)
"""Of the endpoint: most of them after it has done what it was asked for."""
AFTER_ACCEPTANCE = [f for f in FAULTS if not f.startswith("before-")]
_AMOUNTS = {
    "latency": (0.02, 1.3 * TIMEOUT_S),
    "down": (0,),
    "bandwidth": (20_000, 2_000),
    "slow_close": (0, 0.02),
    "timeout": (0, 0.05),
    "reset_peer": (0, 0.05),
    "slicer": (100, 17),
    "limit_data": (0, 10, 150),
}
TOXICS = tuple(
    Toxic(kind=kind, toward=toward, amount=amount)  # type: ignore[arg-type]
    for kind, amounts in _AMOUNTS.items()
    for amount in amounts
    for toward in ("provider", "client")
)


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a provider deviates from what is documented."""

    embedded: bool = False
    keeps_metadata: bool = True
    filters: bool = True

    def __str__(self) -> str:
        named = "our own server" if self.embedded else "another provider"
        named += "" if self.keeps_metadata else ", drops metadata"
        return named + ("" if self.filters else ", ignores the filter")


MANNERS = (
    Manner(),
    Manner(embedded=True),
    Manner(keeps_metadata=False),
    Manner(filters=False),
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """The first requests of one route, and what becomes of them."""

    route: str
    times: int
    fault: str | Toxic
    manner: Manner = MANNERS[0]

    @property
    def name(self) -> str:
        return self.fault.kind if isinstance(self.fault, Toxic) else self.fault

    @property
    def pattern(self) -> re.Pattern[bytes]:
        return re.compile(ROUTES[self.route])

    def __str__(self) -> str:
        return f"{self.fault} x {self.times} at {self.route} of {self.manner}"


def all_cases() -> Iterator[Case]:
    """Every fault of every route, once, twice and three times, for every manner."""
    for manner, route, times, fault in product(
        MANNERS, ROUTES, (1, 2, 3), (*FAULTS, *TOXICS)
    ):
        yield Case(route=route, times=times, fault=fault, manner=manner)
