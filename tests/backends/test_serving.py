"""A stage asks tuned models by the names they are hosted under, and nothing lingers."""

from __future__ import annotations

import asyncio
from contextlib import closing

import pytest
from hosting_places import leave_running
from test_abilities import brief_at

from suffice.errors import BadBrief, EnvironmentFailed, OverBudget
from suffice.measuring.budget import Budget
from suffice.providing import Hosting
from suffice.stages.hosting_stage import serving, stop_forgotten
from suffice.stages.landlords import host_of
from suffice.tuning.following import wait
from suffice.tuning.ledger_gate import Gate
from suffice.tuning.visit import Stay

on_gpus = pytest.mark.parametrize("place", ["together", "fireworks"], indirect=True)


def only(provider):
    return pytest.mark.parametrize("place", [provider], indirect=True)


class FakeModel:
    """The endpoint's chat API: answers with the name it was asked by."""

    def __init__(self):
        self.asked = []

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    async def complete(self, request):
        self.asked.append(request["model"])
        return request["model"]


def ask(model, *names):
    async def asked():
        async with model:
            return [await model.complete({"model": name}) for name in names]

    return asyncio.run(asked())


@pytest.fixture
def tuned(place, tmp_path):
    """A place with a finished job in a ledger of its own."""
    job_id = place.submit()
    place.api.finish(job_id)
    return wait(
        job_id, client=place.backend, ledger=place.ledger, clock=place.time.clock
    ).model


@pytest.fixture
def brief(place):
    hosting = Hosting(usd_per_hour=3.0, hours=1.0)
    found = brief_at(place, "examples.jsonl")
    endpoint = found.models.endpoint.model_copy(update={"hosting": hosting})
    models = found.models.model_copy(update={"endpoint": endpoint})
    return found.model_copy(update={"models": models})


@on_gpus
def test_what_hosting_reserves_no_call_of_the_same_stage_can_spend(
    place, tuned, brief, tmp_path
):
    """The budget was counted before the first call rented anything."""
    stay, where = Stay(climb_id="c1", hours=1.0, look_s=0.0), tmp_path / "ledger.db"
    budget = Budget(4.0, books=Gate(where, climb_id="c1", every_s=0.0))
    with serving(brief, FakeModel(), where, stay, budget=budget) as at:
        budget.settle(budget.reserve(2.0), 0.0)
        ask(at, tuned)
        with pytest.raises(OverBudget):
            budget.reserve(2.0)

    assert 2.0 == budget.reserve(2.0).usd


@on_gpus
def test_no_call_is_made_beyond_the_hours_that_were_reserved(
    place, tuned, brief, tmp_path
):
    """A slow endpoint would let a rented GPU run on, past the budget."""
    ledger, time = tmp_path / "ledger.db", place.time
    stay = Stay(climb_id="c1", hours=1.0, look_s=0.0, cap_usd=3.0)
    model = FakeModel()
    with serving(brief, model, ledger, stay, clock=time.clock) as at:
        ask(at, tuned)
        time.sleep(3601)
        with pytest.raises(OverBudget, match=r"hosting\.hours"):
            ask(at, tuned)

    assert (1, []) == (len(model.asked), place.api.running())


@on_gpus
def test_only_the_tuned_model_is_hosted_and_only_once(place, tuned, brief, tmp_path):
    """A base answers by the token; a GPU for it would be paid for nothing."""
    stay = Stay(climb_id="c1", look_s=0.0)
    model = FakeModel()
    with serving(brief, model, tmp_path / "ledger.db", stay) as at:
        ask(at, "m")
        before = place.api.running()
        ask(at, tuned, tuned)
        during = place.api.running()

    assert ([], 1, []) == (before, len(during), place.api.running())
    assert "m" == model.asked[0]
    assert tuned != model.asked[1] == model.asked[2]


@on_gpus
def test_a_stage_whose_answers_are_stored_starts_nothing(place, tuned, brief, tmp_path):
    """Run again, a climb asks nothing and must pay nothing."""
    with serving(brief, FakeModel(), tmp_path / "ledger.db", Stay()):
        pass

    assert () == place.ledger.rows(kind="hosting")


@on_gpus
def test_what_a_killed_climb_left_is_stopped_when_the_next_opens(
    place, tuned, brief, tmp_path
):
    """The first act of a new climb, before anything new is paid for."""
    with closing(host_of(brief, tuned)) as host:
        leave_running(host, tuned, place.ledger, place.time)
    told = []
    stop_forgotten(brief, tmp_path / "ledger.db", told.append)

    assert [] == place.api.running()
    assert "was left running" in told[0]


@only("openai")
def test_a_provider_that_serves_at_once_is_left_as_it_is(place, tmp_path):
    """OpenAI and the embedded server need no host, and no ledger is opened."""
    model = FakeModel()
    nowhere = tmp_path / "none.db"
    with serving(brief_at(place, "e.jsonl"), model, nowhere, Stay()) as at:
        assert at is model

    assert not nowhere.exists()


@only("azure")
def test_azure_without_its_resource_is_refused_in_one_sentence(place, monkeypatch):
    """The engineer must know which line of the brief is missing."""
    brief = brief_at(place, "e.jsonl")
    with pytest.raises(BadBrief, match=r"hosting\.resource"):
        host_of(brief, "m")

    hosting = Hosting(resource="/subscriptions/1", token_env="NOT_SET")
    endpoint = brief.models.endpoint.model_copy(update={"hosting": hosting})
    models = brief.models.model_copy(update={"endpoint": endpoint})
    with pytest.raises(EnvironmentFailed, match="NOT_SET"):
        host_of(brief.model_copy(update={"models": models}), "m")


@only("fireworks")
@pytest.mark.parametrize(
    ("hardware", "number"), [("NVIDIA_H100_80GB", 1), ("4x NVIDIA_H100_80GB", 4)]
)
def test_gpus_cost_what_the_book_says_and_no_more_of_them_are_taken(
    place, hardware, number
):
    """Fireworks would choose their number by the model, and bill each of them."""
    brief = brief_at(place, "e.jsonl")
    # The imitation's address tells no provider: a row of one's own, as for anybody.
    row = {"model": "dedicated-h100", "provider": "fireworks", "kind": "hosted"}
    row |= {"from": "2026-11-21", "source": "https://fireworks.ai/pricing"}
    row |= {"hosting_usd_per_hour": 7.0}
    hosting = Hosting(hardware=hardware)
    endpoint = brief.models.endpoint.model_copy(update={"hosting": hosting})
    models = brief.models.model_copy(update={"endpoint": endpoint})
    priced = brief.model_copy(update={"models": models, "price_rows": (row,)})
    with closing(host_of(priced, "m")) as host:
        host.start("m", "suffice-1")
        rented = place.api.deployments["suffice-1"]
        host.stop("suffice-1")

        assert number * 7.0 == host.usd_per_hour
    assert number == rented["acceleratorCount"]
    assert "NVIDIA_H100_80GB" == rented["acceleratorType"]
