"""Killed at any moment: one job, and it is found again."""

from __future__ import annotations

from pathlib import Path

import pytest
from jobs_imitation import JobsApi
from mortals import SPEC, processes, submit_and_die, submit_naively
from tuning_parts import TRAINING, HurriedTime

from suffice.tuning.following import TuningClient, submit
from suffice.tuning.ledger import Ledger


def jobs_after_a_kill(
    api: JobsApi, client: TuningClient, path: Path, tick: int, *, naive: bool
) -> tuple[bool, int]:
    """Whether *tick* killed a submitter, and how many jobs the next one leaves."""
    api.jobs.clear()
    api.files.clear()
    child = processes().Process(
        target=submit_and_die, args=(api.url, path, tick, naive)
    )
    child.start()
    child.join()
    time = HurriedTime()
    ledger = Ledger(path, now=time.now)
    if naive:
        job_id = submit_naively(client, ledger)
    else:
        job_id = submit(SPEC, TRAINING, client=client, ledger=ledger, clock=time.clock)
    assert job_id in api.jobs
    return child.exitcode == -9, len(api.jobs)


def test_killed_before_or_after_any_act_there_is_one_job(api, client, tmp_path):
    """The promise the whole ledger is for: every act of a submission is a point."""
    tried, violated, killed = 0, 0, True
    while killed:
        tried += 1
        path = tmp_path / f"{tried}.db"
        killed, n_jobs = jobs_after_a_kill(api, client, path, tried, naive=False)
        violated += n_jobs != 1
    print(f"killed at {tried - 1} points, {violated} violated")  # noqa: T201

    assert 0 == violated
    assert tried > 20


def test_a_submitter_that_saves_the_id_afterwards_pays_twice(api, client, tmp_path):
    """The mutant: the same kills must show what they can show."""
    counts = [
        jobs_after_a_kill(api, client, tmp_path / f"{n}.db", n, naive=True)[1]
        for n in range(1, 7)
    ]

    assert 2 in counts


def test_killed_while_adopting_it_has_cancelled_the_twin(
    api, client, ledger, spec, time, tmp_path
):
    """
    Found by kills at every write: who comes next is content with the ledger's id.

    So the twin must have been cancelled when the adoption is on the disk.
    """

    class Killed(BaseException):
        """Nothing catches it, as nothing catches a kill."""

    class Dying(Ledger):
        def submitted(self, *args, **kwargs):
            super().submitted(*args, **kwargs)
            raise Killed

    marks = {"suffice_key": spec.key, "suffice_generation": "0"}
    for _ in range(2):
        api.add_job(metadata=marks, status="running", model="tiny")
    dying = Dying(tmp_path / "dying.db", now=time.now)
    with pytest.raises(Killed):
        submit(spec, TRAINING, client=client, ledger=dying, clock=time.clock)

    assert ["running", "cancelled"] == [j["status"] for j in api.jobs.values()]
