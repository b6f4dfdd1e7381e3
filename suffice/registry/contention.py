"""
Machines that share one MLflow, and write the same row in the same moment.

MLflow looks and then writes: who is second is told that the row is there, and nothing
of its call is kept.  Asked again, the call finds that row.  Where MLflow itself fails,
in the middle of a climb, that is said in a sentence.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from suffice.errors import EnvironmentFailed

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
_FAILED = (
    "INTERNAL_ERROR",  # Also what it says of a server that does not answer.
    "TEMPORARILY_UNAVAILABLE",
    "REQUEST_LIMIT_EXCEEDED",
    "PERMISSION_DENIED",
    "UNAUTHENTICATED",
)
"""Codes of what is the matter with MLflow or its stores, not with what was asked."""
_MOST_TRIES = 8
_PAUSE_S = 0.03


def yielding(client: MlflowClient) -> MlflowClient:
    """
    *client*, whose calls are made again when another's was quicker.

    They raise `EnvironmentFailed` where MLflow, its database or the store of its
    artifacts fails or refuses.
    """
    return cast("MlflowClient", _Yielding(client))


class _Yielding:
    def __init__(self, client: MlflowClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        return partial(self._said, found) if callable(found) else found

    def _said(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        from mlflow.exceptions import MlflowException

        try:
            return made(call, *args, **kwargs)
        except MlflowException as error:
            if error.error_code not in _FAILED:
                raise
            at = self._client.tracking_uri
            raise EnvironmentFailed(
                f"MLflow at {at} failed: {str(error)[:300]!r}; look into its log, then "
                "run the same command again: what was paid for and measured is kept."
            ) from error


def made(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What *call* returns, once no other machine is in its way."""
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
