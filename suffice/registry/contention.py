"""
Machines that share one MLflow, and write the same row in the same moment.

MLflow looks and then writes: who is second is told that the row is there, and nothing
of its call is kept.  Asked again, the call finds that row.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from mlflow import MlflowClient

_TOLD = (
    "IntegrityError",  # SQLite, MySQL
    "UniqueViolation",  # PostgreSQL
    "database is locked",
    "Giving up after",  # The number of a version: MLflow itself tries three times.
    "Prompt (name=",  # Already exists: it has looked, and there was none.
)
"""What is said of a call whose transaction was undone."""
_MOST_TRIES = 8
_PAUSE_S = 0.03


def yielding(client: MlflowClient) -> MlflowClient:
    """*client*, whose calls are made again when another's was quicker."""
    return cast("MlflowClient", _Yielding(client))


class _Yielding:
    def __init__(self, client: MlflowClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        return partial(_made, found) if callable(found) else found


def _made(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    from mlflow.exceptions import MlflowException

    for n_tried in range(1, _MOST_TRIES):
        try:
            return call(*args, **kwargs)
        except MlflowException as error:
            if not any(told in str(error) for told in _TOLD):
                raise
        # Not in step with the others.
        time.sleep(random.uniform(0, _PAUSE_S * 2**n_tried))
    return call(*args, **kwargs)
