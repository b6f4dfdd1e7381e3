"""What training may cost stands in the plan: nothing is reserved that was not told."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rung_cases import SPLIT

from suffice.brief import Brief, Models, Tuning
from suffice.brief import Endpoint as Address
from suffice.economics.approval import asking
from suffice.economics.curve_plan import LABEL
from suffice.errors import OverBudget, TrainingUnavailable
from suffice.examples import Split
from suffice.ladder import TUNED_RUNGS
from suffice.stages.climb import Climb, open_climb
from suffice.stages.orders import Order, hyperparameters
from suffice.stages.planning import plan, plan_training
from suffice.stages.preference_stage import preferences_of
from suffice.stages.table import desk
from suffice.stages.training_cost import most_usd, preference_tokens, usd_of

BASE = "m"
EMBEDDED = "smollm2-135m-instruct"
TRAINED = {"input": 0.0, "output": 0.0, "training": 3.0}
SHARES = st.lists(st.sampled_from([0.1, 0.25, 0.5, 0.77]), unique=True, max_size=3).map(
    lambda shares: tuple(sorted(shares))
)


def price_row(model, **usd_per_mtok):
    return {
        "model": model,
        "provider": "own",
        "from": "2026-01-01",
        "usd_per_mtok": usd_per_mtok,
        "source": "https://example.org/prices",
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Preferences, and a folder for climbs."""
    folder = tmp_path_factory.mktemp("planned")
    lines = [
        {
            "input": {"messages": [{"role": "user", "content": f"Which one, {n}?"}]},
            "preferred_output": [{"role": "assistant", "content": "K-car"}],
            "non_preferred_output": [{"role": "assistant", "content": "A car"}],
        }
        for n in range(12)
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "preferences.jsonl").write_text(text)
    return folder


def climb_of(folder, *, here=False, min_charge_usd=0.0, **fields) -> Climb:
    """A climb whose answers cost nothing, so that what it plans to pay is training."""
    base = EMBEDDED if here else BASE
    rows = [
        {**price_row(base, **TRAINED), "min_charge_usd": min_charge_usd},
        price_row(f"ft:{base}", input=0.0, output=0.0),
    ]
    address = Address(base_url=None if here else "http://127.0.0.1:9/v1")
    given_ = {
        "name": "orders",
        "instructions": "Answer with the code of the thing.",
        "examples": "none.jsonl",
        "models": Models(endpoint=address, base=(base,), tunable=base),
        "rungs": ("fine-tuned",),
        "price_rows": () if here else tuple(rows),
        "budget_usd": 1e9,
        "output": str(folder / "out"),
        **fields,
    }
    return open_climb(Brief.model_validate(given_), SPLIT, "f" * 64)


def reserved_usd(climb: Climb) -> float:
    """What all jobs that the climb may submit reserve in the ledger together."""
    brief = climb.brief
    orders = [
        Order(rung=rung, variation=v)
        for rung in brief.rungs
        if rung in TUNED_RUNGS
        for v in range(brief.tuning.search)
    ]
    orders += [Order(share=share) for share in brief.tuning.learning_curve]
    usd = sum(most_usd(climb, order) for order in orders)
    if brief.tuning.method == "dpo":
        usd += usd_of(brief, preference_tokens(brief, preferences_of(climb).rows))
    return usd


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    search=st.integers(1, 8),
    epochs=st.none() | st.integers(1, 50),
    shares=SHARES,
    dpo=st.booleans(),
    rungs=st.sampled_from([("fine-tuned",), ("fine-tuned", "fine-tuned-few-shot")]),
    min_charge_usd=st.sampled_from([0.0, 0.005]),
    provider=st.sampled_from(["openai", "together"]),
)
def test_the_plan_is_the_sum_of_what_is_reserved(
    folder, search, epochs, shares, dpo, rungs, min_charge_usd, provider
):
    """What a person approves, and what the budget is compared with, is all of it."""
    method = {"method": "dpo", "preferences": str(folder / "preferences.jsonl")}
    tuning = Tuning(
        search=search,
        epochs=epochs,
        learning_curve=shares,
        **(method if dpo else {}),
    )
    address = Address(base_url="http://127.0.0.1:9/v1", provider=provider)
    climb = climb_of(
        folder,
        tuning=tuning,
        rungs=rungs,
        min_charge_usd=min_charge_usd,
        models=Models(endpoint=address, base=(BASE,), tunable=BASE),
    )
    unhosted = [r for r in plan(climb).rows if r.rung != "hosting"]

    assert pytest.approx(reserved_usd(climb)) == sum(row.usd for row in unhosted)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(n=st.integers(20, 150), search=st.integers(1, 8), shares=SHARES)
def test_so_it_is_on_the_embedded_server_which_chooses_its_passes(
    folder, n, search, shares
):
    """A small part is seen more often than a large one."""
    tuning = Tuning(search=search, learning_curve=shares)
    climb = climb_of(folder, here=True, tuning=tuning)
    train = tuple(random.Random(n).choices(SPLIT.train, k=n))
    split = Split(train=train, dev=SPLIT.dev, test=SPLIT.test)
    climb = open_climb(climb.brief, split, f"{n:064}")
    planned = {row.rung: row for row in plan(climb).rows}
    answers_usd = sum(row.n_calls for row in planned.values()) * 0.5 / 3600 * 0.05

    assert pytest.approx(reserved_usd(climb)) == plan(climb).usd - answers_usd


def test_doubling_the_passes_doubles_what_our_own_server_would_make():
    """Six passes are not twice the eight that it takes for so few examples."""
    brief = Brief(name="a", instructions="b", examples="c")

    assert 16 == hyperparameters(brief, 60, variation=2)["n_epochs"]
    assert 4 == hyperparameters(brief, 60, variation=4)["n_epochs"]


@pytest.mark.parametrize(
    ("row", "tuning"),
    [
        (LABEL, {"learning_curve": (0.5,)}),
        ("fine-tuned, chosen", {"search": 2}),
        ("fine-tuned, chosen", {"method": "dpo"}),
    ],
)
def test_each_kind_of_job_has_a_part_in_what_is_asked_about(folder, row, tuning):
    """Whoever approves sees it, and a budget that does not bear it refuses at once."""
    if "method" in tuning:
        tuning = {**tuning, "preferences": str(folder / "preferences.jsonl")}
    climb = climb_of(folder, tuning=Tuning(**tuning))
    planned = plan(climb)
    alone = plan(climb_of(folder)).usd
    (found,) = (r for r in planned.rows if r.rung == row)
    less = {"budget_usd": (alone + planned.usd) / 2}
    short = replace(climb, brief=climb.brief.model_copy(update=less))
    asked = climb.brief.model_copy(update={"auto_approve_usd": less["budget_usd"]})

    assert found.usd == pytest.approx(planned.usd - alone)
    assert found.usd > 0
    with pytest.raises(OverBudget):
        plan(short)
    assert asking(planned, asked) is not None


def test_training_alone_is_planned_as_its_one_job(folder):
    """What `suffice tune` is asked about is what it will reserve."""
    climb = climb_of(folder, tuning=Tuning(search=4, learning_curve=(0.5,)))
    planned = plan_training(climb, "fine-tuned")

    assert ["fine-tuned"] == [row.rung for row in planned.rows]
    assert most_usd(climb, Order()) == planned.usd
    assert 0 == planned.n_calls


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((), "What training m costs is unknown"),
        ((price_row("m", **TRAINED),), "add a price for 'ft:m'"),
        (
            (price_row("m", **TRAINED), price_row("ft:m", input=1.0)),
            "add a price for 'ft:m'",
        ),
    ],
)
def test_an_unknown_price_is_never_nothing(folder, rows, told):
    """Neither of the training nor of what it makes; preferences are no exception."""
    known = price_row("m", input=1.0, output=1.0)
    climb = climb_of(folder, price_rows=(*rows, *(() if rows else (known,))))

    with pytest.raises(TrainingUnavailable, match=told):
        most_usd(climb, Order())
    with pytest.raises(TrainingUnavailable, match=told):
        usd_of(climb.brief, 1000.0)


def test_no_stage_asks_a_model_whose_price_nobody_knows(folder):
    """Also one that no plan has seen: a successor, a proposer."""
    climb = climb_of(folder)
    with desk(climb) as at, pytest.raises(OverBudget, match="'another'"):
        at.desk(climb, "another")


@pytest.mark.parametrize(
    ("hosting", "tuning", "usd"),
    [
        ({"usd_per_hour": 7.0, "hours": 2.0}, {}, 2 * 2 * 7.0),
        ({"usd_per_hour": 7.0, "hours": 1.0}, {"probes": False}, 7.0),
        ({"usd_per_hour": 7.0, "hours": 1.0}, {"search": 3}, 5 * 7.0),
        ({"usd_per_hour": 7.0, "hours": 1.0}, {"learning_curve": (0.5,)}, 4 * 7.0),
        ({}, {}, None),
    ],
)
def test_what_is_rented_stands_in_the_plan(folder, hosting, tuning, usd):
    """Each stay is reserved for all its hours; one whose price nobody knows shows."""
    url = "https://api.fireworks.ai/inference/v1"
    address = Address(base_url=url, account="ours", hosting=hosting)
    models = Models(endpoint=address, base=(BASE,), tunable=BASE)
    climb = climb_of(folder, models=models, tuning=Tuning(**tuning))
    found = {row.rung: row.usd for row in plan(climb).rows}

    assert usd == found["hosting"]
    assert "hosting" not in {row.rung for row in plan(climb_of(folder)).rows}
