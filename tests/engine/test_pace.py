"""How many calls are made at once: what an endpoint bears, and no more."""

from __future__ import annotations

import asyncio
import time

import pytest
import virtual_time
from model_calls import REQUEST, ask, error, reply

from suffice.errors import CallFailed
from suffice.measuring.models import OpenAIModel
from suffice.measuring.pace import Pace
from suffice.results import Completion


def test_waits_as_long_as_the_endpoint_asks(endpoint):
    """Coming back early is what gets a key banned."""
    endpoint.script = [error(429, headers={"Retry-After": "1"}), reply()]
    begun = time.monotonic()

    ask(endpoint)

    assert time.monotonic() - begun >= 1


def test_a_wait_beyond_the_deadline_fails_at_once(endpoint):
    """Nobody waits an hour to be told that nobody waits an hour."""
    endpoint.script = [error(429, headers={"Retry-After": "3600"}), reply()]

    with pytest.raises(CallFailed, match="did not answer within 20 s"):
        ask(endpoint, deadline_s=20)

    assert len(endpoint.requests) == 1


def test_a_crowd_that_is_turned_away_loses_nobody(endpoint):
    """Twenty calls against a limit: all answered, few asked twice."""
    turned_away = [error(429, headers={"Retry-After": "0.1"})] * 3
    endpoint.script = [*turned_away, reply()]

    async def crowd() -> list[Completion]:
        async with OpenAIModel(endpoint.base_url, "secret", 10, 8) as model:
            return await asyncio.gather(*[model.complete(REQUEST) for _ in range(20)])

    got = asyncio.run(crowd())

    assert (len(got), len(endpoint.requests)) == (20, 23)


class Limited:
    """Bears 100 calls a second, and ten more at once; answers after *latency_s*."""

    def __init__(self, latency_s: float) -> None:
        self.latency_s = latency_s
        self.n_asked = 0
        self.tokens = 10.0
        self.at = 0.0

    async def bears(self) -> bool:
        """Whether one more call is answered; it is turned away otherwise."""
        self.n_asked += 1
        now = asyncio.get_running_loop().time()
        self.tokens = min(10.0, self.tokens + (now - self.at) * 100)
        self.at = now
        borne = self.tokens >= 1
        self.tokens -= borne
        await asyncio.sleep(self.latency_s)
        return borne


@pytest.mark.parametrize("told_s", [None, 0.05])
@pytest.mark.parametrize("latency_s", [0.001, 0.02, 0.2])
def test_a_rate_limit_is_found_and_kept(latency_s, told_s):
    """
    120 calls against 100 a second: all are answered, and few are turned away.

    The first 32 are asked before the limit can be known.  After them one refusal for
    ten answers is allowed; at full speed there would be about 20 for each answer.
    """
    endpoint = Limited(latency_s)

    async def call(pace: Pace) -> None:
        while True:
            async with pace.turn() as ticket:
                borne = await endpoint.bears()
            if borne:
                pace.went_well(ticket)
                return
            pace.slow_down(ticket, told_s)
            await asyncio.sleep(told_s or 0)

    async def crowd() -> None:
        pace = Pace(32)
        await asyncio.gather(*[call(pace) for _ in range(120)])

    virtual_time.run(crowd())

    assert endpoint.n_asked <= 120 + 32 + 12
