"""
The main job on a small task, with a real model and a real LoRA, killed once on the way.

One climb serves all these tests: it is started, killed with -9 while it trains, and
run again to its end.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from flow_briefs import write_brief
from prepared_weights import linked

from suffice.services.local_server import stop_server
from suffice.stages.climb import latest_verdict
from suffice.workspace import Workspace

ROOT = Path(__file__).parents[2]
TINY = {
    "rungs": ["zero-shot", "fine-tuned"],
    "tuning": {"epochs": 3, "instructions": "Code."},
}


def start(brief, env, journal):
    """The flow as the command line starts it."""
    with journal.with_suffix(".log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "flows", "climb", str(brief)],
            cwd=ROOT,
            env={**env, "SUFFICE_JOURNAL": str(journal)},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def events(journal):
    if not journal.exists():
        return []
    return [json.loads(line) for line in journal.read_text().splitlines()]


def kill_while_it_trains(process, journal, timeout_s=400):
    """kill -9 the flow once the first training steps are reported."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        seen = [e for e in events(journal) if e.get("rung") == "fine-tuned"]
        if any(e["event"] == "progress" for e in seen):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return
        assert process.poll() is None, journal.with_suffix(".log").read_text()[-3000:]
        time.sleep(0.3)
    raise AssertionError("training did not begin")


@pytest.fixture(scope="module")
def climbed(prefect_env, prepared, tmp_path_factory):
    """The workspace of a climb that was killed and run again."""
    folder = tmp_path_factory.mktemp("climb") / "task"
    brief = write_brief(folder, **TINY)
    workspace = Workspace(folder / "out")
    linked(prepared, workspace.local)
    first = start(brief, prefect_env, folder / "first.jsonl")
    kill_while_it_trains(first, folder / "first.jsonl")
    again = start(brief, prefect_env, folder / "again.jsonl")
    assert 0 == again.wait(timeout=500), (folder / "again.log").read_text()[-3000:]
    yield workspace
    stop_server(workspace.local)


@pytest.fixture(scope="module")
def verdict(climbed):
    return latest_verdict(climbed, "colours")[0]


def test_prompting_fails_and_tuning_passes(verdict):
    """The article's story, earned on examples the model had never seen."""
    prompted, tuned = verdict.ladder

    assert ("run", "fine-tuned") == (verdict.action, verdict.rung)
    assert ("failed", "passed") == (prompted.ruling, tuned.ruling)
    assert prompted.quality < tuned.quality_low


def test_one_job_was_paid_for_though_the_climb_was_killed(climbed):
    """The promise that matters most."""
    jobs = [p for p in (climbed.local / "jobs").iterdir() if p.is_dir()]

    assert 1 == len(jobs)


def test_answers_from_before_the_kill_were_reused(climbed):
    """What was paid for is not paid for again."""
    done = [
        e
        for e in events(climbed.root.parent / "again.jsonl")
        if e["event"] == "done" and e["rung"] == "zero-shot"
    ]

    assert re.search(r"; 0 calls, [1-9]\d* reused", done[0]["text"])


def lasting(told):
    """All that is written of a verdict, but what its run took and paid (P18)."""
    of_the_run = {"elapsed_s", "n_calls", "n_reused", "spent_usd"}
    if isinstance(told, dict):
        return {k: lasting(v) for k, v in told.items() if k not in of_the_run}
    return [lasting(part) for part in told] if isinstance(told, list) else told


def test_run_again_it_reuses_everything(climbed, prefect_env, verdict):
    """The second run takes seconds and comes to the same verdict."""
    journal = climbed.root.parent / "third.jsonl"
    path = latest_verdict(climbed, "colours")[1] / "verdict.json"
    before = lasting(json.loads(path.read_text()))
    process = start(climbed.root.parent / "brief.yaml", prefect_env, journal)
    assert 0 == process.wait(timeout=300)
    third = latest_verdict(climbed, "colours")[0]

    assert verdict.chosen == third.chosen
    assert before == lasting(json.loads(path.read_text()))


def test_the_champion_answers_in_a_fresh_process(climbed):
    """What was measured is what is served."""
    script = (
        "import mlflow, json\n"
        "model = mlflow.pyfunc.load_model('models:/colours@champion')\n"
        "print('ANSWERS', json.dumps(model.predict(['A blue sofa, please.'])))\n"
    )
    env = {
        **os.environ,
        "MLFLOW_TRACKING_URI": f"sqlite:///{climbed.root / 'mlflow.db'}",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    answers = json.loads(done.stdout.rpartition("ANSWERS ")[2])

    assert ["K-B"] == answers


def test_the_report_needs_no_network(climbed, verdict):
    """It is opened from disk, from MLflow, and by people without access."""
    text = (climbed.climb(verdict.climb_id) / "report.html").read_text()

    assert verdict.text.split(".")[0][:30] in text
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", text)
    assert len(text) < 2_000_000


def test_the_run_shows_in_prefect(climbed, prefect_server, verdict):
    """The verdict is an artifact of the run, for those who live in that page."""
    body = json.dumps({"artifacts": {"key": {"any_": ["colours-verdict"]}}}).encode()
    request = urllib.request.Request(
        f"{prefect_server}/api/artifacts/filter",
        data=body,
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request) as reply:
        found = json.load(reply)

    assert verdict.text in found[0]["data"]


def test_the_run_that_was_killed_is_not_shown_as_running(climbed, prefect_server):
    """Prefect alone would say RUNNING for ever, and hold its place in every limit."""
    names = {"flows": {"name": {"any_": ["climb", "tune climb"]}}}
    request = urllib.request.Request(
        f"{prefect_server}/api/flow_runs/filter",
        data=json.dumps(names).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request) as reply:
        runs = json.load(reply)
    ours = [r for r in runs if "colours" in json.dumps(r["parameters"])]
    states = [r["state_type"] for r in ours]

    assert "CRASHED" in states
    assert "RUNNING" not in states


def test_the_recheck_repeats_the_arithmetic_only(climbed, prefect_env):
    """A price change must cost no model call, let alone a training."""
    journal = climbed.root.parent / "recheck.jsonl"
    done = subprocess.run(
        [sys.executable, "-m", "flows", "recheck", climbed.root.parent / "brief.yaml"],
        cwd=ROOT,
        env={**prefect_env, "SUFFICE_JOURNAL": str(journal)},
        check=False,
    )

    assert 0 == done.returncode
    assert not [e for e in events(journal) if e["event"] == "progress"]
