"""
A climb recorded and its winner registered, in MLflow on a SQLite file.

How it is recorded is that of the registry's own tests, found only in the process that
forks.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from suffice.brief import Brief
from suffice.registry.record import Registry


def prepare_store(folder: str) -> None:
    """The empty store, which takes seconds to make."""
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    Registry(Path(folder)).prepare()


def register(folder: str) -> None:
    """Record the climb, and register its winner."""
    from test_interruptions import record

    os.environ.pop("MLFLOW_TRACKING_URI", None)
    record(Registry(Path(folder)), _brief(folder))


def register_carelessly(folder: str) -> None:
    """The mutant: a new version, without looking whether the climb has one."""
    from climb_parts import FEW_SHOT, measured, outcomes, split
    from mlflow.exceptions import MlflowException

    os.environ.pop("MLFLOW_TRACKING_URI", None)
    registry, brief = Registry(Path(folder)), _brief(folder)
    run_id = registry.start_climb(
        brief, climb_id="support-1", data_fingerprint="f" * 64, split=split()
    )
    registry.log_candidate(run_id, FEW_SHOT, measured(FEW_SHOT), outcomes())
    with suppress(MlflowException):
        registry.client.create_registered_model(brief.name)
    made = registry.client.create_model_version(
        brief.name, source=folder, run_id=run_id
    )
    registry.client.set_registered_model_alias(brief.name, "champion", made.version)
    registry.client.set_terminated(run_id, "FINISHED")


def registered(folder: str) -> list[Any]:
    """What the store has of it."""
    from test_interruptions import complete

    os.environ.pop("MLFLOW_TRACKING_URI", None)
    return list(complete(Registry(Path(folder))))


def settle_in(folder: str) -> None:
    """
    All of it once, so that MLflow has looked over its tables and built its queries.

    That takes longer than the act.  Its connections are closed: no process may use
    those of another.
    """
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as Models
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as Runs

    register(folder)
    registered(folder)
    for engine in (*Models._engine_map.values(), *Runs._engine_map.values()):
        engine.dispose()


def warm_up(folder: str) -> None:
    """Make the slow imports."""
    register(f"{folder}/registry")


def _brief(folder: str) -> Brief:
    return Brief(name="support", instructions="x", examples="x", output=folder)


ACTS: dict[str, Callable[..., Any]] = {
    "prepare store": prepare_store,
    "register": register,
    "register carelessly": register_carelessly,
    "registered": registered,
    "settle in": settle_in,
}
