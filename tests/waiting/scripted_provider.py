"""A provider on a virtual clock: its outages, moods and last word are a script."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from suffice.errors import CallFailed, TrainingUnavailable
from suffice.tuning.following import Clock, JobEvent, JobState

HOUR, DAY = 3600.0, 86_400.0
MOODS = ("down", "401", "404", "paused", "null-model", "events-down", "chat-down")
"""What may go wrong for a while without meaning that the job has ended."""


@dataclass
class VirtualTime:
    """Monotonic seconds pass when somebody sleeps; the wall clock also jumps."""

    at: float = 0.0
    jumps: list[tuple[float, float]] = field(default_factory=list)
    """When (monotonic) the wall clock is put forward or back, by how many seconds."""

    def monotonic(self) -> float:
        return self.at

    def now(self) -> float:
        return 1.8e9 + self.at + sum(by for when, by in self.jumps if when <= self.at)

    def sleep(self, seconds: float) -> None:
        self.at += seconds

    @property
    def clock(self) -> Clock:
        return Clock(now=self.now, monotonic=self.monotonic, sleep=self.sleep)


@dataclass(frozen=True, kw_only=True)
class Spell:
    """From when to when (monotonic) the provider is in a mood."""

    mood: str
    begin: float
    end: float


@dataclass(frozen=True, kw_only=True)
class Script:
    """One story: when the job ends and how, and what happens on the way."""

    ends_at: float
    last_word: str
    spells: tuple[Spell, ...] = ()
    jumps: tuple[tuple[float, float], ...] = ()
    estimates: bool = True


def script(seed: int) -> Script:
    """The story with this number."""
    rng = random.Random(seed)
    spells, at = [], 0.0
    for _ in range(rng.randint(1, 4)):
        begin = at + rng.uniform(0, 2 * HOUR)
        lasts = min(48 * HOUR, 10 ** rng.uniform(0, 5.3))
        mood = rng.choice(MOODS)
        if mood == "404":
            # A gateway restarts; an account without the job says it for ever.
            lasts = min(lasts, 600.0)
        spells.append(Spell(mood=mood, begin=begin, end=begin + lasts))
        at = begin + lasts
    jumps = tuple(
        (rng.uniform(0, at), rng.choice((-1, 1)) * 10 ** rng.uniform(0, 7))
        for _ in range(rng.randint(0, 3))
    )
    return Script(
        ends_at=rng.uniform(60.0, at + 3 * HOUR),
        last_word=rng.choice(("succeeded",) * 4 + ("failed", "cancelled")),
        spells=tuple(spells),
        jumps=jumps,
        estimates=rng.random() < 0.5,
    )


class ScriptedProvider:
    """The public interface of a tuning client, answering by a script."""

    embedded = False
    name = "scripted"

    def __init__(self, story: Script, time: VirtualTime) -> None:
        self.story = story
        self.time = time
        self.asked_at: list[float] = []

    def mood(self) -> str:
        at = self.time.at
        moods = (s.mood for s in self.story.spells if s.begin <= at < s.end)
        return next(moods, "fine")

    def reconnect(self) -> None:
        """Nothing is held."""

    def job(self, job_id: str) -> JobState:
        mood = self._ask()
        if mood == "down":
            raise CallFailed("no answer")
        if mood == "401":
            raise TrainingUnavailable("401: the key was rotated")
        if mood == "404":
            raise TrainingUnavailable("404") from _NotFoundError()
        return self._state(job_id, mood)

    def events(self, job_id: str, after: str | None = None) -> tuple[JobEvent, ...]:
        del job_id
        if self._ask() == "events-down":
            raise CallFailed("no answer")
        step = int(self.time.at // 600)
        if after == f"ev-{step}" or self.time.at > self.story.ends_at:
            return ()
        event = JobEvent(id=f"ev-{step}", at=0, message="", step=step, total_steps=99)
        return (event,)

    def answers(self, model: str) -> bool:
        return self._ask() != "chat-down" and model == "ft:done"

    def _ask(self) -> str:
        self.asked_at.append(self.time.at)
        return self.mood()

    def _state(self, job_id: str, mood: str) -> JobState:
        begun = 1_700_000_000  # By its own clock, which is not ours.
        known: dict[str, Any] = {"job_id": job_id, "created_at": begun, "base": "b"}
        if self.story.estimates:
            known["estimated_finish"] = begun + int(self.story.ends_at)
        if mood == "paused":
            return JobState(status="paused", **known)
        if self.time.at < self.story.ends_at:
            return JobState(status="running", **known)
        model = None if mood == "null-model" else "ft:done"
        if self.story.last_word != "succeeded":
            return JobState(status=self.story.last_word, error="why", **known)
        return JobState(status="succeeded", fine_tuned_model=model, **known)


class _NotFoundError(Exception):
    status_code = 404
