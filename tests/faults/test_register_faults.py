"""
Killed while it registers the champion, and run again: one climb, version and alias.

``SUFFICE_REGISTRATIONS`` sets how many points are tried;
``python -m benchmarks.reliability register --release`` tries all of them.
"""

from __future__ import annotations

import os

import pytest
from fault_shim import built_shim
from register_trials import killed_carelessly, registrations, some_points

POINTS = int(os.environ.get("SUFFICE_REGISTRATIONS", "12"))


@pytest.fixture(scope="module")
def tries(tmp_path_factory):
    """MLflow's imports take longer than all of the points."""
    shim = built_shim(tmp_path_factory.mktemp("shim"))
    if shim is None:
        pytest.skip("there is no C compiler (cc) to build the fault shim with")
    with registrations(shim) as made:
        yield made


def test_disturbed_at_any_call_the_champion_is_registered_once(tries, seed):
    """A registry with twins cannot say what runs in production."""
    tally = tries.run(some_points(tries, seed)[:POINTS])
    print(f"seed {seed}: {tally}")  # noqa: T201

    assert ([], POINTS) == (tally.found, tally.tried)


def test_a_registration_that_does_not_look_first_is_caught(tries):
    """The mutant: killed once its version is made, it makes another."""
    tally = killed_carelessly(tries)

    assert ["registered: [1, 1, ['2', '1'], '2']"] == [v for _, v in tally.found]
