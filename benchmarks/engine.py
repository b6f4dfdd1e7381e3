"""What the evaluation engine costs beside plain clients and other tools.

Each way of asking runs in a process of its own against a loopback stub; the medians
of some repetitions are printed as one Markdown table.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_HERE = Path(__file__).parent
_OURS = ("suffice", "gather", "threads", "loop")
_PEERS = {
    "inspect_ai": ("inspect_ai", "openai"),
    "deepeval": ("deepeval", "openai[aiohttp]"),
    "lm_eval": ("lm_eval[api]", "openai"),
}
"""What is installed for each, into an environment made for it and thrown away."""
_OF_NODE = ("node@24", "promptfoo")
_UNWANTED = "litellm"
_SLOW = {"loop", "inspect_ai", "deepeval", "lm_eval", "promptfoo", "mlflow"}
_FEW = 200
"""Questions at most for the slow ones; CPU and ratios are per question anyway."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One setting of the grid."""

    n: int
    concurrency: int
    latency_ms: int


_SMALL = (
    Cell(n=1000, concurrency=32, latency_ms=0),
    Cell(n=1000, concurrency=32, latency_ms=50),
    Cell(n=1000, concurrency=128, latency_ms=200),
    Cell(n=5000, concurrency=128, latency_ms=200),
)
_FULL = tuple(
    Cell(n=n, concurrency=c, latency_ms=ms)
    for n in (1000, 5000)
    for c in (1, 32, 128)
    for ms in (0, 50, 200)
    # One after another at 200 ms, 5,000 take a quarter of an hour and say nothing new.
    if c > 1 or (n == 1000 and ms < 200)
)


@contextmanager
def stub(latency_ms: int) -> Iterator[str]:
    """The port of a running stub."""
    process = subprocess.Popen(
        [sys.executable, str(_HERE / "_engine_stub.py"), str(latency_ms)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def measured(python: str, name: str, port: str, cell: Cell) -> dict[str, float] | str:
    """One run, or the last line it said when it failed."""
    concurrency = 1 if name == "loop" else cell.concurrency
    n = min(cell.n, _FEW) if name in _SLOW else cell.n
    done = subprocess.run(
        [
            python,
            str(_HERE / "_engine_clients.py"),
            name,
            port,
            str(n),
            str(concurrency),
        ],
        capture_output=True,
        text=True,
        timeout=900,
        # Some of them write into the folder they are started in.
        cwd=tempfile.gettempdir(),
        env={**os.environ, "PYTHONPATH": str(_HERE.parent), "OMP_NUM_THREADS": "1"},
    )
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["it failed"])[-1]
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    least_s = found["n"] * cell.latency_ms / 1000 / concurrency
    found["ratio"] = found["wall_s"] / least_s if least_s else float("nan")
    return found


@contextmanager
def environments(names: list[str]) -> Iterator[dict[str, str]]:
    """The Python of each peer that can be installed here."""
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for name in names:
            if name == "promptfoo":
                os.environ["PROMPTFOO_AT"] = folder
                python = _installed_by_npm(Path(folder))
            else:
                python = _installed(Path(folder) / name, _PEERS[name])
            if python:
                found[name] = python
            else:
                print(f"<!-- {name}: not installed here -->", file=sys.stderr)
        yield found


def _installed(folder: Path, packages: tuple[str, ...]) -> str | None:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", *packages]
    if subprocess.run(pip, capture_output=True).returncode:
        return None
    asked = [python, "-m", "pip", "show", _UNWANTED]
    brought = subprocess.run(asked, capture_output=True).returncode == 0
    return None if brought else python


def _installed_by_npm(folder: Path) -> str | None:
    npm = shutil.which("npm")
    if npm is None:
        return None
    install = [npm, "install", "--silent", "--no-audit", "--no-fund", *_OF_NODE]
    failed = subprocess.run(install, cwd=folder, capture_output=True).returncode
    return None if failed else sys.executable


def table(
    pythons: dict[str, str], cells: tuple[Cell, ...], repetitions: int
) -> Iterator[str]:
    """The rows of the table, as they are measured."""
    yield "| n : in flight : ms | way | CPU ms each | x limit | start CPU s | peak MB |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for cell in cells:
        with stub(cell.latency_ms) as port:
            runs: dict[str, list[dict[str, float] | str]] = {p: [] for p in pythons}
            # In turns, so that a busy moment of the machine falls on all alike.
            for _ in range(repetitions):
                for name, python in pythons.items():
                    runs[name].append(measured(python, name, port, cell))
        for name, found in runs.items():
            yield row(cell, name, found)


def row(cell: Cell, name: str, found: list[dict[str, float] | str]) -> str:
    """The medians of what came back, or why nothing did."""
    setting = f"{cell.n} : {cell.concurrency} : {cell.latency_ms}"
    good = [run for run in found if isinstance(run, dict)]
    if not good:
        return f"| {setting} | {name} | failed: {found[-1]} | | | |"
    cpu, ratio, start, peak = (
        median(run[what] for run in good)
        for what in ("cpu_ms", "ratio", "start_cpu_s", "peak_mb")
    )
    shown = "-" if ratio != ratio else f"{ratio:.2f}"
    return f"| {setting} | {name} | {cpu:.2f} | {shown} | {start:.2f} | {peak:.0f} |"


def cell_of(text: str) -> Cell:
    """
    The cell of questions : calls in flight : latency.

    >>> cell_of("1000:32:50")
    Cell(n=1000, concurrency=32, latency_ms=50)
    """
    n, concurrency, latency_ms = map(int, text.split(":"))
    return Cell(n=n, concurrency=concurrency, latency_ms=latency_ms)


def main() -> None:
    """Read the arguments, print the table."""
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--full", action="store_true", help="the whole grid, slow")
    read.add_argument("--cells", nargs="*", type=cell_of, help="such as 1000:32:50")
    read.add_argument("--peers", action="store_true", help="other tools too")
    read.add_argument("--repetitions", type=int, default=5)
    read.add_argument("--ways", nargs="*", default=list(_OURS))
    given = read.parse_args()
    peers = [*_PEERS, "promptfoo"] if given.peers else []
    with environments(peers) as found:
        pythons = dict.fromkeys(given.ways, sys.executable)
        if given.peers:
            pythons |= found | {"mlflow": sys.executable}
        load = os.getloadavg()[0]
        print(f"{os.cpu_count()} cores, load {load:.1f} at the start; medians of")
        print(f"{given.repetitions} runs; slow ways ask at most {_FEW} questions.\n")
        cells = tuple(given.cells or (_FULL if given.full else _SMALL))
        for line in table(pythons, cells, given.repetitions):
            print(line, flush=True)


if __name__ == "__main__":
    main()
