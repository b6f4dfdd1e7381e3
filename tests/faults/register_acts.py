"""
A climb recorded and its winner registered, in MLflow on a SQLite file.

How it is recorded is that of the registry's own tests, found only in the process that
forks.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from suffice.brief import Brief
from suffice.registry.record import Registry

WHOLE = [1, 1, ["1"], "1"]
"""One climb, one candidate, one version, and that one is the champion."""


def prepare_store(folder: str) -> None:
    """The empty store, which takes seconds to make."""
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    Registry(Path(folder)).prepare()


def register(folder: str) -> None:
    """Record the climb, and register its winner."""
    from test_interruptions import record

    os.environ.pop("MLFLOW_TRACKING_URI", None)
    brief = Brief(name="support", instructions="x", examples="x", output=folder)
    record(Registry(Path(folder)), brief)


def registered(folder: str) -> list[Any]:
    """What the store has of it."""
    from test_interruptions import complete

    os.environ.pop("MLFLOW_TRACKING_URI", None)
    return list(complete(Registry(Path(folder))))


def warm_up(folder: str) -> None:
    """Do it all once."""
    prepare_store(f"{folder}/registry")
    register(f"{folder}/registry")
    assert registered(f"{folder}/registry") == WHOLE


ACTS: dict[str, Callable[..., Any]] = {
    "prepare store": prepare_store,
    "register": register,
    "registered": registered,
}
