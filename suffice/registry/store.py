"""Opens MLflow's store: quiet, offline, and made once however many ask for it."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from suffice.errors import EnvironmentFailed
from suffice.registry.contention import made, yielding

if TYPE_CHECKING:
    from mlflow import MlflowClient

LOCK = ".mlflow.lock"
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # Empty: the price catalog is not fetched; prices are ours.
    "MLFLOW_MODEL_CATALOG_URI": "",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SKIP_PIP_REQUIREMENTS_CHECK": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # A server that is down is told of within seconds, not after minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
    # Our models are code and JSON; a pickle in their place would run as it is read.
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
}
_CHATTY = (
    "alembic",
    "mlflow.store.db.utils",
    "mlflow.store.model_registry.abstract_store",
    "mlflow.types.type_hints",
    "urllib3.connectionpool",
)


def open_client(tracking_uri: str, output: Path) -> MlflowClient:
    """
    A client of *tracking_uri*; a new SQLite store is made by one process only.

    Raises `EnvironmentFailed` when there is no MLflow that can be used.
    """
    for name, value in _ENVIRONMENT.items():
        # Read by MLflow when it is imported; the user's own setting wins.
        os.environ.setdefault(name, value)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    with only_one(output / LOCK):
        try:
            client = MlflowClient(tracking_uri=tracking_uri)
            made(client.search_experiments, max_results=1)
        except (MlflowException, SQLAlchemyError) as error:
            raise EnvironmentFailed(
                f"MLflow at {tracking_uri} cannot be used: {str(error)[:300]!r}; start "
                "it, or unset MLFLOW_TRACKING_URI to record in a file."
            ) from error
    return yielding(client)


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock file: MLflow itself would make twins of what two log at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
