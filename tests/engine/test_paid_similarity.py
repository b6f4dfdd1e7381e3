"""Similarity of meaning, which must be paid."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from engine_fakes import ZERO_SHOT, FakeModel, design, desk, echo, examples
from letter_endpoint import EXAMPLE, LetterEndpoint, embedder, letters

from suffice.measuring.budget import Budget
from suffice.measuring.embeddings import cosine
from suffice.measuring.measure import measure
from suffice.measuring.responses import ResponseStore
from suffice.measuring.scorers import scorer
from suffice.measuring.similarity import SimilarityScorer
from suffice.measuring.weighted import Weighted, combined


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
    assert first.spent_usd == pytest.approx(budget.own_usd)
    assert again.spent_usd == 0.0
    assert first.judge_usd_per_example == again.judge_usd_per_example > 0
    assert "cosine of e" == first.judge_id


def measured(paid_scorer, endpoint):
    both = combined(
        [
            Weighted(name="similarity", scorer=paid_scorer, weight=1),
            Weighted(name="exact", scorer=scorer("exact"), weight=1),
        ]
    )
    nearly = FakeModel(lambda request: echo(request) + " perhaps")
    found = measure(
        ZERO_SHOT,
        examples(12),
        desk=desk(nearly, scorer=both),
        design=replace(design(12), graded=True),
    )[0]
    return found, len(endpoint.batches)
