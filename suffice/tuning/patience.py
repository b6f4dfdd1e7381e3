"""
How often a job is looked at, and when its silence is worth telling. Pure.

Looks begin after seconds and become rarer, up to minutes, and rarer still while the
provider does not answer: at most `MOST_LOOKS_A_DAY` a day, whatever happens.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from suffice.tuning.job import JobState

NEAR_S, FAR_S = 3.0, 120.0
"""Longest pause between two looks: at our own server, at somebody else's."""
DOWN_S = 300.0
"""Longest pause while the provider does not answer."""
JITTER = (0.8, 1.2)
MOST_LOOKS_A_DAY = 950
"""At somebody else's endpoint, also on the first day, when looks begin quickly."""
_GROWTH = 1.4
_LEAST_SILENCE_S = 600.0
_SLACK = 2.0


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long one waits for a job, and in which steps."""

    poll_s: float = 2.0
    """Seconds before the second look; later ones are rarer."""
    deadline_s: float = 6 * 3600.0
    """Seconds after which waiting ends; the job goes on."""
    silence_s: float = 7200.0
    """Seconds without progress after which a job that gave no estimate has stalled."""
    hold_s: float | None = None
    """Seconds after which the process is wanted for something else; ``None``: never."""
    waited_s: float = 0.0
    """Seconds that processes before this one have waited already."""


@dataclass(kw_only=True)
class Pauses:
    """The pauses between looks, each about 1.4 times the one before."""

    poll_s: float
    near: bool
    uniform: Callable[[float, float], float] = random.uniform
    _next_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._next_s = self.poll_s

    def after(self, state: JobState) -> float:
        """Seconds until the next look."""
        usual_s = max(self.poll_s, NEAR_S if self.near else FAR_S)
        down = state.status == "unknown" and not self.near
        longest_s = max(self.poll_s, DOWN_S) if down else usual_s
        pause_s = min(self._next_s, longest_s)
        self._next_s = min(longest_s, pause_s * _GROWTH)
        return pause_s * self.uniform(*JITTER)


@dataclass(kw_only=True)
class Silence:
    """
    How long a job has shown no progress, by looks that were answered.

    Time in which the provider did not answer says nothing about the job and does not
    count; neither does what any clock on the wall says.
    """

    silence_s: float
    _seen: object = None
    _silent_s: float = 0.0
    _looked_at: float | None = None
    _told: bool = False

    def stalled(self, state: JobState, now: float) -> bool:
        """True once for each silence that is longer than the job's own estimate."""
        if state.status == "unknown":
            self._looked_at = None
            return False
        seen = (state.status, state.estimated_finish, state.trained_tokens)
        if state.events or seen != self._seen:
            self._seen, self._silent_s, self._told = seen, 0.0, False
        elif self._looked_at is not None:
            self._silent_s += max(0.0, now - self._looked_at)
        self._looked_at = now
        if self._told or self._silent_s <= allowed_silence_s(state, self.silence_s):
            return False
        self._told = True
        return True


def allowed_silence_s(state: JobState, silence_s: float) -> float:
    """
    Seconds that the job may be silent: twice what it estimates to take as a whole.

    >>> job = JobState(job_id="j", status="running", created_at=0)
    >>> allowed_silence_s(job, 7200.0)
    7200.0

    Both ends are times of the provider's own clock, so that ours may be wrong:

    >>> from dataclasses import replace
    >>> allowed_silence_s(replace(job, estimated_finish=1000), 7200.0)
    2000.0
    """
    if state.estimated_finish is None:
        return silence_s
    whole_s = float(state.estimated_finish - state.created_at)
    return max(_LEAST_SILENCE_S, _SLACK * whole_s)


def left_s(state: JobState, now: float) -> float | None:
    """Seconds the job says it still takes, never negative; ``None``: it did not say."""
    if state.estimated_finish is None:
        return None
    return max(0.0, state.estimated_finish - now)
