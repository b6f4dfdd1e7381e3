"""The scorer similarity against the real embedded server."""

from __future__ import annotations

import asyncio
from datetime import date

from serving_base import BASE

from suffice.economics.prices import load_prices
from suffice.examples import Example
from suffice.measuring.embedder import Embedder
from suffice.measuring.models import OpenAIModel
from suffice.measuring.similarity import SimilarityScorer


def scores(url, wanted, answers):
    """How like *wanted* each answer is, and what that cost."""
    price = load_prices().price(BASE, date(2026, 11, 21))
    example = Example(
        id="1", messages=({"role": "user", "content": "?"},), answer=wanted
    )
    scorer = SimilarityScorer(
        Embedder(BASE, OpenAIModel(url, "none"), endpoint_name="embedded", price=price)
    )

    async def run():
        async with scorer:
            return await asyncio.gather(*(scorer.score(a, example) for a in answers))

    return asyncio.run(run())


def test_answers_in_like_words_are_more_similar(served):
    """What the scorer is for, with nothing configured; CPU time is priced."""
    near, far = scores(
        served.url,
        "You can reset your password in the settings.",
        ["Reset the password in your settings.", "Our office is closed on Monday."],
    )

    assert far.score.value < near.score.value < 1
    assert near.score.value > 0.6
    assert near.usd > 0
