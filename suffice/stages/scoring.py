"""
From a brief to its scorer: functions, and those that ask an endpoint.

The judge may answer at another endpoint than the models; all are paid from the same
budget and stored in the same place.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from suffice.brief import Brief, Judge
from suffice.economics.own_prices import prices_of
from suffice.economics.prices import Price
from suffice.errors import BadBrief, BadExamples, UnusableInput
from suffice.examples import Example, Split
from suffice.measuring.budget import Budget
from suffice.measuring.calls import Desk
from suffice.measuring.embedder import Embedder
from suffice.measuring.judge import JudgeScorer
from suffice.measuring.judge_calibration import read_labels
from suffice.measuring.responses import ResponseStore
from suffice.measuring.scorers import Pure, Scorer, is_graded, scorer
from suffice.measuring.similarity import SimilarityScorer
from suffice.measuring.weighted import Weighted, combined
from suffice.scoring import PAID, parts
from suffice.stages.connect import connect, endpoint_name


def scorer_of(
    brief: Brief, on: date, *, store: ResponseStore, budget: Budget
) -> Scorer:
    """
    The brief's scorer at the prices of the day *on*; several are combined into one.

    Raises `BadBrief` when it names a function that is not there.
    """
    found: list[Weighted] = []
    for part in parts(brief.scorer):
        if part.scorer == "judge":
            desk = judges_desk(brief, on, store=store, budget=budget)
            one: Scorer = JudgeScorer(judge_of(brief), desk)
        elif part.scorer == "similarity":
            one = SimilarityScorer(embedder_of(brief, on, store=store, budget=budget))
        else:
            one = scorer(part.scorer)
        found.append(Weighted(name=part.scorer, scorer=one, weight=part.weight))
    return combined(found)


def refuse_unusable(brief: Brief) -> None:
    """
    Raise what the scorers would raise when they are first used, before that.

    `BadBrief` for a function that is not there or takes something else, and for
    similarity without a model that embeds; `BadExamples` for labels that cannot be
    read.
    """
    for part in parts(brief.scorer):
        if part.scorer not in PAID:
            scorer(part.scorer)
        elif part.scorer == "similarity":
            _refuse_unnamed_embedder(brief)
        elif judge_of(brief).human_labels:
            read_labels(judge_of(brief).human_labels or "")


def try_scorers(brief: Brief, split: Split) -> None:
    """
    Let the scorers that cost nothing score what they will meet, before money is spent.

    A function must bear the wanted answer of an example and an empty one; wanted
    answers that are patterns or tool calls must be well formed.  Raises `BadBrief` or
    `BadExamples`.
    """
    examples = (*split.train, *split.dev, *split.test)
    for name in (part.scorer for part in parts(brief.scorer)):
        if ":" in name.partition(" ")[0]:
            for answer in (examples[0].answer, ""):
                scorer(name)(answer, examples[0])
        elif name in ("regex", "tool-call"):
            _refuse_odd_answers(scorer(name), examples)


def _refuse_odd_answers(score: Pure, examples: Sequence[Example]) -> None:
    for example in examples:
        try:
            score("", example)
        except UnusableInput as error:
            raise BadExamples(f"the example {example.id!r}: {error}") from error


def gives_grades(brief: Brief) -> bool:
    """Whether a score may lie between 0 and 1, rather than being one of the two."""
    names = [part.scorer for part in parts(brief.scorer)]
    if len(names) > 1:
        return True
    judge = brief.judge
    if names == ["judge"] and judge and judge.mode == "rubric" and judge.grades == 2:
        return False
    return is_graded(names[0])


def judge_of(brief: Brief) -> Judge:
    """The brief's judge; `BadBrief` when it names none."""
    if brief.judge is None:
        raise BadBrief("the brief has no judge; add 'judge: {model: ..., rubric: ...}'")
    return brief.judge


def embedder_of(
    brief: Brief, on: date, *, store: ResponseStore, budget: Budget
) -> Embedder:
    """
    The brief's embedding model, at the models' endpoint.

    Raises `BadBrief` where that is not the embedded one and no model is named.
    """
    _refuse_unnamed_embedder(brief)
    return Embedder(
        brief.embedder,
        connect(brief),
        endpoint_name=endpoint_name(brief),
        store=store,
        price=scoring_price(brief, "similarity", on),
        budget=budget,
        needed=True,
    )


def _refuse_unnamed_embedder(brief: Brief) -> None:
    elsewhere = brief.models.endpoint.base_url
    if elsewhere is not None and "embedder" not in brief.model_fields_set:
        raise BadBrief(
            f"the scorer 'similarity' needs a model that embeds at {elsewhere}: "
            "name it in the brief, such as 'embedder: text-embedding-3-small'"
        )


def judges_desk(
    brief: Brief, on: date, *, store: ResponseStore, budget: Budget
) -> Desk:
    """Where the brief's judge answers: its own endpoint, or that of the models."""
    judge = judge_of(brief)
    endpoint = judge.endpoint or brief.models.endpoint
    models = brief.models.model_copy(update={"endpoint": endpoint})
    there = brief.model_copy(update={"models": models})
    return Desk(
        model=connect(there),
        scorer=scorer("exact"),
        endpoint_name=endpoint_name(there),
        store=store,
        price=scoring_price(brief, "judge", on),
        budget=budget,
        concurrency=endpoint.concurrency,
    )


def scoring_price(brief: Brief, name: str, on: date) -> Price | None:
    """What the model behind *name*, judge or similarity, costs; ``None``: unknown."""
    endpoint, model = brief.models.endpoint, brief.embedder
    if name == "judge":
        judge = judge_of(brief)
        endpoint, model = judge.endpoint or endpoint, judge.model
    return prices_of(brief, endpoint.base_url).price(model, on)
