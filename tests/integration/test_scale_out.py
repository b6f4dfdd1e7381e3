"""The same rung on threads, on Dask and on Ray, chosen by a setting: one verdict."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_fakes import price_row
from small_endpoint import answering

from suffice.brief import Brief
from suffice.errors import UnusableInput
from tasks.runners import task_runner

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
JUDGED = ("ruling", "n", "n_missing", "quality", "quality_low", "quality_high")


def mostly_right(asked: str) -> str:
    """Repeats the question; answers every twentieth wrongly."""
    return asked if int(asked.split()[-1]) % 20 else "no"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with answering(mostly_right) as url:
        yield url


def measured(endpoint: str, folder: Path, env: dict[str, str], runner: str) -> Any:
    """What the rung came to, in a process of its own."""
    brief = Brief(
        name="wide",
        instructions="Repeat.",
        examples="none",
        bar=0.85,
        models={"endpoint": {"base_url": endpoint}, "base": ("m",)},  # type: ignore[arg-type]
        price_rows=(price_row("m"),),  # type: ignore[arg-type]
        output=str(folder),
        examples_per_task=60,
        shards=2,
    )
    done = subprocess.run(
        [sys.executable, str(HERE / "wide_flow.py"), brief.model_dump_json()],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={
            **env,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}",
            "SUFFICE_TASK_RUNNER": runner,
        },
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    line = next(s for s in done.stdout.splitlines() if s.startswith("MEASURED"))
    found = json.loads(line.removeprefix("MEASURED"))
    return {name: found[name] for name in JUDGED}


@pytest.fixture(scope="module")
def on_threads(endpoint, tmp_path_factory, prefect_env) -> Any:
    return measured(endpoint, tmp_path_factory.mktemp("a"), prefect_env, "threads")


@pytest.mark.parametrize("runner", ["dask", "ray"])
def test_a_cluster_comes_to_the_same_numbers(
    runner, endpoint, tmp_path, prefect_env, on_threads
):
    """Scaling out must change the bill of the machines, and nothing else."""
    if importlib.util.find_spec(f"prefect_{runner}") is None:
        pytest.skip(f"prefect-{runner} is not here: pip install 'suffice[{runner}]'")

    assert "passed" == on_threads["ruling"]
    assert on_threads == measured(endpoint, tmp_path, prefect_env, runner)


@pytest.mark.parametrize("said", ["spark", "dask  ", "threads tcp://x", "ray"])
def test_a_runner_is_known_and_installed_or_refused_in_a_sentence(said):
    """Before the first task, not in the middle of a climb."""
    name = said.split()[0]
    if name in ("dask", "ray") and importlib.util.find_spec(f"prefect_{name}"):
        assert name in type(task_runner(said)).__name__.lower()
    else:
        with pytest.raises(UnusableInput, match="SUFFICE_TASK_RUNNER"):
            task_runner(said)
