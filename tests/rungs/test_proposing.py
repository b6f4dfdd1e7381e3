"""gepa's proposals: within the budget, stored, and never worse than the start."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from rung_cases import SPLIT

from suffice.candidates import Candidate
from suffice.economics.prices import Price
from suffice.journal import Journal
from suffice.ladder import Optimiser
from suffice.measuring.budget import Budget
from suffice.measuring.calls import Desk
from suffice.measuring.choosing import choose
from suffice.measuring.proposing import propose
from suffice.measuring.responses import ResponseStore
from suffice.measuring.scorers import scorer
from suffice.results import Completion

START = Candidate(rung="optimised-prompt", name="start", model="m", system="Answer.")
BETTER = "Answer with K- and the thing."


class Models:
    """One model that obeys its instructions, one that proposes them."""

    def __init__(self, proposal: str) -> None:
        self.proposal = proposal
        self.asked = {"m": 0, "strong": 0}

    async def complete(self, request):
        self.asked[request["model"]] += 1
        if request["model"] == "strong":
            text = f"```\n{self.proposal}\n```"
        else:
            told, asked = (m["content"] for m in request["messages"])
            things = [e.answer for e in SPLIT.train]
            right = next(t for t in things if t[2:] in asked.split())
            text = right if told == BETTER else "no idea"
        return Completion(
            text=text,
            model=request["model"],
            finish_reason="stop",
            input_tokens=100,
            output_tokens=10,
            latency_s=0.1,
        )


PRICE = Price(
    model="m",
    provider="test",
    from_date=date(2026, 1, 1),
    input_usd_per_mtok=1.0,
    output_usd_per_mtok=1.0,
)


def search(models, store=None, *, calls=60, budget=None):
    desk = Desk(
        model=models,
        scorer=scorer("exact"),
        endpoint_name="e",
        store=store,
        budget=budget,
        price=PRICE if budget else None,
    )
    return propose(
        START,
        SPLIT.train,
        SPLIT.dev,
        optimiser=Optimiser(proposer="strong", max_metric_calls=calls),
        desk=desk,
        proposers_desk=desk,
        seed=7,
        journal=Journal(),
    )


def test_a_better_prompt_is_found_and_wins_on_dev():
    """The proposer reads what went wrong and says what was missing."""
    models = Models(BETTER)

    (text,) = search(models)
    choice = choose(
        [START, replace(START, name="proposed 1", system=text)],
        SPLIT.dev,
        desk=Desk(model=models, scorer=scorer("exact"), endpoint_name="e"),
    )

    assert (BETTER, "proposed 1") == (text, choice.winner.name)


def test_a_proposal_that_helps_nothing_is_not_proposed():
    """What is never better on dev costs the choice no call."""
    assert () == search(Models("Guess."))


def test_the_search_keeps_to_its_number_of_calls():
    """The plan told the user how many there would be."""
    models = Models("Guess.")

    search(models, calls=40)

    # A minibatch that has begun is finished.
    assert 16 < models.asked["m"] <= 40 + 16


def test_the_same_search_again_costs_nothing(tmp_path):
    """A climb that is run again must not pay for its search again."""
    with ResponseStore(tmp_path / "responses.db") as store:
        first = search(Models(BETTER), store)
        again = Models(BETTER)
        second = search(again, store)

    assert (first, {"m": 0, "strong": 0}) == (second, again.asked)


def test_a_budget_that_runs_out_ends_the_search():
    """The cap holds for the search as for everything else."""
    models = Models("Guess.")
    budget = Budget(0.002)

    assert () == search(models, budget=budget)
    assert budget.own_usd <= 0.002
