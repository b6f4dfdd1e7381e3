"""
A limit of calls a second costs time, never items and hardly requests.

``python -m benchmarks.reliability rates --release`` tries all of them.
"""

from __future__ import annotations

import random

from rate_limits import MOST_ASKED, Limit, all_limits, borne, run_limits

SCENARIOS = 12
FOUND = Limit(per_s=100, told="retry-after", at_once=10, latency_s=0.03, n=400)
"""Once asked 1.6 times for each item: refused before anything had been answered."""


def test_limits_of_all_kinds_cost_no_item_and_hardly_a_request(seed, monkeypatch):
    """A client that hammers a limit loses items and, in the end, its key."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    limits = random.Random(seed).sample(list(all_limits(400)), SCENARIOS)
    tally, found = run_limits(limits)
    most = max(one.amplification for one in found)
    slowest = max(one.slowness for one in found)
    print(f"seed {seed}: {tally}; asked {most:.3f} times, {slowest:.2f} x the time")  # noqa: T201

    assert ([], SCENARIOS) == (tally.found, tally.tried)


def test_a_refusal_before_the_first_answer_is_learned_from(monkeypatch):
    """Ten calls at once are borne, sixteen were sent: it went on like that."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    one = borne(FOUND)

    assert 400 == one.n_scored
    assert one.amplification < 1.06


def test_what_is_asked_once_too_often_is_seen(monkeypatch):
    """The mutant: the check itself must be able to fail."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    few = Limit(per_s=20, told="nothing", at_once=2, latency_s=0.03, n=20)

    assert borne(few).amplification > MOST_ASKED
    assert [] != borne(few).violated
