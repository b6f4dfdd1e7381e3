"""When the next look is due, and when a silence is worth telling: pure arithmetic."""

from __future__ import annotations

from dataclasses import replace

import pytest

from suffice.tuning.job import JobState
from suffice.tuning.patience import JITTER, Pauses, Silence

RUNNING = JobState(job_id="j", status="running", created_at=1000)
LOOK_S = 100.0


def test_no_two_who_wait_look_in_step():
    """A thousand climbs that start with the hour must not ask in the same second."""
    looks = [Pauses(poll_s=2.0, near=False).after(RUNNING) for _ in range(50)]
    low, high = JITTER

    assert len(set(looks)) > 40
    assert all(2.0 * low <= pause_s <= 2.0 * high for pause_s in looks)
    assert low < 1 < high


def told_after_s(state: JobState, silence_s: float, most_s: float) -> float | None:
    """Seconds after which the silence of a job that never changes is told."""
    silence = Silence(silence_s=silence_s)
    at = 0.0
    while at <= most_s:
        if silence.stalled(state, at):
            return at
        at += LOOK_S
    return None


@pytest.mark.parametrize(
    ("whole_s", "silence_s", "told_s"),
    [
        (1000, 7200.0, 2000 + LOOK_S),
        (60, 7200.0, 600 + LOOK_S),
        (86_400, 7200.0, 2 * 86_400 + LOOK_S),
        (None, 7200.0, 7200 + LOOK_S),
    ],
)
def test_a_silence_is_told_after_twice_the_jobs_own_estimate(
    whole_s, silence_s, told_s
):
    """Short jobs hang in minutes; one of a day says nothing for hours and is fine."""
    finish = None if whole_s is None else RUNNING.created_at + whole_s
    state = replace(RUNNING, estimated_finish=finish)

    assert told_s == told_after_s(state, silence_s, 3 * 86_400.0)
