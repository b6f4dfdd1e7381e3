"""Models and examples for the engine's tests: the public interface, no more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from suffice.candidates import Candidate
from suffice.economics.prices import Price
from suffice.errors import CallFailed
from suffice.examples import Example
from suffice.measuring.calls import Desk
from suffice.measuring.scorers import scorer
from suffice.results import Completion
from suffice.statistics.acceptance import Design

Answerer = Callable[[Mapping[str, Any]], str | BaseException]


class FakeModel:
    """Answers by a function of the request, and remembers what it was asked."""

    def __init__(self, answer: Answerer, *, cpu_s: float | None = None) -> None:
        self.answer = answer
        self.cpu_s = cpu_s
        self.asked: list[Mapping[str, Any]] = []
        self.most_in_flight = 0
        self._in_flight = 0

    async def complete(self, request: Mapping[str, Any]) -> Completion:
        self.asked.append(request)
        self._in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._in_flight)
        await asyncio.sleep(0)
        self._in_flight -= 1
        text = self.answer(request)
        if isinstance(text, BaseException):
            raise text
        return Completion(
            text=text,
            model=request["model"],
            finish_reason="stop",
            input_tokens=100,
            cached_tokens=40,
            output_tokens=10,
            latency_s=0.5,
            cpu_s=self.cpu_s,
        )


def asked(request: Mapping[str, Any]) -> str:
    """The question of a request."""
    return str(request["messages"][-1]["content"])


def echo(request: Mapping[str, Any]) -> str:
    """Answers with the question, which is what `examples` want."""
    return asked(request)


def right_on(share: Callable[[int], bool]) -> Answerer:
    """Right on the questions whose number satisfies *share*."""
    return lambda r: asked(r) if share(int(asked(r).split()[-1])) else "wrong"


def fails_on(which: Callable[[int], bool]) -> Answerer:
    """No answer to the questions whose number satisfies *which*; else right."""
    lost = CallFailed("the line is dead")
    return lambda r: lost if which(int(asked(r).split()[-1])) else asked(r)


def examples(n: int) -> tuple[Example, ...]:
    """Questions ``question 0`` and so on; each wants itself as its answer."""
    return tuple(
        Example(
            id=str(i),
            messages=({"role": "user", "content": f"question {i}"},),
            answer=f"question {i}",
        )
        for i in range(n)
    )


ZERO_SHOT = Candidate(rung="zero-shot", name="zero-shot", model="m", system="Repeat.")


def desk(model: Any, **settings: Any) -> Desk:
    """Where *model* is asked: exact answers, no store, no price."""
    given = {"scorer": scorer("exact"), "endpoint_name": "e", **settings}
    return Desk(model=model, **given)


def price(model: str, usd_in: float, usd_out: float = 0.0, **usd: float) -> Price:
    """USD for a million tokens in and out."""
    return Price(
        model=model,
        provider="p",
        from_date=date(2026, 1, 1),
        input_usd_per_mtok=usd_in,
        output_usd_per_mtok=usd_out,
        **usd,
    )


ANSWER = Completion(
    text="Blue é \U0001f300",
    model="m",
    finish_reason="stop",
    input_tokens=7,
    output_tokens=2,
    latency_s=0.25,
)


def design(n_max: int, *, bar: float = 0.9, alpha: float = 0.01) -> Design:
    """A bar of 0.9, a margin of 0.03."""
    return Design(bar=bar, margin=0.03, alpha=alpha, n_max=n_max)


def price_row(model: str) -> dict[str, Any]:
    """A row of a brief's own price book: a tenth of a dollar in, half a dollar out."""
    return {
        "model": model,
        "provider": "here",
        "from": "2026-01-01",
        "usd_per_mtok": {"input": 0.1, "output": 0.5},
        "source": "https://example.com",
        "checked": "2026-01-01",
    }
