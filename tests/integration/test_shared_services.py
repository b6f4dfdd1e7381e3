"""
A climb on what a team shares: PostgreSQL, S3, Prefect and MLflow, all of them real.

``make integration`` runs it, and the demo in the same way.  It takes minutes and
programs that are not in every environment, so that it runs only when it is asked for.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shared_services
from flow_briefs import COLOURS, write_brief
from shared_services import Shared
from small_endpoint import answering

from suffice.brief_io import load_brief
from suffice.economics.verdict_io import from_json
from suffice.errors import UnusableInput
from suffice.results import Verdict
from suffice.stages.climb import latest_verdict
from suffice.workspace import Workspace

ROOT = Path(__file__).parents[2]
ASKED_FOR = os.environ.get("SUFFICE_INTEGRATION")

if not ASKED_FOR:
    pytest.skip("it is run by 'make integration'", allow_module_level=True)
if absent := shared_services.missing():
    pytest.skip(f"not installed here: {absent}", allow_module_level=True)


PRICE = {
    "model": "m",
    "provider": "here",
    "from": "2026-01-01",
    "usd_per_mtok": {"input": 0.1, "output": 0.5},
    "source": "https://example.com",
    "checked": "2026-01-01",
    "verified": True,
}


def coder(asked: str) -> str:
    """Answers with the code of the colour; every tenth order wrongly."""
    colour = next((c for c in COLOURS if c in asked), "?")
    right = not asked.rstrip(".").endswith("0")
    return f"K-{colour[0].upper()}" if right else "?"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with answering(coder) as url:
        yield url


@pytest.fixture(scope="module")
def team() -> Iterator[Shared]:
    with tempfile.TemporaryDirectory(prefix="suffice-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as somebody else.
        with shared_services.shared(Path(folder)) as started:
            yield started


def climb(brief: Path, env: dict[str, str]) -> None:
    """The flow as the command line starts it."""
    done = subprocess.run(
        [sys.executable, "-m", "flows", "climb", str(brief)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), (done.stdout + done.stderr)[-4000:]


def judged(verdict: Verdict) -> list[tuple[Any, ...]]:
    """What must be the same wherever it was found out."""
    rows = [
        (m.rung, m.name, m.ruling, m.n, m.quality, m.quality_low, m.quality_high)
        for m in verdict.ladder
    ]
    return [(verdict.action, verdict.rung, verdict.model), *rows]


def decided(verdict: Verdict) -> list[tuple[Any, ...]]:
    """What two trainings of one model must agree on, as judged numbers may not."""
    return [
        (verdict.action, verdict.rung),
        *((m.rung, m.ruling) for m in verdict.ladder),
    ]


def climbed_here(path: Path) -> Verdict | None:
    """The verdict of this brief on this machine alone, where there is one."""
    brief = load_brief(path)
    try:
        return latest_verdict(Workspace(Path(brief.output)), brief.name)[0]
    except UnusableInput:
        print("not climbed here before: nothing to compare with")  # noqa: T201
        return None


@pytest.fixture(scope="module")
def climbed(
    team: Shared, endpoint: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Verdict, Verdict, Workspace]:
    """The same brief climbed on this machine alone, and on what the team shares."""
    fields: dict[str, Any] = {
        "rungs": ["zero-shot", "few-shot"],
        "models": {"endpoint": {"base_url": endpoint}, "base": ["m"], "tunable": None},
        "price_rows": [PRICE],
    }
    alone, there = (tmp_path_factory.mktemp(name) for name in ("alone", "there"))
    prefect = {k: v for k, v in team.env.items() if k.startswith("PREFECT_")}
    own = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    climb(write_brief(alone, **fields), {**own, **prefect})
    brief = write_brief(there, **fields)
    urls = {
        name: team.put(f"examples/{there.name}/{part}.jsonl", there / f"{part}.jsonl")
        for name, part in (("examples", "train"), ("test_examples", "test"))
    }
    brief = write_brief(there, **{**fields, **urls})
    for part in ("train", "test"):
        (there / f"{part}.jsonl").unlink()
    climb(brief, team.env)
    spaces = [Workspace(folder / "out") for folder in (alone, there)]
    verdicts = [latest_verdict(space, "colours")[0] for space in spaces]
    return verdicts[0], verdicts[1], spaces[1]


def test_the_verdict_is_the_same_as_on_one_machine(climbed):
    """Where things are kept must not change what is true."""
    alone, there, _ = climbed

    assert "run" == there.action
    assert judged(alone) == judged(there)


def test_answers_and_intents_are_on_postgresql_and_not_here(climbed, team):
    """What one member of the team has paid for, the others reuse."""
    (stored,) = team.rows("suffice", "SELECT count(*) FROM responses")[0]

    assert stored >= 30
    assert not climbed[2].responses.exists()
    assert not climbed[2].ledger.exists()


def test_the_runs_are_in_prefects_database_on_postgresql(climbed, team):
    """The server can be replaced; what ran is kept."""
    found = team.rows("prefect", "SELECT state_type FROM flow_run")

    assert [("COMPLETED",)] * 2 == [(str(row[0]),) for row in found]


def test_the_winner_is_in_mlflow_and_its_files_are_on_s3(climbed, team):
    """The registry of a team: the database has the version, the bucket the files."""
    versions = team.rows("mlflow", "SELECT name, version FROM model_versions")
    files = [key.rsplit("/", 1)[1] for key in team.keys("mlflow/")]

    assert ("colours", 1) in versions
    assert {"recipe.json", "MLmodel", "verdict.json", "report.html"} <= set(files)


def suffice(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("suffice")), *words]
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


def test_another_machine_asks_the_champion_with_nothing_but_the_addresses(
    climbed, team, tmp_path
):
    """The name is enough: recipe and brief come from the registry, checked."""
    question = "Send me one blue vase by post. Order 3."
    done = suffice(team.env, "answer", "colours", question, "--output", str(tmp_path))

    assert ("K-B\n", 0) == (done.stdout, done.returncode), done.stderr


def test_a_batch_goes_from_s3_to_s3(climbed, team, tmp_path):
    """Where the questions are, the answers go."""
    source = tmp_path / "in.jsonl"
    rows = [{"question": f"One {c} car. Order 1."} for c in COLOURS]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    target = f"s3://{shared_services.BUCKET}/batch/out.jsonl"
    words = ("--file", team.put("batch/in.jsonl", source), "--to", target)
    done = suffice(team.env, "answer", "colours", *words, "--output", str(tmp_path))
    got = shared_services.bucket(team.s3_url).get_object(
        Bucket=shared_services.BUCKET, Key="batch/out.jsonl"
    )
    answers = [json.loads(line) for line in got["Body"].read().splitlines()]

    assert 0 == done.returncode, done.stderr
    assert ["K-R", "K-B", "K-G", "K-W"] == [a["champion_answer"] for a in answers]


def test_a_file_that_was_changed_in_the_bucket_is_refused(climbed, team, tmp_path):
    """Whoever may write to the bucket still cannot change what is answered."""
    (key,) = [k for k in team.keys("mlflow/") if k.endswith("recipe.json")]
    client = shared_services.bucket(team.s3_url)
    held = client.get_object(Bucket=shared_services.BUCKET, Key=key)["Body"].read()
    client.put_object(Bucket=shared_services.BUCKET, Key=key, Body=held + b" ")
    refused = suffice(team.env, "answer", "colours", "?", "--output", str(tmp_path))
    client.put_object(Bucket=shared_services.BUCKET, Key=key, Body=held)

    assert 3 == refused.returncode
    assert "not those that were registered" in refused.stderr


def test_machines_that_climb_at_once_leave_one_version(climbed, team, tmp_path):
    """Four at once, each with a folder of its own: no twins, one champion."""
    brief = (climbed[2].root.parent / "brief.yaml").read_text()
    running = []
    for number in range(4):
        path = tmp_path / f"{number}.yaml"
        out = f"output: {tmp_path / str(number)}"
        path.write_text(
            "\n".join(
                out if line.startswith("output:") else line
                for line in brief.replace("bar: 0.8", "bar: 0.79").splitlines()
            )
        )
        running.append(
            subprocess.Popen(
                [sys.executable, "-m", "flows", "climb", str(path)],
                cwd=ROOT,
                env=team.env,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
    codes = [process.wait(timeout=600) for process in running]
    verdicts = [
        latest_verdict(Workspace(tmp_path / str(n)), "colours")[0] for n in range(4)
    ]
    versions = team.rows("mlflow", "SELECT version FROM model_versions")

    assert [0] * 4 == codes
    assert 1 == len({v.registered for v in verdicts})
    assert 1 == len({v.climb_id for v in verdicts})
    assert len(versions) >= 2


@pytest.mark.timeout(3600)  # The demo trains for real.
@pytest.mark.skipif(
    not str(ASKED_FOR).endswith(".yaml"), reason="SUFFICE_INTEGRATION names no brief"
)
def test_a_whole_brief_comes_to_its_verdict_there(team, tmp_path):
    """The demo, or your own brief; where it was climbed here before, the same."""
    path = Path(str(ASKED_FOR)).resolve()
    text = path.read_text() + f"\noutput: {tmp_path / 'out'}\n"
    there = path.with_name(f".integration-{path.name}")
    there.write_text(text)
    try:
        climb(there, team.env)
    finally:
        there.unlink()
        suffice(team.env, "down", "--output", str(tmp_path / "out"))
    found = from_json(
        next((tmp_path / "out" / "climbs").glob("*/verdict.json")).read_text()
    )
    print(found.text)  # noqa: T201 - whoever waited for it wants to read it

    assert found.ladder
    assert found.registered or found.action != "run"
    if (here := climbed_here(path)) is not None:
        assert decided(here) == decided(found)
