"""Processes that submit one job at the same moment: it is paid for once."""

from __future__ import annotations

import os

import pytest
from crowds import MOST, Crowd
from jobs_imitation import JobsApi
from mortals import submit_at_once
from postgres_server import without_a_ledger

TRIALS = int(os.environ.get("SUFFICE_TRIALS", "20"))
"""A release takes 200."""


def race(api: JobsApi, where: str, trial: int, crowd: Crowd, *, careful: bool) -> bool:
    """Whether those who share a ledger end with one job that all of them know."""
    return crowd.one_pays(
        api,
        trial,
        submit_at_once,
        lambda _, barrier: (api.url, where, barrier, careful),
    )


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
