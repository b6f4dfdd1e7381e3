"""
Killed while it registers the champion, and run again: one climb, version and alias.

``SUFFICE_REGISTRATIONS`` sets how many points are tried, each takes seconds;
``python -m benchmarks.reliability register --release`` tries 200.
"""

from __future__ import annotations

import os

import pytest
from register_trials import run_registrations

POINTS = int(os.environ.get("SUFFICE_REGISTRATIONS", "6"))


def test_disturbed_at_any_call_the_champion_is_registered_once(seed):
    """A registry with twins cannot say what runs in production."""
    tally = run_registrations(POINTS, seed=seed)
    if tally is None:
        pytest.skip("there is no C compiler (cc) to build the fault shim with")
    print(f"seed {seed}: {tally}")  # noqa: T201

    assert ([], POINTS) == (tally.found, tally.tried)
