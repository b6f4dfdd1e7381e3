"""
Killed, or told that a call failed, at any call to the kernel: one job, one booking.

``SUFFICE_POINTS`` sets how many points are tried, ``SUFFICE_SEED`` which;
``python -m benchmarks.reliability io --release`` tries all of them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fault_run import chosen_and_run, run_all, trials
from fault_scenarios import CARELESS, SCENARIOS
from fault_shim import KILL_AFTER, KINDS, RECEIVE, built_shim
from tally import ACCEPTED, MET, Tally

POINTS = int(os.environ.get("SUFFICE_POINTS", "1000"))
MINUTES = 8.0


def told(tally: Tally | None, seed: int) -> Tally:
    if tally is None:
        pytest.skip("there is no C compiler (cc) to build the fault shim with")
    print(f"seed {seed}: {tally}")  # noqa: T201
    return tally


@pytest.mark.timeout(900)
def test_disturbed_at_any_call_there_is_one_job_in_a_sound_ledger(tmp_path, seed):
    """
    Whatever fails on the way to a paid job, it is paid for once and never lost.

    On a machine that is too busy for all of the points it tries those it can.
    """
    tally = told(
        chosen_and_run(tmp_path, SCENARIOS, n=POINTS, seed=seed, minutes=MINUTES), seed
    )

    assert [] == tally.found
    assert min(POINTS, 200) <= tally.tried <= POINTS
    assert tally.by_name[MET] > 0.9 * tally.tried
    assert tally.by_name[ACCEPTED] > 0


def test_a_submitter_that_saves_the_id_afterwards_is_caught(tmp_path: Path):
    """The mutant: the same checks must see what they are there to see."""
    shim = built_shim(tmp_path)
    if shim is None:
        pytest.skip("there is no C compiler (cc) to build the fault shim with")
    with trials(shim) as tries:
        points = tries.points(CARELESS)
    after = [p for p in points if p.mode == KILL_AFTER and p.kind == RECEIVE]
    tally = run_all(shim, after[-1:], workers=1)

    assert KINDS[RECEIVE] == "recv"
    assert "2 jobs cost money" in [violated for _, violated in tally.found]
