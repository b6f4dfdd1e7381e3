"""Processes that submit one job at the same moment: it is paid for once."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from threading import BrokenBarrierError
from typing import Any

import pytest
from jobs_imitation import JobsApi
from mortals import processes, submit_at_once
from postgres_server import without_a_ledger

MOST = 16
TRIALS = int(os.environ.get("SUFFICE_TRIALS", "20"))
"""A release takes 200."""


@pytest.fixture(scope="module")
def crowd() -> Iterator[tuple[Any, Any]]:
    """Processes that are there already, and what makes barriers for them."""
    context = processes()
    with context.Manager() as manager, ProcessPoolExecutor(MOST, context) as pool:
        yield pool, manager


def race(api: JobsApi, where: str, trial: int, crowd: Any, *, careful: bool) -> bool:
    """Whether eight to sixteen submitters end with one job that all of them know."""
    pool, manager = crowd
    rng = random.Random(trial)
    n = rng.randint(8, MOST)
    api.jobs.clear()
    api.files.clear()
    api.slow_create_s = rng.uniform(0.05, 0.4)
    barrier = manager.Barrier(n)
    running = [
        pool.submit(submit_at_once, api.url, where, barrier, careful) for _ in range(n)
    ]
    # One that failed keeps the others waiting: its own error is what is to be seen.
    errors = [error for error in map(Future.exception, running) if error]
    errors.sort(key=lambda error: isinstance(error, BrokenBarrierError))
    if errors:
        raise errors[0]
    ids = {future.result() for future in running}
    return ids == set(api.jobs) and len(ids) == 1


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_of_processes_that_submit_at_once_one_pays(
    database, request, api, crowd, quick_path
):
    """Two climbs of one brief, started by a schedule and by hand."""
    violated, trials = 0, TRIALS
    if database == "postgres":
        trials, url = TRIALS // 4, request.getfixturevalue("postgres")
    for trial in range(trials):
        where = f"{quick_path}-{trial}"
        if database == "postgres":
            where = without_a_ledger(url)
        violated += not race(api, where, trial, crowd, careful=True)
    print(f"{trials} trials of 8 to {MOST} processes, {violated} violated")  # noqa: T201

    assert 0 == violated


def test_processes_that_look_and_then_send_pay_twice(api, crowd, quick_path):
    """The mutant: they are too late together."""
    assert not race(api, quick_path, 1, crowd, careful=False)
