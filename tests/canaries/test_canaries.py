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
from pathlib import Path

import pytest
import yaml
from canary_forms import found, planted, read
from leaking_endpoint import LeakingEndpoint
from slow_endpoint import brief_at

from suffice.data.sensitive import find

ROOT = Path(__file__).parents[2]
ERRORS = ("chat error", "chat refusal", "event", "job error")
VARIABLES = {
    "OpenAI sk-": "CANARY_API_KEY",
    "OpenAI sk-proj-": "OPENAI_API_KEY",
    "AWS access key": "AWS_ACCESS_KEY_ID",
    "AWS secret": "AWS_SECRET_ACCESS_KEY",
    "bearer": "UPSTREAM_AUTH",
    "password in a URL": "DATABASE_URL",
    "PEM": "TLS_PRIVATE_KEY",
    "GitHub": "GITHUB_TOKEN",
    "Slack": "SLACK_TOKEN",
    "JWT": "SESSION_TOKEN",
    "Azure storage": "AZURE_STORAGE_CONNECTION_STRING",
    "Azure api-key": "AZURE_OPENAI_API_KEY",
    "basic auth": "REGISTRY_AUTH",
    "prose": "DB_PASSWORD",
}
KEPT_BY_DESIGN = re.compile(
    r"^(train|test)\.jsonl$|^out/climbs/[^/]+/split\.json$|^out/training/\w+\.jsonl$"
)
"""Where the examples are: the user's files, the climb's split, what was uploaded."""


def run(brief: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "flows", "climb", str(brief)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    log = brief.parent / "screen.log"
    with log.open("a", encoding="utf-8") as screen:
        screen.write(done.stdout + done.stderr)
    return done


def plant_in_data(folder: Path) -> None:
    """One form in each of the first training examples' questions."""
    path = folder / "train.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row, canary in zip(rows, planted("data").values(), strict=False):
        row["messages"][0]["content"] += f" By the way: {canary.text}"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture(scope="module")
def climbed(prefect_env, tmp_path_factory):
    """
    Folders in which a climb has written, at DEBUG, with secrets all around it.

    Its first job fails, and the run after that pays for another.
    """
    endpoint = LeakingEndpoint(
        {place: list(planted(place).values()) for place in ERRORS}
    )
    folder = tmp_path_factory.mktemp("canaries") / "task"
    weighed = [{"check": "secrets", "severity": "warning", "reason": "the canary test"}]
    brief = brief_at(endpoint, folder, severities=weighed, tuning={"poll_s": 0.1})
    content = yaml.safe_load(brief.read_text())
    content["models"]["endpoint"] |= {"api_key_env": "CANARY_API_KEY", "concurrency": 2}
    brief.write_text(yaml.safe_dump(content))
    plant_in_data(folder)
    env = {**prefect_env, "PREFECT_LOGGING_LEVEL": "DEBUG", "OPENAI_LOG": "debug"}
    secrets = planted("environment")
    env |= {name: secrets[form].text for form, name in VARIABLES.items()}
    ended = [run(brief, env) for _ in range(2)]
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
