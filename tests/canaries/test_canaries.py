"""
Secrets are planted wherever a climb could meet them, and everything is searched.

Promise P25, and P29: a climb leaves no pickle behind.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter

import pytest
from canary_climb import ERRORS, ROOT, CanaryClimb, canaries_of_errors, canary_climb
from canary_forms import found, planted, read
from leaking_endpoint import LeakingEndpoint

from suffice.data.sensitive import find

KEPT_BY_DESIGN = re.compile(
    r"^(train|test)\.jsonl$|^out/climbs/[^/]+/split\.json$|^out/training/\w+\.jsonl$"
)
"""Where the examples are: the user's files, the climb's split, what was uploaded."""


def run(climb: CanaryClimb) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        climb.words,
        cwd=ROOT,
        env=dict(climb.env),
        capture_output=True,
        text=True,
        check=False,
    )
    climb.say(done.stdout + done.stderr)
    return done


@pytest.fixture(scope="module")
def climbed(prefect_env, tmp_path_factory):
    """
    Folders in which a climb has written, at DEBUG, with secrets all around it.

    Its first job fails, and the run after that pays for another.
    """
    endpoint = LeakingEndpoint(canaries_of_errors())
    folder = tmp_path_factory.mktemp("canaries") / "task"
    climb = canary_climb(endpoint, folder, prefect_env)
    ended = [run(climb) for _ in range(2)]
    endpoint.close()
    base = tmp_path_factory.getbasetemp()
    homes = [p for p in base.iterdir() if p.name.startswith("prefect")]
    assert [1, 0] == [e.returncode for e in ended], ended[-1].stderr[-3000:]
    return [folder, *{home.resolve() for home in homes}]


def test_no_secret_of_the_surroundings_is_written_anywhere(climbed):
    """Keys of the environment and of providers' errors: searched for in every file."""
    canaries = [
        c for place in ("environment", *ERRORS) for c in planted(place).values()
    ]
    leaks = {(c.place, c.form): found(c.needle, climbed) for c in canaries}
    leaks = {where: files for where, files in leaks.items() if files}
    n_files = sum(p.is_file() for folder in climbed for p in folder.rglob("*"))
    sys.stdout.write(
        f"canaries tried: {len(canaries)}, files: {n_files}, found: {len(leaks)}\n"
    )

    assert {} == leaks


def test_the_search_would_find_a_leak(climbed):
    """What stands in the user's own data is found, so the search is not blind."""
    seen = [c for c in planted("data").values() if found(c.needle, climbed)]

    assert len(planted("data")) == len(seen)


def test_secrets_in_the_data_stay_where_data_is_kept(climbed):
    """Never in a log, a ledger, a journal, a tag or the Prefect server."""
    files = Counter(
        file for c in planted("data").values() for file in found(c.needle, climbed)
    )
    elsewhere = [file for file in files if not KEPT_BY_DESIGN.search(file)]

    assert [] == elsewhere


def test_the_gate_knows_every_form():
    """Before anything is uploaded: it stops the climb unless the brief says more."""
    missed = [
        canary.form
        for canary in planted("data").values()
        if not any(hit.kind.secret for hit in find(canary.text))
    ]

    assert [] == missed


def test_the_gate_told_of_the_secrets(climbed):
    """The finding travels with the verdict, and names no secret itself."""
    (verdict,) = (climbed[0] / "out" / "climbs").glob("*/verdict.json")
    warnings = " ".join(json.loads(verdict.read_text())["warnings"])

    assert "train.jsonl:1: it holds an API key" in warnings
    assert f"and {len(planted('data')) - 1} more rows" in warnings


def test_nothing_is_pickled(climbed):
    """A pickle that is tampered with runs code when it is read."""
    pickled = [
        str(path.relative_to(folder))
        for folder in climbed
        for path in folder.rglob("*")
        if path.is_file()
        and (path.suffix in (".pkl", ".pickle") or read(path)[:2] == b"\x80\x04")
    ]

    assert [] == pickled
