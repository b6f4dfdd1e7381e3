from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from crowds import Crowd, crowd_of
from jobs_imitation import JobsApi
from tuning_parts import TRAINING, HurriedTime

from suffice.tuning.following import TuneSpec, TuningClient
from suffice.tuning.ledger import Ledger


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


@pytest.fixture(scope="module")
def crowd() -> Iterator[Crowd]:
    with crowd_of() as crowd:
        yield crowd
