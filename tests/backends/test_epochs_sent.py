"""How long a job trains, and so what it costs, is decided here and by nobody else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from places import Place
from rung_cases import SPLIT

from suffice.brief import Brief, Endpoint, Models, Tuning
from suffice.stages.climb import Climb, open_climb
from suffice.stages.orders import Order
from suffice.stages.planning import plan_training
from suffice.stages.preference_stage import submit_preferences
from suffice.stages.training_cost import most_usd
from suffice.stages.tune_stage import submit_tuning
from suffice.stages.waiting_stage import Seat, follow_all
from suffice.tuning.ledger import Ledger


def climb_at(place: Place, folder, **tuning) -> Climb:
    """A climb whose training is paid by the token."""
    account = "acme" if place.provider == "fireworks" else None
    url = place.api.url
    if account:
        url = url.replace("/v1", "/inference/v1")
    address = Endpoint(base_url=url, provider=place.provider, account=account)
    prices = {
        place.base: {"input": 0.0, "output": 0.0, "training": 3.0},
        f"ft:{place.base}": {"input": 0.0, "output": 0.0},
    }
    rows = [
        {"model": model, "provider": "own", "from": "2026-01-01", "usd_per_mtok": usd}
        | {"source": "https://example.org/prices"}
        for model, usd in prices.items()
    ]
    brief = Brief.model_validate(
        {
            "name": "orders",
            "instructions": "Answer with the code of the thing.",
            "examples": "none.jsonl",
            "models": Models(endpoint=address, base=(place.base,), tunable=place.base),
            "rungs": ("fine-tuned",),
            "tuning": Tuning(**tuning),
            "price_rows": rows,
            "budget_usd": 100.0,
            "output": str(folder / "out"),
        }
    )
    return open_climb(brief, SPLIT, "f" * 64)


def sent(place: Place) -> dict[str, object]:
    """The numbers in the last job that the provider was asked for."""
    body = place.api.bodies[-1]
    if "method" not in body:
        return {**body, "n_epochs": body.get("n_epochs", body.get("epochs"))}
    (method,) = (v for k, v in body["method"].items() if k != "type")
    return dict(method["hyperparameters"])


@pytest.mark.parametrize(("given", "epochs"), [(None, 3), (5, 5)])
def test_every_provider_is_told_the_epochs_that_were_planned(
    place, tmp_path, given, epochs
):
    """Left to the provider, a job may cost several times what was reserved."""
    climb = climb_at(place, tmp_path, epochs=given)
    submit_tuning(climb)
    with Ledger(tmp_path / "out" / "ledger.db") as ledger:
        (entry,) = ledger.rows(kind="job")

    assert epochs == sent(place)["n_epochs"]
    assert epochs == json.loads(entry.pinned)["hyperparameters"]["n_epochs"]
    assert plan_training(climb, "fine-tuned").usd == entry.reserved_usd > 0


@pytest.mark.parametrize("place", ["together", "nebius", "openai"], indirect=True)
def test_looks_at_the_validation_file_are_reserved_for_where_they_are_billed(
    place, tmp_path
):
    """Together's formula: epochs x training tokens + looks x validation tokens."""
    climb = climb_at(place, tmp_path)
    undivided = open_climb(climb.brief, replace(SPLIT, dev=()), "e" * 64)
    submit_tuning(climb)
    looks = 0 if place.provider == "openai" else 3
    n_train, n_dev = len(SPLIT.train), len(SPLIT.dev)
    more = most_usd(climb, Order()) / most_usd(undivided, Order())

    assert pytest.approx(1 + looks * n_dev / (3 * n_train)) == more
    assert looks == sent(place).get("n_evals", looks)


@pytest.mark.parametrize("place", ["together"], indirect=True)
def test_what_the_provider_says_a_job_has_cost_is_what_it_has_cost(place, tmp_path):
    """It bills its own count of tokens, at its own price, looks at dev included."""
    climb = climb_at(place, tmp_path)
    job_id = submit_tuning(climb)
    place.api.finish(job_id)
    ended = follow_all(climb, {"fine-tuned": job_id}, Seat())

    assert 2.5 == ended.model("fine-tuned").upfront_usd


@pytest.mark.parametrize("place", ["openai", "azure"], indirect=True)
def test_so_it_is_where_preferences_are_learned(place, tmp_path):
    """Each pair is two answers long, and the passes multiply both."""
    lines = [
        {
            "input": {"messages": [{"role": "user", "content": f"Which one, {n}?"}]},
            "preferred_output": [{"role": "assistant", "content": "K-car"}],
            "non_preferred_output": [{"role": "assistant", "content": "A car"}],
        }
        for n in range(12)
    ]
    file = tmp_path / "preferences.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    climb = climb_at(place, tmp_path, method="dpo", preferences=str(file))
    submit_preferences(climb, place.base)

    assert {"n_epochs": 3} == sent(place)
