"""Briefs, examples and endpoints of the rungs' tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rung_cases import PRICES, SPLIT
from rung_endpoint import Answer, Endpoint

from suffice.brief import Brief, Models
from suffice.brief import Endpoint as Address
from suffice.examples import Split
from suffice.stages.climb import Climb, open_climb

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
            "".join(PRICES.format(model=model) for model in ("m", "embed", "ft:m"))
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
