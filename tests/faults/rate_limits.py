"""
Endpoints that bear so many calls a second, and the evaluation engine before them.

Real requests over loopback sockets, in an event loop whose sleeps take no time: an
hour of waiting is the same every time, and over at once.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

import virtual_time
from engine_fakes import ZERO_SHOT, examples
from loopback import Asked, Connection, Reply
from tally import MET, Tally

from suffice.journal import Journal
from suffice.measuring.calls import Desk
from suffice.measuring.measure import fill
from suffice.measuring.models import OpenAIModel
from suffice.measuring.scorers import scorer
from suffice.measuring.sheet import Sheet
from suffice.statistics.acceptance import Design

MOST_ASKED = 1.10
"""Requests for each item, at most."""
MOST_TIME = 1.5
"""Times the least possible time, at most."""
_IN_FLIGHT = 64
Told = Literal["retry-after", "retry-after-ms", "x-ratelimit", "slow_down", "nothing"]
_TOLD: tuple[Told, ...] = (
    "retry-after",
    "retry-after-ms",
    "x-ratelimit",
    "slow_down",
    "nothing",
)


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What an endpoint bears, and what it says to calls that it turns away."""

    per_s: int
    told: Told
    at_once: int
    """Calls it bears in one moment after it has been left alone."""
    latency_s: float
    n: int
    """Items that are asked."""

    def __str__(self) -> str:
        return (
            f"{self.per_s}/s, {self.at_once} at once, {self.latency_s:g} s each, "
            f"tells {self.told}, {self.n} items"
        )


def all_limits(n_least: int) -> Iterator[Limit]:
    """From 20 to 500 calls a second, in all the ways endpoints say it."""
    for per_s, told, share, latency_s in product(
        (20, 35, 60, 100, 200, 500), _TOLD, (0.1, 1.0), (0.03, 0.3)
    ):
        at_once = max(1, round(share * per_s))
        n = max(n_least, 4 * per_s)
        yield Limit(per_s=per_s, told=told, at_once=at_once, latency_s=latency_s, n=n)


@dataclass(kw_only=True)
class Endpoint:
    """A bucket of tokens, refilled at the rate it bears."""

    limit: Limit
    n_asked: int = 0
    answered: list[str] = field(default_factory=list)
    at: float = 0.0
    _tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens = self.limit.at_once

    async def answer(self, asked: Asked) -> Reply:
        self.n_asked += 1
        limit, now = self.limit, asyncio.get_running_loop().time()
        refilled = self._tokens + (now - self.at) * limit.per_s
        self._tokens, self.at = min(limit.at_once, refilled), now
        if self._tokens < 1:
            return _turned_away(limit, (1 - self._tokens) / limit.per_s)
        self._tokens -= 1
        await asyncio.sleep(limit.latency_s)
        question = json.loads(asked.body)["messages"][-1]["content"]
        self.answered.append(question)
        return Reply(body=json.dumps(chat_answer(question)).encode())


def chat_answer(text: str) -> dict[str, Any]:
    """A chat completion that says *text*."""
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }


def _turned_away(limit: Limit, next_s: float) -> Reply:
    headers = {
        "retry-after": {"retry-after": str(math.ceil(next_s))},
        "retry-after-ms": {"retry-after-ms": str(math.ceil(1000 * next_s))},
        "x-ratelimit": {
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": f"{math.ceil(1000 * next_s)}ms",
        },
        "slow_down": {},
        "nothing": {},
    }[limit.told]
    code = "slow_down" if limit.told == "slow_down" else "rate_limit_exceeded"
    error = {"error": {"message": "too fast", "code": code, "type": ""}}
    status = 503 if limit.told == "slow_down" else 429
    return Reply(status=status, headers=headers, body=json.dumps(error).encode())


@dataclass(frozen=True, kw_only=True)
class Borne:
    """How the engine came through a limit."""

    limit: Limit
    n_scored: int
    n_asked: int
    took_s: float

    @property
    def amplification(self) -> float:
        return self.n_asked / self.limit.n

    @property
    def slowness(self) -> float:
        """Times as long as the limit and the calls in flight would have it."""
        limit = self.limit
        per_s = min(limit.per_s, _IN_FLIGHT / limit.latency_s)
        return self.took_s / ((limit.n - limit.at_once) / per_s + limit.latency_s)

    @property
    def violated(self) -> list[str]:
        found = []
        if self.n_scored != self.limit.n:
            found.append(f"{self.limit.n - self.n_scored} items lost")
        if self.amplification > MOST_ASKED:
            found.append(f"asked {self.amplification:.3f} times for each item")
        if self.slowness > MOST_TIME:
            found.append(f"took {self.slowness:.2f} times the least time")
        return found


def borne(limit: Limit) -> Borne:
    """Ask all items of an endpoint with this limit, as a climb would."""
    endpoint = Endpoint(limit=limit)

    async def climbed() -> tuple[int, float]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: Connection(endpoint.answer, set()), "127.0.0.1", 0, backlog=512
        )
        port = server.sockets[0].getsockname()[1]
        model = OpenAIModel(
            f"http://127.0.0.1:{port}/v1",
            "none",
            concurrency=_IN_FLIGHT,
            deadline_s=1e9,
        )
        desk = Desk(
            model=model,
            scorer=scorer("exact"),
            endpoint_name="e",
            concurrency=_IN_FLIGHT,
        )
        # Looked at once, at the end: nothing is settled before all have been asked.
        n = limit.n
        design = Design(bar=0.9, margin=0.03, alpha=0.01, n_max=n, look_every=n)
        sheet = Sheet(candidate=ZERO_SHOT, examples=examples(limit.n), design=design)
        _, outcomes = await fill(sheet, desk, Journal())
        server.close()
        return sum(o.score == 1.0 for o in outcomes), loop.time()

    n_scored, took_s = virtual_time.run(climbed())
    return Borne(
        limit=limit, n_scored=n_scored, n_asked=endpoint.n_asked, took_s=took_s
    )


def run_limits(
    limits: Iterable[Limit], tell: Callable[[Tally], None] = lambda _: None
) -> tuple[Tally, list[Borne]]:
    """What came of them all."""
    tally, found = Tally(), []
    for limit in limits:
        one = borne(limit)
        found.append(one)
        tally.tried += 1
        tally.found += [(str(limit), v) for v in one.violated]
        tally.by_name.update([f"tells {limit.told}", f"{limit.per_s}/s"])
        tally.by_name[MET] += one.n_asked > limit.n
        tell(tally)
    return tally, found
