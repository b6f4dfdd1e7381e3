"""
Whole climbs, simulated: how often they err, and how many calls they take.

The small version runs always; SUFFICE_CLIMBS=20000 makes it the nightly one.  The
figures of 20,000 and more climbs are in benchmarks/acceptance.md.
"""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtri

from benchmarks.acceptance import BOUNDARY, DESIGN, EVERY_5, RIGHT, WORLDS, n_false
from benchmarks.climbs import climb, judge_binary
from suffice.statistics.acceptance import look

N_CLIMBS = int(os.environ.get("SUFFICE_CLIMBS", "1000"))
SPREAD = 3.9 * np.sqrt(0.05 * 0.95 / N_CLIMBS)
"""At exactly 5 % a simulation is further out once in 20,000 times."""


@pytest.mark.parametrize("world", BOUNDARY[:4], ids=lambda w: w.name)
def test_no_world_makes_climbs_err_more_than_promised(world):
    """All rungs at the edge, alike, independent or opposed: the worst there is."""
    done = climb(
        world,
        replace(DESIGN, futility=0.0),
        judge_binary,
        n_climbs=N_CLIMBS,
        rng=np.random.default_rng(1),
    )

    assert n_false(world, done, DESIGN.edge) / N_CLIMBS <= 0.05 + SPREAD


def test_shares_from_dev_answers_keep_the_promise():
    """They depend on other examples than those that decide."""
    world = BOUNDARY[1]
    done = climb(
        world,
        DESIGN,
        judge_binary,
        n_climbs=N_CLIMBS,
        rng=np.random.default_rng(2),
        from_dev=True,
    )

    assert n_false(world, done, DESIGN.edge) / N_CLIMBS <= 0.05 + SPREAD


@pytest.mark.parametrize(
    ("world", "right", "most_calls"),
    [
        pytest.param(w, r, c, id=w.name)
        for w, r, c in zip(WORLDS, RIGHT, (104, 232, 260, 257), strict=True)
    ],
)
def test_a_climb_takes_few_calls_and_ends_at_the_right_rung(world, right, most_calls):
    """Of 3,000; 5 % above for the chance of the simulation, over 4 of its spreads."""
    done = climb(
        world, EVERY_5, judge_binary, n_climbs=N_CLIMBS, rng=np.random.default_rng(3)
    )

    assert done.n_calls.mean() <= 1.05 * most_calls
    assert np.mean(done.accepted == right) >= 0.99


def test_the_simulation_rules_as_a_look_does():
    """Else it would say nothing about the program."""
    rng = np.random.default_rng(4)
    design = replace(DESIGN, alpha=0.01, n_max=120)
    for quality in (0.6, 0.8, 0.9, 0.97):
        latent = rng.standard_normal((8, 120), dtype=np.float32)
        ends = judge_binary(latent, quality, design)
        answers = (latent <= ndtri(quality)).astype(float)
        for row, passed, n in zip(answers, ends.passed, ends.n, strict=True):
            stands = [
                look(row[:m], design, final=m == 120) for m in range(10, n + 1, 10)
            ]

            assert [s.ruling for s in stands[:-1]] == [None] * (n // 10 - 1)
            assert (stands[-1].ruling == "passed") == passed
