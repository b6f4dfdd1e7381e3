"""Briefs, examples and endpoints of the rungs' tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rung_endpoint import Answer, Endpoint

from suffice.brief import Brief, Models
from suffice.brief import Endpoint as Address
from suffice.examples import Example, Split
from suffice.stages.climb import Climb, open_climb

PRICES = """
[[price]]
model = "{model}"
provider = "test"
from = 2026-01-01
kind = "tokens"
usd_per_mtok = {{ input = 1.0, output = 4.0 }}
source = "https://example.org/prices"
"""
THINGS = ("car", "door", "lamp", "chair", "boat", "cup", "kite", "bike", "ring", "rug")
ASKING = (
    "I would like the {n} {t} please",
    "Have you still got that {t} number {n}",
    "My sister bought a {t} and wants {n} more",
    "Send me {n} pieces of the {t} by post today",
)


def order(number: int) -> Example:
    """A question about a thing; its answer is a code of the thing."""
    thing = THINGS[number % len(THINGS)]
    text = ASKING[number // len(THINGS) % len(ASKING)].format(t=thing, n=number)
    return Example(
        id=f"e{number}",
        messages=({"role": "user", "content": text},),
        answer=f"K-{thing}",
    )


def orders(first: int, n: int) -> tuple[Example, ...]:
    return tuple(map(order, range(first, first + n)))


SPLIT = Split(train=orders(0, 60), dev=orders(1000, 16), test=orders(2000, 60))

Serve = Callable[..., Endpoint]
Open = Callable[..., Climb]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts endpoints that live as long as the test."""
    served: list[Endpoint] = []

    def start(answer: Answer, **options: Any) -> Endpoint:
        served.append(Endpoint(answer, **options))
        return served[-1]

    yield start
    for endpoint in served:
        endpoint.close()


@pytest.fixture
def climb_of(tmp_path: Path) -> Open:
    """Opens a climb at an endpoint."""

    def start(endpoint: Endpoint, split: Split = SPLIT, **fields: Any) -> Climb:
        prices = tmp_path / "prices.toml"
        prices.write_text(
            "".join(PRICES.format(model=model) for model in ("m", "embed"))
        )
        brief = Brief.model_validate(
            {
                "name": "orders",
                "instructions": "Answer with the code of the thing.",
                "examples": "none.jsonl",
                "bar": 0.6,
                "models": Models(
                    endpoint=Address(base_url=endpoint.url), base=("m",), tunable=None
                ),
                "prices": str(prices),
                "output": str(tmp_path / "out"),
                **fields,
            }
        )
        return open_climb(brief, split, "f" * 64)

    return start
