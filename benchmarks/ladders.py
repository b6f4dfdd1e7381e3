"""
Whole climbs on public data with the embedded model: every rung, and the verdict.

``python -m benchmarks.ladders ../shared/data > benchmarks/ladders.md`` climbs on three
tasks, each a folder of chat JSONL (``train.jsonl``, ``test.jsonl``), and prints the
verdict table of each and the share of test calls that stopping early has saved.
``--keep FOLDER`` keeps what the climbs write; run again, they go on where they were.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from suffice.results import Verdict
from suffice.services.stack import down
from suffice.stages.climb import latest_verdict
from suffice.workspace import Workspace

COMMAND = Path(sys.executable).with_name("suffice")
ROOT = Path(__file__).parents[1]
RUNGS = (
    *("floor", "zero-shot", "few-shot", "retrieved-few-shot", "optimised-prompt"),
    "fine-tuned",
)
TASKS: dict[str, dict[str, Any]] = {
    "banking77_10": {"scorer": "label", "bar": 0.93, "max_output_tokens": 12},
    "snips_json": {"scorer": "json-fields", "bar": 0.80, "max_output_tokens": 72},
    "insurance_tickets": {"scorer": "label", "bar": 0.90, "max_output_tokens": 12},
}
"""The bars are what such a feature would ask for and this model may or may not do."""


def brief(data: Path, task: str, folder: Path) -> Path:
    """A brief on one task, as its owner would write it."""
    first = json.loads((data / task / "train.jsonl").open(encoding="utf-8").readline())
    content = {
        "name": task.replace("_", "-"),
        "instructions": first["messages"][0]["content"],
        "examples": str((data / task / "train.jsonl").resolve()),
        "test_examples": str((data / task / "test.jsonl").resolve()),
        "rungs": list(RUNGS),
        "tuning": {
            "instructions": "Answer.",
            "batch_size": 4,
            "learning_rate_multiplier": 2,
        },
        "output": str(folder / ".suffice"),
        **TASKS[task],
    }
    path = folder / f"{task}.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def climb(path: Path, folder: Path) -> Verdict:
    """The verdict of the command on that brief."""
    done = subprocess.run(
        [COMMAND, "climb", str(path)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode not in (0, 1):
        sys.exit(f"the climb on {path.name} ended with exit code {done.returncode}")
    name = yaml.safe_load(path.read_text(encoding="utf-8"))["name"]
    return latest_verdict(Workspace(folder / ".suffice"), name)[0]


def table(verdict: Verdict) -> str:
    """The ladder, the text, and what stopping early was worth."""
    lines = [
        f"## {verdict.name}: bar {verdict.bar:.2f}, margin {verdict.margin:.2f}",
        "",
        "| rung | candidate | n of | quality | $ per 1k | ruling |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for m in verdict.ladder:
        usd = "?" if m.usd_per_request is None else f"{1000 * m.usd_per_request:.4f}"
        quality = f"{m.quality:.2f} ({m.quality_low:.2f} to {m.quality_high:.2f})"
        n = f"{m.n} of {m.n_available}"
        cells = (m.rung, m.name, n, quality, usd, m.ruling)
        lines.append(f"| {' | '.join(cells)} |")
    asked = [m for m in verdict.ladder if m.rung != "floor"]
    full = sum(m.n_available for m in asked)
    made = sum(m.n for m in asked)
    saved = f"{1 - made / full:.0%}" if full else "nothing"
    lines += [
        "",
        f"{verdict.text}",
        "",
        f"Test calls: {made} of {full}, so stopping early saved {saved}. "
        f"The climb took {verdict.elapsed_s:.0f} s.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Climb on each task that is there, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--tasks", nargs="*", default=list(TASKS))
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        print(f"# Climbs on public data, {date.today()}\n")
        print("`python -m benchmarks.ladders DATA`, the embedded model, 2 cores.\n")
        try:
            for task in given.tasks:
                path = brief(given.data, task, folder)
                print(table(climb(path, folder)), flush=True)
        finally:
            down(folder / ".suffice", quiet=True)


if __name__ == "__main__":
    main()
