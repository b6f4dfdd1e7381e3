"""The servers of battered climbs, and who starts them again."""

from __future__ import annotations

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks._kill_s3 import (
    ACCOUNT,
    BUCKET,
    new_bucket,
    s3_service,
    with_artifacts,
)
from suffice.errors import EnvironmentFailed
from suffice.registry.record import Registry
from suffice.services import known, servers

_MOST_STARTS = 20
_PAUSE_S = 0.5


@dataclass(kw_only=True)
class Services:
    """The Prefect and the MLflow server that climbs report to, and an S3 server."""

    prefect: servers.Service
    mlflow: servers.Service
    s3: servers.Service
    """Of the examples, of who submits a job, and of MLflow's artifacts."""
    _starters: ThreadPoolExecutor = field(
        default_factory=partial(ThreadPoolExecutor, 3)
    )

    @classmethod
    def of(cls, folder: Path) -> Services:
        """Servers of their own, which keep all they have in *folder*."""
        s3 = s3_service(folder / "s3", _free_port())
        new_bucket(started(s3))
        return cls(
            prefect=known.prefect_service(folder / "prefect", _free_port()),
            mlflow=_mlflow(folder / "mlflow", s3),
            s3=s3,
        )

    def env(self) -> dict[str, str]:
        """What tells a process of them; the one that is missing is started."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
        return env | {
            "PREFECT_API_URL": f"{started(self.prefect)}/api",
            "PREFECT_HOME": str(self.prefect.home.parent / "prefect-home"),
            "MLFLOW_TRACKING_URI": started(self.mlflow),
            **ACCOUNT,
            "AWS_ENDPOINT_URL": started(self.s3),
        }

    def port(self, name: str) -> str:
        """Where it listens."""
        return str(getattr(self, name).preferred_port)

    def restart(self, name: str) -> None:
        """Start it again meanwhile, as whoever watches over a server does."""
        self._starters.submit(started, getattr(self, name))

    def stop(self) -> None:
        """Leave no process behind."""
        self._starters.shutdown()
        for service in (self.prefect, self.mlflow, self.s3):
            servers.stop(service)


def started(service: servers.Service) -> str:
    """Address of the server, on its own port, where others look for it."""
    for _ in range(_MOST_STARTS):
        # One that was killed may hold its port for a moment, or be killed again.
        with suppress(EnvironmentFailed):
            return servers.ensure(service, strict_port=True)
        time.sleep(_PAUSE_S)
    return servers.ensure(service, strict_port=True)


def _mlflow(home: Path, s3: servers.Service) -> servers.Service:
    """MLflow's server on SQLite, which keeps artifacts on the S3 server."""
    store = Registry(home).default_store
    service = known.mlflow_service(home, store, home, _free_port())
    at = f"http://{servers.HOST}:{s3.preferred_port}"
    return with_artifacts(service, f"s3://{BUCKET}/mlflow", ACCOUNT, at)


def _free_port() -> int:
    """One that no connection is given in the time between two starts."""
    ports = random.sample(range(20_000, 30_000), 100)
    return next(port for port in ports if servers.port_is_free(port))
