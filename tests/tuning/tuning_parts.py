"""What the tests of tuning share."""

from __future__ import annotations

from dataclasses import dataclass, field

from suffice.tuning.following import Clock

TRAINING = b'{"messages": [{"role": "user", "content": "Hi"}]}\n'


@dataclass
class HurriedTime:
    """Time that passes when somebody sleeps."""

    at: float = 1_000_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    @property
    def clock(self) -> Clock:
        return Clock(now=self.now, monotonic=self.now, sleep=self.sleep)
