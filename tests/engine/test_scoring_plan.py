"""Scoring that must be paid is planned, and refused, like all that must be paid."""

from __future__ import annotations

from datetime import date

import pytest

from suffice.brief import Brief
from suffice.economics.plan import MeanTokens, Plan, Planned, Sizes, refuse_over_budget
from suffice.errors import BadBrief, OverBudget, UnusableInput
from suffice.measuring.budget import Budget
from suffice.measuring.responses import ResponseStore
from suffice.stages.scoring import scorer_of
from suffice.stages.scoring_plan import with_scoring

ON = date(2026, 11, 21)
SIZES = Sizes(train=100, dev=50, test=200)
TOKENS = MeanTokens(question=50, answer=20, instructions=100)
ROW = Planned(
    rung="zero-shot",
    model="gpt-6-luna",
    n_calls=250,
    input_tokens=0,
    output_tokens=0,
    usd=0.0,
    seconds=1.0,
    smallest_provable=None,
)


def planned(**settings):
    url = "https://api.openai.com/v1"
    brief = Brief(
        name="a",
        instructions="x",
        examples="e.jsonl",
        models={"endpoint": {"base_url": url}, "base": ["gpt-6-luna"]},
        rungs=("floor", "zero-shot"),
        **settings,
    )
    plan = Plan(rows=(ROW,), budget_usd=brief.budget_usd)
    return brief, with_scoring(plan, brief, SIZES, TOKENS, ON)


@pytest.mark.parametrize(("mode", "times"), [("rubric", 1), ("pairwise", 2)])
def test_every_answer_of_every_rung_is_judged(mode, times):
    """250 of the rung, and of the floor 200 and three times 50."""
    judge = {"model": "gpt-6-sol", "mode": mode}
    _, plan = planned(scorer="judge", judge=judge)
    row = plan.rows[-1]

    assert ("judge", "gpt-6-sol", 600 * times) == (row.rung, row.model, row.n_calls)
    assert row.usd > 600 * times * (260 + 50 + 40) * 2.0e-6


def test_a_judge_over_the_budget_is_refused_before_it_is_asked():
    """Judging may well cost more than answering."""
    judge = {"model": "gpt-6-astra", "mode": "pairwise"}
    brief, plan = planned(scorer="judge", judge=judge, budget_usd=1.0)

    with pytest.raises(OverBudget, match="judge on gpt-6-astra"):
        refuse_over_budget(plan, brief)


def test_a_judge_without_a_price_is_refused():
    """It could not be held to a budget."""
    brief, plan = planned(scorer="judge", judge={"model": "unheard-of"})

    with pytest.raises(OverBudget, match="No price of 'unheard-of'"):
        refuse_over_budget(plan, brief)


def test_embedding_is_planned_too():
    """It costs next to nothing, and is there all the same."""
    _, plan = planned(scorer="similarity", embedder="text-embedding-3-small")

    assert pytest.approx(600 * 2 * 20 * 0.02e-6) == plan.rows[-1].usd


def test_functions_cost_nothing():
    """No row for what asks nobody."""
    assert (ROW,) == planned(scorer="exact")[1].rows


def test_a_scorer_that_cannot_be_used_is_refused_with_the_plan():
    """Before the first call, not at the first answer."""
    for name in ("no_such_module:f", "json:dumps_all", "math:pi", "math:sin"):
        with pytest.raises(BadBrief):
            planned(scorer=[{"scorer": "exact"}, {"scorer": name}])


def test_similarity_without_a_model_that_embeds_is_refused_with_the_plan():
    """`suffice check` must find what would end the climb."""
    with pytest.raises(BadBrief, match="needs a model that embeds"):
        planned(scorer="similarity")


def test_labels_that_cannot_be_read_are_refused_with_the_plan(tmp_path):
    """The judge would be trusted without them."""
    labels = str(tmp_path / "people.jsonl")
    judge = {"model": "gpt-6-sol", "human_labels": labels}

    with pytest.raises(UnusableInput, match=r"people\.jsonl"):
        planned(scorer="judge", judge=judge)


def test_similarity_elsewhere_needs_a_model_that_embeds(tmp_path):
    """The embedded one is not there: refused, instead of every score missing."""
    brief = planned()[0].model_copy(update={"scorer": "similarity"})

    with (
        ResponseStore(tmp_path / "r.db") as store,
        pytest.raises(BadBrief, match="embedder: text-embedding-3-small"),
    ):
        scorer_of(brief, ON, store=store, budget=Budget(1.0))
