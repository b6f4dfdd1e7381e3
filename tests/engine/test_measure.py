"""A candidate along the frozen order: for the fewest calls, and never twice."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from engine_fakes import (
    ZERO_SHOT,
    FakeModel,
    asked,
    design,
    desk,
    echo,
    examples,
    fails_on,
    price,
    right_on,
)

from suffice.errors import SpendingStopped
from suffice.journal import Journal
from suffice.measuring.budget import Budget
from suffice.measuring.holdings import holdings
from suffice.measuring.measure import measure, settled_by
from suffice.measuring.responses import ResponseStore

PRICE = price("m", 1.0, 2.0, cached_usd_per_mtok=0.1)


def run(model, n=200, **settings):
    how = {k: settings.pop(k) for k in ("design", "journal") if k in settings}
    how.setdefault("design", design(n))
    return measure(ZERO_SHOT, examples(n), desk=desk(model, **settings), **how)


def test_stops_as_soon_as_it_has_passed():
    """Calls are money: a candidate that is always right needs few of them."""
    model = FakeModel(echo)

    measured, outcomes = run(model)

    assert (measured.ruling, measured.quality) == ("passed", 1.0)
    assert measured.n == len(outcomes) < 100
    assert len(model.asked) <= measured.n + 16


def test_stops_as_soon_as_it_has_failed():
    """A hopeless candidate is dropped, not measured to the end."""
    measured, _ = run(FakeModel(right_on(lambda i: i % 2 == 0)))

    assert measured.ruling == "failed"
    assert measured.n < 100


def test_what_dev_gives_up_is_not_asked_ahead_of_its_look():
    """Sixteen calls in flight when the first look ends it would be paid for nothing."""
    model = FakeModel(right_on(lambda i: False))
    hopeless = replace(design(200), dev_right=0.0, dev_wrong=8.0)

    measured, _ = run(model, design=hopeless)

    assert "failed" == measured.ruling
    assert measured.n == hopeless.look_every
    assert len(model.asked) < measured.n + hopeless.look_every


def test_nothing_is_called_twice(tmp_path):
    """Run again, a finished measurement costs nothing and says the same."""
    with ResponseStore(tmp_path / "responses.db") as store:
        first, _ = run(FakeModel(echo), store=store)
        again = FakeModel(echo)
        second, _ = run(again, store=store)

    assert again.asked == []
    assert (0, first.n) == (second.n_calls, second.n_reused)
    assert first == replace(second, n_calls=first.n_calls, n_reused=0)


def test_what_was_cut_off_when_it_was_settled_is_not_asked_later(tmp_path):
    """Calls under way then may have got no answer; nobody needs it any more."""
    n = run(FakeModel(echo))[0].n
    with ResponseStore(tmp_path / "responses.db") as store:
        place = desk(FakeModel(echo), store=store)
        settled_by(ZERO_SHOT, examples(200), n, design=design(200), desk=place)
        again = FakeModel(echo)
        measured, _ = run(again, store=store)

    assert ([], n) == (again.asked, measured.n_reused)


def test_killed_in_the_middle_it_continues(tmp_path):
    """What was answered before the end is not asked again after it."""

    def dies_at_30(request):
        here = asked(request)
        return KeyboardInterrupt() if here == "question 30" else here

    with ResponseStore(tmp_path / "responses.db") as store:
        with pytest.raises(KeyboardInterrupt):
            run(FakeModel(dies_at_30), store=store, concurrency=1)
        n_kept = holdings(store).all.n
        more = FakeModel(echo)
        measured, _ = run(more, store=store, concurrency=1)

    assert ("passed", n_kept) == (measured.ruling, measured.n_reused)
    assert 29 <= n_kept <= 30
    assert len(more.asked) == measured.n_calls <= measured.n - n_kept + 10


def test_the_ruling_does_not_depend_on_which_reply_comes_first():
    """The order of the examples decides, so that a climb can be repeated."""

    class Shuffled(FakeModel):
        async def complete(self, request):
            number = int(asked(request).split()[-1])
            for _ in range(number * 7919 % 13):
                await asyncio.sleep(0)
            return await super().complete(request)

    right = right_on(lambda i: i % 10 != 3)
    in_turn, outcomes = run(FakeModel(right), concurrency=1)
    mixed, shuffled = run(Shuffled(right), concurrency=16)

    assert [o.example_id for o in outcomes] == [o.example_id for o in shuffled]
    assert (in_turn.ruling, in_turn.n) == (mixed.ruling, mixed.n)


def test_a_failed_call_is_missing_and_never_wrong():
    """An outage must not make a good candidate look bad."""
    measured, outcomes = run(FakeModel(fails_on(lambda i: i == 7)))

    assert (
        measured.ruling,
        measured.quality,
        measured.n_missing,
    ) == ("passed", 1.0, 1)
    assert (outcomes[7].answer, outcomes[7].score) == (None, None)
    assert "the line is dead" in outcomes[7].reason


def test_with_too_many_missing_nothing_passes():
    """What is missing may be just what would have been wrong."""
    measured, _ = run(FakeModel(fails_on(lambda i: i % 10 == 0)))

    assert measured.ruling == "inconclusive"
    assert "more than 5%" in measured.note


def test_a_dead_endpoint_is_given_up():
    """500 failing calls, each with its retries, would take hours."""
    model = FakeModel(fails_on(lambda i: True))

    measured, _ = run(model)

    assert (measured.ruling, measured.n) == ("inconclusive", 0)
    assert len(model.asked) < 50


def test_money_trouble_ends_the_climb():
    """No further candidate can be measured with that key."""
    with pytest.raises(SpendingStopped):
        run(FakeModel(lambda r: SpendingStopped("no money")))


def test_counts_dollars_by_what_was_reported():
    """100 tokens in, 40 of them cached, 10 out: the list price and what was paid."""
    measured, _ = run(FakeModel(echo), price=PRICE)

    assert pytest.approx(120e-6) == measured.usd_per_request
    assert pytest.approx(84e-6 * measured.n_calls) == measured.spent_usd
    assert (
        measured.input_tokens,
        measured.cached_tokens,
        measured.output_tokens,
    ) == (100, 40, 10)


def test_an_unknown_price_is_unknown_and_not_free():
    """A missing price row must never make a candidate the cheapest."""
    assert run(FakeModel(echo))[0].usd_per_request is None


def test_the_budget_ends_the_measuring_where_it_stands():
    """The cap holds; what is known so far is said, and nothing more is claimed."""
    budget = Budget(84e-6 * 20)

    measured, _ = run(FakeModel(echo), price=PRICE, budget=budget)

    assert measured.ruling == "inconclusive"
    assert "budget_usd" in measured.note
    assert budget.own_usd <= 84e-6 * 20 + 1e-9


def test_no_more_calls_are_in_flight_than_allowed():
    """An endpoint's limit is not ours to test."""
    model = FakeModel(echo)

    run(model, concurrency=3)

    assert model.most_in_flight == 3


def test_progress_is_told_at_every_look(tmp_path):
    """The terminal shows what is going on while it goes on."""
    path = tmp_path / "journal.jsonl"

    measured, _ = run(FakeModel(echo), journal=Journal(path))

    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert {"progress"} == {r["event"] for r in rows}
    assert (measured.n, 200) == (rows[-1]["done"], rows[-1]["total"])


def test_static_tokens_are_the_prompt_without_the_question():
    """What a tuned, shorter prompt would save depends on it."""
    measured, _ = run(FakeModel(echo))

    assert 30 < measured.static_tokens < 50


def test_latency_is_of_calls_not_of_the_store(tmp_path):
    """A reused answer keeps the latency it had when it was made."""
    with ResponseStore(tmp_path / "responses.db") as store:
        run(FakeModel(echo), store=store)
        again, _ = run(FakeModel(echo), store=store)

    assert (again.latency_p50_s, again.latency_p95_s) == (0.5, 0.5)


def test_no_examples_is_inconclusive():
    """Nothing was seen, so nothing is known: the interval is all there is."""
    measured, _ = measure(ZERO_SHOT, (), desk=desk(FakeModel(echo)), design=design(1))

    assert (
        measured.ruling,
        measured.n,
        measured.quality_low,
        measured.quality_high,
    ) == ("inconclusive", 0, 0.0, 1.0)
