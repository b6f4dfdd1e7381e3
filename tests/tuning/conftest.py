from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from jobs_imitation import JobsApi

from suffice.ledger import Ledger
from suffice.tuning import Clock, TuneSpec, TuningClient

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


@pytest.fixture
def api() -> Iterator[JobsApi]:
    provider = JobsApi()
    yield provider
    provider.close()


@pytest.fixture
def client(api: JobsApi) -> Iterator[TuningClient]:
    client = TuningClient(api.url, "sk-test", embedded=True, timeout_s=1.0)
    yield client
    client.close()


@pytest.fixture
def time() -> HurriedTime:
    return HurriedTime()


@pytest.fixture
def ledger(tmp_path: Path, time: HurriedTime) -> Ledger:
    return Ledger(tmp_path / "ledger.db", now=time.now)


@pytest.fixture
def spec() -> TuneSpec:
    return TuneSpec.of(TRAINING, None, base="tiny", suffix="support")
