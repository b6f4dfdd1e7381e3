"""Processes that register one champion at the same moment: one version, one alias."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from mlflow.exceptions import MlflowException
from registering import register
from test_interruptions import complete
from test_races import standing

from suffice.brief import Brief
from suffice.registry.record import Registry

LEAST, MOST = 4, 8
TRIALS = int(os.environ.get("SUFFICE_TRIALS", "1"))
"""A release takes 200."""
pytestmark = pytest.mark.timeout(120 + 20 * TRIALS)
_SLOW_IMPORTS = [
    "suffice.registry.record",
    "mlflow.pyfunc",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
]


@pytest.fixture(scope="module")
def crowd() -> Iterator[tuple[Any, Any]]:
    """Processes that are there already, and what makes barriers for them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_SLOW_IMPORTS)
    with context.Manager() as manager, ProcessPoolExecutor(MOST, context) as pool:
        yield pool, manager


def register_at_once(output: str, store: str, barrier: Any, careful: bool) -> None:
    """Register when all the others do; *output* may be theirs or this one's own."""
    os.environ["MLFLOW_TRACKING_URI"] = store
    registry = Registry(Path(output))
    brief = Brief(name="support", instructions="x", examples="x", output=output)
    if careful:
        registry.prepare()
        barrier.wait(120)
        register(registry, brief)
    else:
        register_naively(registry, brief, barrier)


def register_naively(registry: Registry, brief: Brief, barrier: Any) -> None:
    """The mutant: look, then make; all have looked before one makes."""
    client = registry.client
    found = client.search_model_versions(f"name='{brief.name}'")
    barrier.wait(120)
    if not found:
        with suppress(MlflowException):
            client.create_registered_model(brief.name)
        client.create_model_version(brief.name, source=brief.output)


def race(
    place: Path, empty_store: Path, crowd: Any, n: int, *, own: bool, careful: bool
) -> Registry:
    """The registry after *n* of them, on one machine or each on its *own*."""
    pool, manager = crowd
    place.mkdir()
    shutil.copy(empty_store, place / "mlflow.db")
    registry, barrier = Registry(place), manager.Barrier(n)
    outputs = [place / str(i) if own else place for i in range(n)]
    running = [
        pool.submit(
            register_at_once, str(output), registry.default_store, barrier, careful
        )
        for output in outputs
    ]
    for one in running:
        one.result()
    return registry


def raced(tmp_path, empty_store, crowd, *, own: bool) -> Iterator[Registry]:
    """The registries after all the races, one after the other."""
    for trial in range(TRIALS):
        n = random.Random(trial).randint(LEAST, MOST)
        yield race(tmp_path / str(trial), empty_store, crowd, n, own=own, careful=True)


def test_processes_of_one_machine_record_one_climb(tmp_path, empty_store, crowd):
    """Two shells, a schedule and a test of it: all of one output folder."""
    wanted = (1, ["1"], "1")
    left = [complete(r)[1:] for r in raced(tmp_path, empty_store, crowd, own=False)]
    violated = [found for found in left if found != wanted]
    sys.stdout.write(f"tried: {len(left)}, violated: {len(violated)}\n")

    assert ([], TRIALS) == (violated, len(left))


def test_machines_that_share_a_store_leave_one_version(tmp_path, empty_store, crowd):
    """They share no lock: each looks again after it has written."""
    wanted = ({"support-1": 1}, True)
    left = [standing(r) for r in raced(tmp_path, empty_store, crowd, own=True)]
    violated = [found for found in left if found != wanted]
    sys.stdout.write(f"tried: {len(left)}, violated: {len(violated)}\n")

    assert ([], TRIALS) == (violated, len(left))


def test_who_looks_and_then_makes_is_caught(tmp_path, empty_store, crowd):
    """The mutant: they are too late together."""
    place = tmp_path / "0"
    registry = race(place, empty_store, crowd, LEAST, own=True, careful=False)

    assert LEAST == len(registry.client.search_model_versions("name='support'"))
