"""
The same search after each class of faults.

CI tries the first; ``SUFFICE_CANARY_FAULTS=all`` tries all, as a release does.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from canary_climb import ERRORS, canaries_of_errors, canary_climb
from canary_forms import found, planted
from fault_classes import CLASSES, FaultClass, FaultyEndpoint

TRIED = CLASSES if os.environ.get("SUFFICE_CANARY_FAULTS") == "all" else CLASSES[:1]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("fault", TRIED, ids=str)
def test_no_secret_is_written_whatever_fails(
    fault: FaultClass, prefect_env, tmp_path, tmp_path_factory
):
    """Errors are where secrets slip out; each kind is met once, then all goes well."""
    endpoint = FaultyEndpoint(canaries_of_errors())
    climb = canary_climb(endpoint, tmp_path / "task", prefect_env)
    climb.say(fault.run(climb.words, climb.env, endpoint))
    codes = [_run(climb) for _ in range(2)]
    endpoint.close()
    planted_at = ("environment", "fault", *ERRORS)
    canaries = [c for place in planted_at for c in planted(place).values()]
    base = tmp_path_factory.getbasetemp()
    homes = {p.resolve() for p in base.iterdir() if p.name.startswith("prefect")}
    searched = [climb.folder, *homes]
    leaks = {(c.place, c.form): found(c.needle, searched) for c in canaries}
    leaks = {where: files for where, files in leaks.items() if files}
    sys.stdout.write(f"{fault}: {len(canaries)} canaries, {len(leaks)} found\n")

    assert {} == leaks
    assert 0 == codes[-1], (climb.folder / "screen.log").read_text()[-3000:]


def _run(climb) -> int:
    done = subprocess.run(
        climb.words,
        env=dict(climb.env),
        capture_output=True,
        text=True,
        check=False,
    )
    climb.say(done.stdout + done.stderr)
    return done.returncode
