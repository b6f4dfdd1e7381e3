"""A tuned model is hosted while it is measured, paid for, and never left running."""

from __future__ import annotations

import pytest
from hosting_places import KINDS, MODEL, landlord, leave_running

from suffice.errors import (
    CallFailed,
    EnvironmentFailed,
    ModelNotReady,
    OverBudget,
    QuotaExceeded,
    TrainingUnavailable,
)
from suffice.tuning.hosting import hosted, stop_left_running
from suffice.tuning.hosts import AzureHost
from suffice.tuning.rest import Rest
from suffice.tuning.visit import Stay

RATES = {"azure": 1.7, "nebius": 0.0, "together": 3.6, "fireworks": 7.0, "vllm": 0.0}


@pytest.fixture(params=KINDS)
def at(request):
    with landlord(request.param) as opened:
        yield opened


@pytest.fixture
def gpu():
    """One that costs by the hour stands for all, where they do not differ."""
    with landlord("fireworks") as opened:
        yield opened


def serve(at, ledger, time, **stay):
    return hosted(
        MODEL, host=at.host, ledger=ledger, stay=Stay(**stay), clock=time.clock
    )


def test_it_runs_while_it_is_asked_and_no_longer(at, ledger, time):
    """Nothing may be left running, and what it cost is in the ledger."""
    with serve(at, ledger, time, climb_id="c1") as name:
        during = at.running()
        time.sleep(1800)
    (entry,) = ledger.rows(kind="hosting", climb_id="c1")

    assert name
    assert (1, []) == (len(during), at.running())
    assert ("succeeded", 0.0) == (entry.state, entry.reserved_usd)
    assert entry.spent_usd == pytest.approx(RATES[at.host.name] / 2, rel=0.05)


def test_it_is_stopped_when_the_measuring_fails(at, ledger, time):
    """An error in the middle of an evaluation must not cost $5,000 a month."""
    with pytest.raises(ZeroDivisionError), serve(at, ledger, time):
        _ = 1 / 0

    assert [] == at.running()


def test_it_is_stopped_when_the_user_interrupts(gpu, ledger, time):
    """Ctrl-C is how most evaluations end early."""
    with pytest.raises(KeyboardInterrupt), serve(gpu, ledger, time):
        raise KeyboardInterrupt

    assert [] == gpu.running()


def test_its_cost_is_reserved_before_it_starts(gpu, ledger, time):
    """Whatever runs beside it must not spend the same money."""
    with serve(gpu, ledger, time, hours=2.0):
        (entry,) = ledger.rows(kind="hosting")

    assert entry.reserved_usd == pytest.approx(2 * RATES[gpu.host.name])


def test_beyond_the_budget_it_is_not_started(gpu, ledger, time):
    """Refused before a cent is spent."""
    with pytest.raises(OverBudget), serve(gpu, ledger, time, cap_usd=0.01):
        pass

    assert [] == gpu.running()


def test_a_start_whose_answer_was_lost_is_found_and_stopped(at, ledger, time):
    """It has been accepted and is billed."""
    for method in ("POST", "PUT"):
        at.api.faults[f"{method} host"] = ["drop"]
    if at.host.name == "nebius":
        pytest.skip("its name is told by the answer alone, and it costs nothing")
    with serve(at, ledger, time):
        during = at.running()

    assert (1, []) == (len(during), at.running())


def test_a_refused_start_holds_no_money(gpu, ledger, time):
    """What was surely not accepted is not reserved for."""
    for method in ("POST", "PUT"):
        gpu.api.faults[f"{method} host"] = ["refuse-429-quotaExceeded"]
    with pytest.raises(QuotaExceeded), serve(gpu, ledger, time):
        pass
    (entry,) = ledger.rows(kind="hosting")

    assert ("refused", 0.0) == (entry.state, entry.reserved_usd)


def test_a_stop_that_fails_is_tried_again(at, ledger, time):
    """One lost answer must not leave a GPU running."""
    for method in ("DELETE", "POST"):
        at.api.faults.setdefault(f"{method} host", [])
    with serve(at, ledger, time):
        at.api.faults["DELETE host"] = ["before-503", "drop"]
        at.api.faults["POST host"] = ["before-503", "drop"]

    assert [] == at.running()


def test_one_that_cannot_be_stopped_is_told_to_a_person(gpu, ledger, time):
    """And it stays in the ledger, for the next run to stop."""
    serving = serve(gpu, ledger, time)
    serving.__enter__()
    gpu.api.faults["DELETE host"] = ["before-503"] * 9
    with pytest.raises(EnvironmentFailed, match="stop it by hand"):
        serving.__exit__(None, None, None)
    gpu.api.faults.clear()
    (entry,) = ledger.rows(kind="hosting")
    assert "submitted" == entry.state

    time.sleep(9999)
    stop_left_running(host=gpu.host, ledger=ledger, clock=time.clock)

    assert [] == gpu.running()


def test_what_does_not_come_up_is_stopped_too(at, ledger, time):
    """A deployment that hangs in its start is billed like one that works."""
    if at.host.name in ("vllm", "nebius"):
        pytest.skip("there it comes up at once")
    at.api.comes_up = False
    with pytest.raises(ModelNotReady), serve(at, ledger, time):
        pass

    assert [] == at.running()


def test_the_next_run_stops_what_a_killed_one_left(at, ledger, time):
    """kill -9 leaves no finally; the ledger remembers whose it was."""
    leave_running(at.host, MODEL, ledger, time)
    before = at.running()
    stopped = stop_left_running(host=at.host, ledger=ledger, clock=time.clock)
    (entry,) = ledger.rows(kind="hosting")

    assert (1, [], 1) == (len(before), at.running(), len(stopped))
    assert "succeeded" == entry.state


def test_a_living_one_is_left_alone_until_its_time_is_over(gpu, ledger, time):
    """Two climbs may measure at once; none may pull the other's model away."""
    with serve(gpu, ledger, time, hours=1.0):
        assert () == stop_left_running(host=gpu.host, ledger=ledger, clock=time.clock)
        assert 1 == len(gpu.running())
        time.sleep(3601)
        stop_left_running(host=gpu.host, ledger=ledger, clock=time.clock)

        assert [] == gpu.running()


def test_two_climbs_host_the_same_model_under_two_names(gpu, ledger, time):
    """The first to end must not stop the other's."""
    with serve(gpu, ledger, time), serve(gpu, ledger, time):
        during = gpu.running()

    assert 2 == len(set(during))
    assert [] == gpu.running()


def test_an_unknown_price_is_refused_never_taken_for_nothing(ledger, time):
    """Azure's standard deployments cost by the hour, and no book says how much."""
    with landlord("azure") as at:
        host = AzureHost(at.host.rest, "/r", None, "standard")
        with (
            pytest.raises(TrainingUnavailable, match="usd_per_hour"),
            hosted(MODEL, host=host, ledger=ledger, clock=time.clock),
        ):
            pass


def test_a_host_that_does_not_answer_is_asked_about_later(ledger, time):
    """Whether it runs is not known: the entry stays, its money stays reserved."""
    host = AzureHost(Rest("http://127.0.0.1:1", "k", name="azure"), "/r", 1.0, "s")
    with (
        pytest.raises((CallFailed, EnvironmentFailed)),
        hosted(MODEL, host=host, ledger=ledger, clock=time.clock),
    ):
        pass
    (entry,) = ledger.rows(kind="hosting")

    assert ("unknown", 2.0) == (entry.state, entry.reserved_usd)
