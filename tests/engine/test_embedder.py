"""Embeddings: bought together, paid once, never of nothing."""

from __future__ import annotations

import asyncio
import base64

import numpy as np
import pytest
from letter_endpoint import LetterEndpoint, embedder

from suffice.errors import CallFailed, EnvironmentFailed
from suffice.measuring.embedder import MOST_TEXTS
from suffice.measuring.embeddings import read_embeddings, vector
from suffice.measuring.models import OpenAIModel


def vectors(embedder, *asked):
    """What comes of asking for each of these lists of texts at the same time."""

    async def run():
        async with embedder:
            found = [embedder.vectors(texts) for texts in asked]
            return await asyncio.gather(*found, return_exceptions=True)

    return asyncio.run(run())


def test_texts_asked_for_together_go_in_one_request():
    """One call for each answer would cost more in waiting than in money."""
    endpoint = LetterEndpoint()
    found = vectors(embedder(endpoint), ["a"], ["b", "a"], ["c"])

    assert [["a", "b", "c"]] == endpoint.batches
    assert [1, 2, 1] == [len(of_one) for of_one in found]
    assert pytest.approx(30e-6) == sum(e.spent_usd for of_one in found for e in of_one)


def test_long_lists_go_in_several_requests():
    """Endpoints refuse requests that are too large."""
    endpoint = LetterEndpoint()
    vectors(embedder(endpoint), [f"text {i}" for i in range(MOST_TEXTS + 1)])

    assert [MOST_TEXTS, 1] == [len(batch) for batch in endpoint.batches]


def test_one_text_that_is_refused_costs_no_other_its_vector():
    """One answer that is too long must not make 127 others missing."""
    endpoint = LetterEndpoint(refuses={"bad"})
    *good, bad = vectors(embedder(endpoint), ["a"], ["b"], ["c"], ["bad"])

    assert [1, 1, 1] == [len(found) for found in good]
    assert isinstance(bad, CallFailed)


class FullDisk:
    """A store that takes nothing more."""

    def get(self, key):
        return None

    def put_many(self, answers):
        raise EnvironmentFailed("the disk is full")


def test_a_store_that_fails_leaves_nobody_waiting():
    """The climb ends with the reason instead of hanging."""
    found = vectors(embedder(LetterEndpoint(), store=FullDisk()), ["a"], ["b"])

    assert [EnvironmentFailed] * 2 == [type(error) for error in found]


@pytest.mark.parametrize("as_text", [True, False])
def test_an_endpoint_is_asked_for_vectors(endpoint, as_text):
    """Some answer in base64 as asked, others with lists of numbers all the same."""
    from aiohttp import web

    rows = [np.array([0.5, float(i)], dtype="<f4") for i in range(2)]
    shown = [
        base64.b64encode(r.tobytes()).decode() if as_text else r.tolist() for r in rows
    ]

    async def embedded(request):
        data = [{"index": i, "embedding": shown[i]} for i in (1, 0)]
        return web.json_response({"data": data, "usage": {"prompt_tokens": 7}})

    endpoint.script = [embedded]

    async def ask():
        async with OpenAIModel(endpoint.base_url, "key") as model:
            return await model.embed("e", ["a", "b"])

    got = asyncio.run(ask())
    assert [r.tolist() for r in rows] == [
        vector(line).tolist() for line in got.text.split("\n")
    ]
    assert 7 == got.input_tokens
    assert ["a", "b"] == endpoint.requests[0]["input"]


NAN = base64.b64encode(np.array([np.nan], dtype="<f4").tobytes()).decode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"data": 1}',
        b'{"data": [{"embedding": "%%%"}]}',
        b'{"data": [{"embedding": ""}]}',
        f'{{"data": [{{"embedding": "{NAN}"}}]}}'.encode(),
    ],
)
def test_what_holds_no_vectors_is_a_failed_call(body):
    """Never a vector of nothing."""
    with pytest.raises(CallFailed, match="no embeddings"):
        read_embeddings(body, sent=b"", latency_s=0.0)
