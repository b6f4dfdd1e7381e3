"""Several scorers as one, and similarity, which must be paid."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from engine_fakes import ZERO_SHOT, FakeModel, design, echo, examples
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.brief import Brief
from suffice.economics.prices import Price
from suffice.errors import CallFailed, EnvironmentFailed
from suffice.measuring.budget import Budget
from suffice.measuring.embedder import MOST_TEXTS, Embedder
from suffice.measuring.embeddings import cosine, read_embeddings, vector
from suffice.measuring.measure import measure
from suffice.measuring.models import OpenAIModel
from suffice.measuring.responses import ResponseStore
from suffice.measuring.scorers import scorer
from suffice.measuring.similarity import SimilarityScorer
from suffice.measuring.weighted import Weighted, combined
from suffice.results import Completion
from suffice.stages.scoring import gives_grades, scorer_of

PRICE = Price(
    model="e",
    provider="p",
    from_date=date(2026, 1, 1),
    input_usd_per_mtok=1.0,
    output_usd_per_mtok=0.0,
)
EXAMPLE = replace(examples(1)[0], answer="the cat sat", references=("a cat sat",))


def letters(text):
    """A vector of how often each letter occurs: near for texts of the same words."""
    return np.array([text.count(chr(97 + i)) for i in range(26)], dtype="<f4")


class LetterEndpoint:
    """Embeds by counting letters; some texts it refuses."""

    def __init__(self, refuses=()):
        self.batches = []
        self.refuses = refuses

    async def embed(self, model, texts):
        self.batches.append(list(texts))
        await asyncio.sleep(0.01)
        if set(texts) & set(self.refuses):
            raise CallFailed("too long")
        lines = [base64.b64encode(letters(t).tobytes()).decode() for t in texts]
        return Completion(
            text="\n".join(lines),
            model=model,
            finish_reason="embedded",
            input_tokens=10 * len(texts),
            latency_s=0.0,
        )


def embedder(endpoint, **settings):
    return Embedder("e", endpoint, endpoint_name="here", price=PRICE, **settings)


def vectors(embedder, *asked):
    """What comes of asking for each of these lists of texts at the same time."""

    async def run():
        async with embedder:
            found = [embedder.vectors(texts) for texts in asked]
            return await asyncio.gather(*found, return_exceptions=True)

    return asyncio.run(run())


def part(name, weight=1.0):
    return Weighted(name=name, scorer=scorer(name), weight=weight)


def test_several_scorers_are_one_by_their_weights():
    """The reason says what each of them made of the answer."""
    both = combined([part("exact", 3), part("token-f1")])
    score = both("the cat slept", EXAMPLE)

    assert pytest.approx((3 * 0 + 2 / 3) / 4) == score.value
    assert "exact 0: got 'the cat slept'" in score.reason
    assert "token-f1 0.67: 2 words in common" in score.reason


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(0.001, 1000), min_size=1, max_size=4),
    st.text("abc ", max_size=12),
)
def test_a_weighted_score_lies_among_those_of_its_parts(weights, answer):
    """Whatever the weights; right by all is 1 exactly, and has no reason."""
    names = ["exact", "edit", "token-f1", "chrf"][: len(weights)]
    parts = [part(name, weight) for name, weight in zip(names, weights, strict=True)]
    score = combined(parts)(answer, EXAMPLE)
    values = [p.scorer(answer, EXAMPLE).value for p in parts]

    assert min(values) - 1e-12 <= score.value <= max(values) + 1e-12
    assert combined(parts)("a cat sat", EXAMPLE).value == 1.0
    assert bool(score.reason) == (score.value < 1)


@pytest.mark.parametrize(
    ("given_scorer", "graded"),
    [
        ("exact", False),
        ("similarity", True),
        ([{"scorer": "exact", "weight": 5}], False),
        ([{"scorer": "exact"}, {"scorer": "label"}], True),
        ("judge", True),
    ],
)
def test_whether_scores_are_graded_follows_from_the_parts(given_scorer, graded):
    """Two yes-or-no scorers together give halves, which need another statistic."""
    assert graded == gives_grades(brief(scorer=given_scorer, judge={"model": "j"}))


def test_a_judge_of_two_grades_says_yes_or_no():
    """Its scores get the sharper statistics of 0 and 1."""
    assert not gives_grades(brief(scorer="judge", judge={"model": "j", "grades": 2}))


def brief(**settings):
    return Brief(name="a", instructions="x", examples="e.jsonl", **settings)


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


def similarity(store=None, budget=None, **endpoint):
    used = LetterEndpoint(**endpoint)
    return SimilarityScorer(embedder(used, store=store, budget=budget)), used


def score(paid_scorer, answer):
    async def run():
        async with paid_scorer:
            return await paid_scorer.score(answer, EXAMPLE)

    return asyncio.run(run())


def test_similarity_is_the_best_cosine():
    """With the wanted answer or with a reference."""
    paid = score(similarity()[0], "the cat sits")
    best = max(
        cosine(letters("the cat sits"), letters(t))
        for t in ("the cat sat", "a cat sat")
    )

    assert pytest.approx(best) == paid.score.value
    assert f"cosine {best:.3f}" == paid.score.reason


@pytest.mark.parametrize(("answer", "value"), [(" the  cat sat", 1.0), (" ", 0.0)])
def test_the_same_text_and_none_are_scored_without_a_call(answer, value):
    """Endpoints refuse empty texts, and equal ones need no vector."""
    scorer_, endpoint = similarity()

    assert value == score(scorer_, answer).score.value
    assert [] == endpoint.batches


def test_what_cannot_be_embedded_has_no_score():
    """Missing, never wrong."""
    paid = score(similarity(refuses={"long"})[0], "long")

    assert (None, "not embedded: too long") == (paid.score, paid.reason)


def test_embeddings_are_paid_once_and_counted(tmp_path):
    """Measured again, neither answers nor references are embedded again."""
    budget = Budget(1.0)
    with ResponseStore(tmp_path / "responses.db") as store:
        runs = [measured(*similarity(store, budget)) for _ in range(2)]
    (first, asked), (again, asked_again) = runs

    assert asked > 0 == asked_again
    assert first.spent_usd == pytest.approx(budget.spent_usd)
    assert again.spent_usd == 0.0
    assert first.judge_usd_per_example == again.judge_usd_per_example > 0
    assert "cosine of e" == first.judge_id


def measured(paid_scorer, endpoint):
    found = measure(
        ZERO_SHOT,
        examples(12),
        model=FakeModel(lambda request: echo(request) + " perhaps"),
        scorer=combined(
            [Weighted(name="similarity", scorer=paid_scorer, weight=1), part("exact")]
        ),
        design=replace(design(12), graded=True),
        endpoint_name="e",
    )[0]
    return found, len(endpoint.batches)


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


def test_a_brief_with_paid_scorers_gets_them(tmp_path):
    """Judge and similarity beside a function, from the brief alone."""
    both = brief(
        scorer=[{"scorer": "judge", "weight": 2}, {"scorer": "similarity"}],
        judge={"model": "j", "rubric": "Be right."},
        output=str(tmp_path),
    )
    with ResponseStore(tmp_path / "r.db") as store:
        found = scorer_of(both, date(2026, 11, 1), store=store, budget=Budget(1.0))

    assert found.id.startswith("j, rubric ")
    assert found.id.endswith("cosine of smollm2-135m-instruct")
