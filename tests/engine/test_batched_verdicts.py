"""A judge that may be waited for is asked in batches too, at the price of batches."""

from __future__ import annotations

from collections import Counter

import pytest
from batch_server import batch_server
from test_batches import BATCHED_USD, PRICES, climb_of

from suffice.errors import OverBudget
from suffice.stages.climb import spent_usd
from suffice.stages.measurements import measure_rung

TWO_PRICES = PRICES + PRICES.replace('"m"', '"judge"').replace("1.0,", "100.0,")
JUDGED_USD = 0.5 * (20 * 100.0 + 4 * 10.0) / 1e6


def judged_climb(server, folder, *, prices=TWO_PRICES, **settings):
    judge = {"model": "judge", **settings}
    return climb_of(server.base_url, folder, prices=prices, scorer="judge", judge=judge)


@pytest.fixture(scope="module")
def measured_twice(tmp_path_factory):
    """The climb, its two measurements, and the requests of each model between them."""
    folder = tmp_path_factory.mktemp("judged")
    with batch_server(folder / "server") as server:
        climb = judged_climb(server, folder / "climb")
        first = measure_rung(climb, "zero-shot", "m")
        asked = Counter(line["body"]["model"] for line in server.lines())
        second = measure_rung(climb, "zero-shot", "m")
        n_later = len(server.asked()) - asked.total()
    return climb, first, second, asked, n_later


def test_answers_and_verdicts_are_asked_in_batches(measured_twice):
    """The endpoint has no other route: one verdict asked singly would be missing."""
    _, first, _, asked, _ = measured_twice

    assert ("passed", 0) == (first.ruling, first.n_missing)
    assert asked["judge"] == asked["m"] == first.n_calls > 0


def test_each_is_paid_at_its_own_price_for_batches(measured_twice):
    """The judge costs fifty times as much here: the wrong price would show."""
    climb, first, _, asked, _ = measured_twice
    due_usd = asked["m"] * BATCHED_USD + asked["judge"] * JUDGED_USD

    assert pytest.approx(due_usd) == first.spent_usd
    assert pytest.approx(due_usd) == spent_usd(climb)


def test_run_again_no_verdict_is_asked_for(measured_twice):
    """They are stored like every answer."""
    _, first, second, _, n_later = measured_twice

    assert (0, 0, 0.0) == (n_later, second.n_calls, second.spent_usd)
    assert (first.n, first.quality_low) == (second.n, second.quality_low)


def test_a_judge_without_a_price_is_refused_before_any_batch(tmp_path):
    """Its verdicts could not be held against the budget."""
    with batch_server(tmp_path / "server") as server:
        climb = judged_climb(server, tmp_path / "climb", prices=PRICES)
        with pytest.raises(OverBudget, match=r"No price of .judge. is known"):
            measure_rung(climb, "zero-shot", "m")

        assert [] == server.batches
