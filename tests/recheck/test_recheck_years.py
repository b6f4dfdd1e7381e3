"""A year of nights: the product's own re-check against knowing the future."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from benchmarks import year_bills, year_worlds, years
from suffice.economics.usage import DayUsage, summary_of

START = date(2026, 10, 1)


def test_a_year_of_nights_costs_little_more_than_knowing_the_future() -> None:
    """
    Growth and decline at the real prices of 2026: at most 5 % more than a clairvoyant
    pays, and no needless change.
    """
    rng = np.random.default_rng(0)
    paths, prices = year_worlds.usage_paths(365, rng), year_worlds.price_paths(365, rng)
    for usage in ("growth", "decline"):
        world = year_worlds.World(
            name=usage, volumes=paths[usage], book=prices["real 2026"], retired={}
        )
        table = year_worlds.running_usd(world)
        best = year_bills.settle(table, year_bills.clairvoyant(table))
        found = year_bills.settle(table, years.rechecked(world, table))

        assert found.usd <= 1.05 * best.usd
        assert 0 == found.n_needless


def test_the_clairvoyant_is_never_beaten() -> None:
    """Else it would be no yardstick."""
    world = next(year_worlds.worlds(120, 3))
    table = year_worlds.running_usd(world)
    best = year_bills.settle(table, year_bills.clairvoyant(table)).usd

    for way in (years.never, years.every_day):
        assert best <= year_bills.settle(table, way(world, table)).usd + 1e-6


def days(n: int, tokens: int, first: date) -> list[DayUsage]:
    found = []
    for i in range(n):
        day = first + timedelta(days=i)
        at_s = datetime(*day.timetuple()[:3], tzinfo=UTC).timestamp()
        found.append(
            DayUsage(
                day=day,
                n=100,
                input_tokens=100 * tokens,
                output_tokens=2000,
                first_s=at_s,
                last_s=at_s + 86_399,
            )
        )
    return found


def test_tokens_of_the_candidate_before_do_not_count() -> None:
    """A long prompt replaced by a tuned model must not look like longer questions."""
    before, after = days(20, 1800, START), days(5, 180, START + timedelta(days=20))
    changed = START + timedelta(days=19)
    seen = summary_of([*before, *after], tokens_after=changed)

    assert 180 == seen.input_tokens
    assert 2500 == seen.n_requests


def test_on_the_day_of_a_change_no_tokens_are_known() -> None:
    """What was measured holds until the log knows better."""
    seen = summary_of(days(20, 1800, START), tokens_after=START + timedelta(days=30))

    assert (None, None) == (seen.input_tokens, seen.output_tokens)
    assert seen.requests_per_month == pytest.approx(100 * 30.4375, rel=1e-3)


def test_several_files_of_one_day_are_one_day() -> None:
    """Logs are cut by hour or by host; that is no noise between days."""
    whole = days(10, 100, START)
    halves = [replace(day, n=50) for day in whole for _ in range(2)]

    assert summary_of(whole).requests_high == summary_of(halves).requests_high
