"""Ways of asking an endpoint n questions: suffice's, and clients without a tool."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PAD = "word " * 360
Ask = Callable[[int, int], int]
"""Asks so many questions, from a number on; returns how many it asked."""


def messages(i: int) -> list[dict[str, str]]:
    return [
        {"role": "system", "content": "Repeat " * 20},
        {"role": "user", "content": f"{_PAD} question {i}"},
    ]


def suffice(url: str, n_max: int, concurrency: int) -> Ask:
    """The full path: store, retries, prices, budget, scores, statistics."""
    from datetime import date

    from suffice.candidates import Candidate
    from suffice.economics.prices import Price
    from suffice.examples import Example
    from suffice.measuring.budget import Budget
    from suffice.measuring.calls import Desk
    from suffice.measuring.measure import measure
    from suffice.measuring.models import OpenAIModel
    from suffice.measuring.responses import ResponseStore
    from suffice.measuring.scorers import scorer
    from suffice.statistics.acceptance import Design

    price = Price(
        model="m",
        provider="stub",
        from_date=date(2026, 1, 1),
        input_usd_per_mtok=0.1,
        output_usd_per_mtok=0.4,
    )
    candidate = Candidate(
        rung="zero-shot", name="zero-shot", model="m", system="Repeat " * 20
    )

    def ask(first: int, n: int) -> int:
        # As good as the bar is, and no giving up: nothing is settled before the end.
        design = Design(bar=0.8, margin=0.0, alpha=0.2, n_max=n, futility=0.0)
        shown = tuple(
            Example(id=str(i), messages=(messages(i)[1],), answer=f"question {i}")
            for i in range(first, first + n)
        )
        with (
            tempfile.TemporaryDirectory() as folder,
            ResponseStore(Path(folder) / "responses.db", account="climb") as store,
        ):
            measured, _ = measure(
                candidate,
                shown,
                desk=Desk(
                    model=OpenAIModel(url, "k", 60, concurrency),
                    scorer=scorer("exact"),
                    endpoint_name="stub",
                    price=price,
                    store=store,
                    budget=Budget(100.0, others=lambda: store.others_usd),
                    concurrency=concurrency,
                ),
                design=design,
            )
        assert n < 100 or measured.n > 0.8 * n, "it was settled too early to compare"
        return measured.n_calls

    return ask


def gather(url: str, n_max: int, concurrency: int) -> Ask:
    """Plain ``AsyncOpenAI`` under a semaphore; stores and decides nothing."""
    import asyncio

    from openai import AsyncOpenAI

    async def all_of(first: int, n: int) -> int:
        places = asyncio.Semaphore(concurrency)
        async with AsyncOpenAI(base_url=url, api_key="k", max_retries=0) as client:

            async def one(i: int) -> Any:
                async with places:
                    return await client.chat.completions.create(
                        model="m", messages=messages(i), temperature=0, max_tokens=64
                    )

            return len(await asyncio.gather(*map(one, range(first, first + n))))

    return lambda first, n: asyncio.run(all_of(first, n))


def threads(url: str, n_max: int, concurrency: int) -> Ask:
    """``OpenAI`` in a pool of threads."""
    from concurrent.futures import ThreadPoolExecutor

    from openai import OpenAI

    client = OpenAI(base_url=url, api_key="k", max_retries=0)

    def one(i: int) -> Any:
        return client.chat.completions.create(
            model="m", messages=messages(i), temperature=0, max_tokens=64
        )

    def ask(first: int, n: int) -> int:
        with ThreadPoolExecutor(concurrency) as pool:
            return len(list(pool.map(one, range(first, first + n))))

    return ask


def loop(url: str, n_max: int, concurrency: int) -> Ask:
    """One call after another, as the article does it, whatever the concurrency."""
    from openai import OpenAI

    client = OpenAI(base_url=url, api_key="k", max_retries=0)

    def ask(first: int, n: int) -> int:
        for i in range(first, first + n):
            client.chat.completions.create(
                model="m", messages=messages(i), temperature=0, max_tokens=64
            )
        return n

    return ask
