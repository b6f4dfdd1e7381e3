"""Answers a second of the embedded engine, of plain CTranslate2 and of transformers.

    python -m benchmarks.serving_speed --root .suffice/local

Each way answers the same questions in a process of its own, after the instructions of
the example's brief (a long common beginning) and after a word (none worth keeping);
greedily, all of them known from the start.  The answers are not compared: with int8 a
base that rambles says something else with every change in the order of sums;
`benchmarks.served_agreement` compares those of a tuned model.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks._serving_ways import BASE, BATCH, CASES, WAYS, measured
from suffice.local.weights import base_folder_apart

TOLD = {
    "alone": "CTranslate2, one prompt at a time",
    "suffice": "suffice, the embedded engine",
    "ctranslate2": f"CTranslate2, batches of {BATCH}, threads as it comes",
    "transformers": f"transformers, batches of {BATCH}, float32",
}


def main() -> None:
    """Run every way, or the one of ``--only``, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving_speed")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--examples", type=int, default=64)
    parser.add_argument("--only", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    folder = base_folder_apart(asked.root, BASE)
    if asked.only:
        print(json.dumps(measured(folder, *asked.only, n=asked.examples)))
        return
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before\n")
    print("| beginning | way | answers/s | CPU-s each | peak GB |")
    print("| --- | --- | ---: | ---: | ---: |")
    for case in CASES:
        for way in WAYS:
            found = _apart(asked, way, case)
            cells = [f"{found[k]:.2f}" for k in ("per_s", "cpu_s", "peak_gb")]
            print(f"| {' | '.join([case, TOLD[way], *cells])} |", flush=True)


def _apart(asked: argparse.Namespace, way: str, case: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.serving_speed", "--only", way, case]
    command += ["--root", str(asked.root), "--examples", str(asked.examples)]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"{way} failed:\n{run.stderr[-2000:]}")
    found: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
