"""Where a provider says what a job will cost, that is what is reserved for it."""

from __future__ import annotations

import pytest
from test_epochs_sent import climb_at

from suffice.errors import CallFailed, OverBudget, QuotaExceeded, TrainingUnavailable
from suffice.stages.climb import Climb
from suffice.stages.orders import Order
from suffice.stages.training_cost import most_usd
from suffice.stages.tune_stage import submit_tuning
from suffice.tuning.ledger import Ledger

at_together = pytest.mark.parametrize("place", ["together"], indirect=True)
QUOTED_USD = 1.5


@pytest.fixture
def place(place):
    """Where it gives quotes, one above our own estimate."""
    if place.backend.quotes:
        place.api.price["estimated_total_price"] = QUOTED_USD
    return place


def reserved(tmp_path) -> list[float]:
    with Ledger(tmp_path / "out" / "ledger.db") as ledger:
        return [entry.reserved_usd for entry in ledger.rows(kind="job")]


def unpriced(climb: Climb, **changed: object) -> Climb:
    """The climb where nobody has written down what training costs."""
    (base, tuned) = climb.brief.price_rows
    usd = {k: v for k, v in dict(base["usd_per_mtok"]).items() if k != "training"}
    rows = ({**base, "usd_per_mtok": usd}, tuned)
    brief = climb.brief.model_copy(update={"price_rows": rows, **changed})
    return Climb(**{**vars(climb), "brief": brief})


@at_together
def test_what_they_say_is_reserved_where_it_is_more(place, tmp_path):
    """Their tokenizer and their price are those of the bill."""
    submit_tuning(climb_at(place, tmp_path))

    assert [QUOTED_USD] == reserved(tmp_path)


@at_together
def test_our_own_estimate_is_reserved_where_that_is_more(place, tmp_path):
    """An estimate is no bill: the larger of two is the safer."""
    place.api.price["estimated_total_price"] = 1e-9
    climb = climb_at(place, tmp_path)
    submit_tuning(climb)

    assert [most_usd(climb, Order())] == reserved(tmp_path)


@at_together
def test_they_are_asked_about_the_job_that_is_sent(place, tmp_path):
    """Fewer epochs or no looks at dev would be another price."""
    submit_tuning(climb_at(place, tmp_path))
    (asked,) = place.api.asked_price
    (job,) = place.api.jobs.values()

    assert asked == {name: job[name] for name in asked}
    assert {"n_epochs", "n_evals", "validation_file"} <= set(asked)


@at_together
def test_a_price_that_only_they_know_is_enough(place, tmp_path):
    """Nobody has to look one up where the provider itself says it."""
    submit_tuning(unpriced(climb_at(place, tmp_path)))

    assert [QUOTED_USD] == reserved(tmp_path)


@pytest.mark.parametrize("answer", ["nothing", "not available"])
@at_together
def test_without_any_price_nothing_is_paid_for(place, tmp_path, answer):
    """No price, no spend: also where the provider was asked."""
    if answer == "nothing":
        del place.api.price["estimated_total_price"]
    else:
        place.api.price["estimation_available"] = False

    with pytest.raises(OverBudget, match="nobody knows"):
        submit_tuning(unpriced(climb_at(place, tmp_path)))
    assert {} == place.api.jobs


@at_together
def test_what_the_budget_does_not_bear_is_not_sent(place, tmp_path):
    """A quote over the budget is refused before anything is paid."""
    place.api.price["estimated_total_price"] = 100.01

    with pytest.raises(OverBudget, match=r"\$100\.01"):
        submit_tuning(climb_at(place, tmp_path))
    assert {} == place.api.jobs


@at_together
def test_who_must_approve_needs_a_price_before(place, tmp_path):
    """What a person has said yes to cannot have been unknown."""
    with pytest.raises(TrainingUnavailable, match="price_rows"):
        submit_tuning(unpriced(climb_at(place, tmp_path), auto_approve_usd=50.0))
    assert [] == place.api.asked_price


@at_together
def test_an_account_that_cannot_pay_is_told_before_the_job_fails(place, tmp_path):
    """They would take the job, and fail it for want of money."""
    place.api.price |= {"allowed_to_proceed": False, "user_limit": 1.0}

    with pytest.raises(QuotaExceeded, match=r"\$1\.50.*limit of \$1\.00"):
        submit_tuning(climb_at(place, tmp_path))
    assert {} == place.api.jobs


@at_together
def test_a_job_that_is_there_is_followed_whatever_is_said_of_another(place, tmp_path):
    """Adopted on a machine without its ledger, and on its own one not even asked."""
    climb = climb_at(place, tmp_path)
    job_id = submit_tuning(climb)
    place.api.price |= {"allowed_to_proceed": False}
    again = submit_tuning(climb)
    n_asked = len(place.api.asked_price)
    elsewhere = submit_tuning(climb_at(place, tmp_path / "elsewhere"))

    assert (job_id, job_id, 1) == (again, elsewhere, n_asked)


@pytest.mark.parametrize("fault", ["drop", "before-503", "cut"])
@at_together
def test_a_lost_answer_is_asked_for_again(place, tmp_path, fault):
    """Asking is free, so it may be repeated as often as one likes."""
    place.api.faults["POST price"] = [fault]
    submit_tuning(unpriced(climb_at(place, tmp_path)))

    assert [QUOTED_USD] == reserved(tmp_path)


@at_together
def test_a_quote_that_does_not_come_holds_up_nothing_that_is_known(place, tmp_path):
    """With a price of ours the job goes out; without one it is tried again later."""
    place.api.faults["POST price"] = ["before-503"] * 6
    with pytest.raises(CallFailed):
        submit_tuning(unpriced(climb_at(place, tmp_path / "unknown")))
    climb = climb_at(place, tmp_path)
    submit_tuning(climb)

    assert [most_usd(climb, Order())] == reserved(tmp_path)


@pytest.mark.parametrize(
    "place", ["openai", "azure", "nebius", "fireworks"], indirect=True
)
def test_the_others_are_asked_for_nothing(place, tmp_path):
    """They give no quotes, so that their price has to be known."""
    assert not place.backend.quotes
    assert None is place.backend.quote(place.spec, ("file-1", None))
    with pytest.raises(TrainingUnavailable, match="price_rows"):
        submit_tuning(unpriced(climb_at(place, tmp_path)))
