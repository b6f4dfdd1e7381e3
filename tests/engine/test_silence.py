"""An endpoint that is not there says nothing about a candidate."""

from __future__ import annotations

import asyncio
import re
import socket
from dataclasses import replace

import pytest
from engine_fakes import ZERO_SHOT, FakeModel, asked, desk, examples
from letter_endpoint import EXAMPLE, LetterEndpoint
from letter_endpoint import embedder as letters_of

from suffice.brief import Judge
from suffice.errors import (
    BadBrief,
    CallFailed,
    EndpointDown,
    EnvironmentFailed,
    NoAnswer,
)
from suffice.measuring.choosing import choose
from suffice.measuring.embedder import Embedder
from suffice.measuring.judge import JudgeScorer
from suffice.measuring.measure import measure
from suffice.measuring.models import OpenAIModel
from suffice.measuring.responses import ResponseStore
from suffice.measuring.similarity import SimilarityScorer
from suffice.statistics.acceptance import Design

DESIGN = Design(bar=0.85, margin=0.03, alpha=0.01, n_max=60)
DOWN = NoAnswer("http://x did not answer after 5 attempts: connection refused")


def judged(model, **settings):
    return measure(
        ZERO_SHOT, examples(60), desk=desk(model, **settings), design=DESIGN
    )[0]


def score(scorer, answer):
    async def run():
        async with scorer:
            return await scorer.score(answer, EXAMPLE)

    return asyncio.run(run())


def test_an_endpoint_that_is_down_ends_the_climb_and_measures_nothing():
    """*Inconclusive, more examples needed* would be a lie, told once for each rung."""
    with pytest.raises(EnvironmentFailed, match=r"Not one of \d+ calls was answered"):
        judged(FakeModel(lambda r: DOWN))


def test_nothing_is_chosen_where_nothing_was_answered():
    """The first of many prompts would win, for no reason."""
    with pytest.raises(EnvironmentFailed, match="connection refused"):
        choose(
            [ZERO_SHOT, replace(ZERO_SHOT, system="other")],
            examples(20),
            desk=desk(FakeModel(lambda r: DOWN)),
        )


def test_a_judge_that_is_down_ends_the_climb_before_all_is_answered_and_paid():
    """Every rung would be asked, and paid for, and none of them judged."""
    judge = JudgeScorer(Judge(model="j"), desk(FakeModel(lambda r: DOWN)))
    model = FakeModel(asked)

    with pytest.raises(EndpointDown, match=r"Not one of \d+ calls to the judge 'j'"):
        judged(model, scorer=judge)
    assert len(model.asked) < 60


@pytest.mark.parametrize("mode", ["rubric", "pairwise"])
def test_a_judge_that_never_rules_is_refused_with_what_it_said(mode):
    """It is no judge; *inconclusive* for each rung would say nothing of the rungs."""
    talker = FakeModel(lambda r: "What a lovely answer, I would say!")
    judge = JudgeScorer(Judge(model="j", mode=mode), desk(talker))
    model = FakeModel(lambda r: "something else")

    with pytest.raises(BadBrief, match=r"'j' has replied \d+ times.*What a lovely ans"):
        judged(model, scorer=judge)
    assert len(model.asked) < 60


def test_a_judge_that_has_ruled_may_be_at_a_loss():
    """Odd answers are missing; they say nothing against the judge."""

    def rules_once(request):
        text = "\n".join(m["content"] for m in request["messages"])
        code = re.search(r"bear the code (\w+)", text)[1]
        return f'{{"case": "{code}", "grade": 1}}' if "question 0" in text else "Well"

    judge = JudgeScorer(Judge(model="j", grades=2), desk(FakeModel(rules_once)))

    assert "inconclusive" == judged(FakeModel(asked), scorer=judge).ruling


class DeadEmbeddings:
    """An endpoint that embeds nothing."""

    async def embed(self, model, texts):
        raise DOWN


def test_an_embedder_that_is_down_ends_the_climb_and_is_named():
    """It scores, or finds what is shown; without it nothing is measured."""
    embedder = Embedder("e", DeadEmbeddings(), endpoint_name="here", needed=True)
    model = FakeModel(lambda r: "something else")

    with pytest.raises(EndpointDown, match=r"The embedder 'e' answered nothing"):
        judged(model, scorer=SimilarityScorer(embedder))


def test_an_embedder_that_has_given_vectors_may_miss_some(tmp_path):
    """What is stored is compared; only the rest is missing."""
    with ResponseStore(tmp_path / "r.db") as store:
        score(SimilarityScorer(letters_of(LetterEndpoint(), store=store)), "the cat")
        dead = letters_of(DeadEmbeddings(), store=store, needed=True)
        lost = score(SimilarityScorer(dead), "a dog")

    assert lost.score is None
    assert "not embedded" in lost.reason


def test_one_answer_is_enough_to_go_on():
    """A shaky endpoint is not a dead one: what is missing is counted."""
    first = FakeModel(lambda r: asked(r) if asked(r).endswith(" 0") else DOWN)

    assert "inconclusive" == judged(first).ruling


def test_stored_answers_stand_when_the_endpoint_has_gone(tmp_path):
    """What has been paid for is judged; only the rest is missing."""
    with ResponseStore(tmp_path / "r.db") as store:
        judged(FakeModel(asked), store=store)
        again = judged(FakeModel(lambda r: DOWN), store=store)

    assert "passed" == again.ruling


def test_calls_that_would_never_succeed_are_no_outage():
    """A prompt too long for the model is the prompt's failure: *inconclusive*."""
    lost = CallFailed("HTTP 400 context_length_exceeded")

    assert "inconclusive" == judged(FakeModel(lambda r: lost)).ruling


def test_a_port_where_nobody_listens_is_told_as_such():
    """The client must tell an outage from a request that is refused."""
    with socket.socket() as taken:
        # Bound and not listening: refused, and nobody else can take it.
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"

        async def ask():
            async with OpenAIModel(url, "k", first_wait_s=0.0) as model:
                await model.complete({"model": "m", "messages": [], "max_tokens": 1})

        with pytest.raises(NoAnswer, match="after 5 attempts"):
            asyncio.run(ask())
