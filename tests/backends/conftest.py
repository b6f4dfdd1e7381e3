from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pytest
from places import IMITATED, Place, chats, imitated
from prepared_weights import linked
from tuning_parts import HurriedTime

from suffice.services.local_server import ensure_server, stop_server
from suffice.tuning.client import TuningClient
from suffice.tuning.ledger import Ledger
from suffice.tuning.protocol import Backend

QUICK = {"n_epochs": 1, "batch_size": 4, "first_layer": 28}
"""Hyperparameters of a job that takes seconds: only the last layers learn."""


@dataclass
class RealJobs:
    """Jobs of the embedded server end by themselves."""

    backend: Backend
    base: str = "smollm2-135m-instruct"

    def finish(self, job_id: str) -> None:
        end = monotonic() + 300
        while not self.backend.job(job_id).ended and monotonic() < end:
            sleep(0.2)


@pytest.fixture
def time() -> HurriedTime:
    return HurriedTime()


@pytest.fixture
def ledger(tmp_path: Path, time: HurriedTime) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db", now=time.now) as opened:
        yield opened


@pytest.fixture(scope="session")
def embedded_url(prepared, tmp_path_factory) -> Iterator[str]:
    """The real server, started once for all."""
    root = tmp_path_factory.mktemp("embedded")
    linked(prepared, root)
    yield ensure_server(root, timeout_s=540)
    stop_server(root)


@pytest.fixture
def place(request, ledger, time) -> Iterator[Place]:
    """Each provider, imitated on loopback from its documentation."""
    here = imitated(request.param, ledger, time)
    yield here
    here.backend.close()
    here.api.close()


@pytest.fixture
def anywhere(request, ledger, time) -> Iterator[Place]:
    """Each of them, and the real embedded server."""
    if request.param != "embedded":
        here = imitated(request.param, ledger, time)
    else:
        url = request.getfixturevalue("embedded_url")
        backend = TuningClient(url, "none", embedded=True)
        here = Place(
            backend=backend,
            api=RealJobs(backend),
            ledger=ledger,
            time=time,
            training=chats(12),
            hyperparameters=QUICK,
        )
    yield here
    here.backend.close()
    if request.param != "embedded":
        here.api.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One suite for all of them; a test may name the places that it is about."""
    places = {"place": list(IMITATED), "anywhere": ["embedded", *IMITATED]}
    named = [m.args[0] for m in metafunc.definition.iter_markers("parametrize")]
    for fixture, names in places.items():
        if fixture in metafunc.fixturenames and fixture not in named:
            metafunc.parametrize(fixture, names, indirect=True)
