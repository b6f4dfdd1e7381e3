"""The sequential test does what it promises: tried on every sequence, or exactly."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.statistics import binary, lattice
from suffice.statistics.acceptance import Design, expected_n, look
from suffice.statistics.power import pass_chance

DESIGNS = [
    Design(bar=0.85, margin=0.03, alpha=0.05 / 6, n_max=500),
    Design(bar=0.9, margin=0.03, alpha=0.01, n_max=120),
    Design(bar=0.95, margin=0.02, alpha=0.05, n_max=100),
    Design(bar=0.6, margin=0.05, alpha=0.01, n_max=60),
    Design(bar=0.35, margin=0.05, alpha=0.02, n_max=100),
    Design(bar=0.85, margin=0.03, alpha=0.05, n_max=30),
]


def test_no_sequence_of_looks_errs_more_often_than_alpha(small, sequences, chance):
    """The promise itself, for one who looks after every single answer."""
    passes = [
        answers
        for answers in sequences
        if any(
            look(answers[:n], small).ruling == "passed"
            for n in range(1, small.n_max + 1)
        )
    ]
    errs = sum(chance(answers, small.edge) for answers in passes)

    assert 0.1 < errs <= small.alpha


@pytest.mark.parametrize("quality", [0.1, 0.35, 0.5, 0.55, 0.8])
def test_the_interval_holds_at_every_look_at_once(small, sequences, chance, quality):
    """It is reported at a moment that the scores themselves have chosen."""
    missed_by = {"low": 0.0, "high": 0.0}
    for answers in sequences:
        stands = [look(answers[:n], small) for n in range(1, small.n_max + 1)]
        if any(s.low > quality for s in stands):
            missed_by["low"] += chance(answers, quality)
        if any(s.high < quality for s in stands):
            missed_by["high"] += chance(answers, quality)

    assert max(missed_by.values()) <= small.alpha


@pytest.mark.parametrize("design", DESIGNS, ids=lambda d: f"{d.bar}-{d.n_max}")
def test_the_error_at_the_edge_is_just_under_alpha(design):
    """Over alpha would break the promise, far under it would waste answers."""
    table = binary.boundary(design).table
    error = lattice.chance_to_cross(design.edge, table)

    assert 0.9 * design.alpha < error <= design.alpha


@pytest.mark.parametrize("design", DESIGNS, ids=lambda d: f"{d.bar}-{d.n_max}")
def test_below_the_edge_the_error_is_smaller_still(design):
    """So that testing at the edge is enough."""
    table = binary.boundary(design).table
    below = np.linspace(0.5, 1.0, 6) * design.edge
    errors = [lattice.chance_to_cross(quality, table) for quality in below]

    assert sorted(errors) == errors


@pytest.mark.parametrize("design", DESIGNS[1:], ids=lambda d: f"{d.bar}-{d.n_max}")
def test_both_limits_hold_at_every_quality(design):
    """The low one is joined with the ruling: below the edge both may miss."""
    rule = binary.boundary(design)
    qualities = {*np.linspace(0.02, 0.98, 25), design.edge - 0.01, design.edge}
    for quality in qualities:
        low = lattice.Tails(quality, design.n_max).table(rule.lower_levels)
        if quality <= design.edge:
            low = np.maximum(low, rule.table)
        levels = np.full(design.n_max, rule.upper_level)
        high = lattice.Tails(1 - quality, design.n_max).table(levels)

        assert lattice.chance_to_cross(quality, low) <= design.alpha
        assert lattice.chance_to_cross(1 - quality, high) <= design.alpha


def test_giving_up_for_certain_is_exactly_when_nothing_can_help(small, sequences):
    """Without futility, measuring stops if and only if no completion would pass."""
    design = replace(small, futility=0.0)

    @cache
    def can_pass(answers: tuple[int, ...]) -> bool:
        crossed = binary.boundary(design).table[len(answers) - 1]
        if answers and len(answers) - sum(answers) <= crossed:
            return True
        longer = len(answers) < design.n_max
        return longer and any(can_pass((*answers, score)) for score in (0, 1))

    prefixes = {answers[:n] for answers in sequences for n in range(1, small.n_max + 1)}
    fresh = [
        p
        for p in prefixes
        if not any(can_pass_now(p, n, design) for n in range(1, len(p) + 1))
    ]

    assert {p for p in fresh if not can_pass(p)} == {
        p for p in fresh if binary.read(np.array(p, dtype=float), design).stop
    }


def can_pass_now(answers: tuple[int, ...], n: int, design: Design) -> bool:
    """Whether the boundary is crossed by the first *n* answers."""
    return n - sum(answers[:n]) <= binary.boundary(design).table[n - 1]


def test_futility_is_the_predicted_chance_of_passing():
    """Against the plain recursion it stands for."""
    table, right, wrong = np.array([-1, -1, 0, 0, 1, 1, 2, 3]), 6.0, 2.0

    @cache
    def predicted(n: int, failures: int) -> float:
        if n and failures <= table[n - 1]:
            return 1.0
        if n == len(table):
            return 0.0
        p = (n - failures + right) / (n + right + wrong)
        return p * predicted(n + 1, failures) + (1 - p) * predicted(n + 1, failures + 1)

    fewest = [
        next(f for f in range(n + 2) if f > n or predicted(n, f) < 0.3)
        for n in range(1, len(table) + 1)
    ]

    assert (
        fewest == lattice.futile_failures(table, 0.3, right=right, wrong=wrong).tolist()
    )


@pytest.mark.parametrize("quality", [0.3, 0.55, 0.8, 0.95])
def test_what_is_foretold_is_what_looking_does(small, sequences, chance, quality):
    """Expected examples and chance to pass, against every sequence there is."""
    n_mean = passed = 0.0
    looks = [3, 6, 8]
    for answers in sequences:
        for n in looks:
            standing = look(answers[:n], small, final=n == small.n_max)
            if standing.ruling:
                break
        n_mean += n * chance(answers, quality)
        passed += (standing.ruling == "passed") * chance(answers, quality)

    assert pytest.approx(n_mean) == expected_n(quality, small)
    assert pytest.approx(passed) == pass_chance(quality, small)


@pytest.mark.parametrize("n_max", [50, 500])
@pytest.mark.parametrize("quality", [0.05, 0.5, 0.8, 0.95])
def test_every_candidate_ends_somewhere(n_max, quality):
    """A rung that fails at once still costs the answers up to the first look."""
    design = Design(bar=0.9, margin=0.03, alpha=0.01, n_max=n_max)

    assert design.look_every <= expected_n(quality, design) <= n_max


@given(
    quality=st.floats(0.05, 0.95),
    table=st.lists(st.integers(-1, 5), min_size=1, max_size=9),
)
def test_the_chance_to_cross_is_that_of_all_sequences(quality, table):
    """Levels are set by it: whatever the boundary, it must be the plain sum."""
    chance_of_all = 0.0
    for answers in product((0, 1), repeat=len(table)):
        failures = np.cumsum(1 - np.array(answers))
        if np.any(failures <= table):
            wrong = int(failures[-1])
            chance_of_all += quality ** (len(table) - wrong) * (1 - quality) ** wrong

    assert lattice.chance_to_cross(quality, np.array(table)) == pytest.approx(
        chance_of_all, abs=1e-12
    )
