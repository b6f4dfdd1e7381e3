"""The check flow: with no Prefect server at all, and on data that must not pass."""

import json
import os
import subprocess
import sys
from pathlib import Path

from flow_briefs import write_brief

ROOT = Path(__file__).parents[2]


def run_check(brief, env):
    journal = brief.with_name("journal.jsonl")
    done = subprocess.run(
        [sys.executable, "-m", "flows", "check", str(brief)],
        cwd=ROOT,
        env={**env, "SUFFICE_JOURNAL": str(journal)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done, [json.loads(line) for line in journal.read_text().splitlines()]


def test_it_runs_with_no_server_configured(tmp_path):
    """Prefect's ephemeral server is the fallback, however slowly it starts."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    env = {**clean, "PREFECT_HOME": str(tmp_path / "home")}
    done, events = run_check(write_brief(tmp_path / "task"), env)

    assert 0 == done.returncode, done.stderr[-2000:]
    assert "plan" in {e["event"] for e in events}


def test_a_critical_finding_stops_before_anything_is_spent(tmp_path, prefect_env):
    """A test example that is also a training example makes every number a lie."""
    brief = write_brief(tmp_path / "task")
    test = brief.with_name("test.jsonl")
    train = brief.with_name("train.jsonl")
    lines = train.read_text().splitlines()
    broken = [json.loads(lines[0])]
    broken[0]["messages"].pop()
    train.write_text("\n".join([json.dumps(broken[0]), *lines[1:]]) + "\n")
    done, events = run_check(brief, prefect_env)
    error = next(e for e in events if e["event"] == "error")

    assert 2 == done.returncode
    assert "train.jsonl:1" in error["text"]
    assert test.exists()


def test_above_the_budget_it_refuses(tmp_path, prefect_env):
    """The plan comes before the first call, and so does the refusal."""
    done, events = run_check(
        write_brief(tmp_path / "task", budget_usd=0.0), prefect_env
    )
    error = next(e for e in events if e["event"] == "error")

    assert (2, "OverBudget") == (done.returncode, error["kind"])
