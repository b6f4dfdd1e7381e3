"""
What the demo costs: seconds, memory, and the start of the command line.

``python -m benchmarks.demo`` runs the main job in an empty folder, twice, and prints a
table.  Memory is the sum of the resident sizes of every process that works in that
folder, servers and trainer included, sampled twice a second.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
COMMAND = Path(sys.executable).with_name("suffice")


class Memory(threading.Thread):
    """The most that the processes working in *folder* held together, in bytes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder, self.peak, self.over = str(folder), 0, threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.5):
            self.peak = max(self.peak, sum(map(self._held, psutil.process_iter())))

    def _held(self, process: psutil.Process) -> int:
        try:
            here = process.cwd().startswith(self.folder)
            return process.memory_info().rss if here else 0
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return 0


def climb(folder: Path) -> tuple[float, float, int]:
    """Seconds, peak GB and exit code of one run of the main job in *folder*."""
    memory = Memory(folder)
    memory.start()
    started = time.monotonic()
    done = subprocess.run(
        [COMMAND, "climb", "examples/support/brief.yaml"],
        cwd=folder,
        check=False,
        env={**os.environ, "COLUMNS": "100"},
    )
    seconds = time.monotonic() - started
    memory.over.set()
    memory.join()
    return seconds, memory.peak / 1e9, done.returncode


def median_s(command: list[str], n: int = 5) -> float:
    """Median wall seconds of *n* runs of *command*."""
    taken = []
    for _ in range(n):
        started = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken.append(time.monotonic() - started)
    return statistics.median(taken)


def main() -> None:
    load = os.getloadavg()[0]
    rows = [
        ("`import suffice`", f"{_importing():.3f} s", "0.3 s"),
        ("`suffice --help`", f"{median_s([str(COMMAND), '--help']):.3f} s", "0.6 s"),
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "examples", folder / "examples")
        for which, aim in (("first", "600 s, 4 GB"), ("second", "30 s")):
            seconds, peak_gb, code = climb(folder)
            said = f"{seconds:.0f} s, {peak_gb:.2f} GB at most, exit {code}"
            rows.append((f"demo, {which} run", said, aim))
        subprocess.run([COMMAND, "down"], cwd=folder, check=True)
    print(f"{os.cpu_count()} cores ({platform.machine()}), load {load:.1f} before\n")
    print("| what | measured | budget |\n| --- | --- | --- |")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def _importing() -> float:
    bare = median_s([sys.executable, "-c", "pass"])
    return max(0.0, median_s([sys.executable, "-c", "import suffice"]) - bare)


if __name__ == "__main__":
    main()
