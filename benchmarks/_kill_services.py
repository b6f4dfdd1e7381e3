"""The Prefect and the MLflow server of battered climbs, and who starts them again."""

from __future__ import annotations

import json
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from suffice.errors import EnvironmentFailed
from suffice.registry.record import Registry
from suffice.services import known, servers

_MOST_STARTS = 5


@dataclass(kw_only=True)
class Services:
    """The Prefect and the MLflow server that climbs report to."""

    prefect: servers.Service
    mlflow: servers.Service
    _starters: ThreadPoolExecutor = field(
        default_factory=partial(ThreadPoolExecutor, 2)
    )

    @classmethod
    def of(cls, folder: Path) -> Services:
        """Servers of their own, which keep all they have in *folder*."""
        registry = Registry(folder / "mlflow")
        return cls(
            prefect=known.prefect_service(folder / "prefect", _free_port()),
            mlflow=known.mlflow_service(
                folder / "mlflow",
                registry.default_store,
                registry.default_artifacts,
                _free_port(),
            ),
        )

    def env(self) -> dict[str, str]:
        """What tells a process of them; the one that is missing is started."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
        return env | {
            "PREFECT_API_URL": f"{servers.ensure(self.prefect)}/api",
            "PREFECT_HOME": str(self.prefect.home.parent / "prefect-home"),
            "MLFLOW_TRACKING_URI": servers.ensure(self.mlflow),
        }

    def port(self, name: str) -> str:
        """Where it listens: not always where it would rather, after a kill."""
        service = getattr(self, name)
        try:
            told = json.loads((service.home / "server.json").read_text())
        except (OSError, ValueError):
            return str(service.preferred_port)
        return str(urlsplit(told["url"]).port)

    def restart(self, name: str) -> None:
        """Start it again meanwhile, as whoever watches over a server does."""
        service = getattr(self, name)

        def start() -> None:
            # One that is killed while it starts is started again.
            for _ in range(_MOST_STARTS):
                with suppress(EnvironmentFailed):
                    servers.ensure(service)
                    return

        self._starters.submit(start)

    def stop(self) -> None:
        """Leave no process behind."""
        self._starters.shutdown()
        for service in (self.prefect, self.mlflow):
            servers.stop(service)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((servers.HOST, 0))
        return int(probe.getsockname()[1])
