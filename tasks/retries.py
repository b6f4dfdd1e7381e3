"""Which failures are worth trying again: those that time may heal."""

from __future__ import annotations

from typing import Any

from prefect.client.schemas.objects import State

from suffice.errors import CallFailed, EnvironmentFailed, SpendingStopped


def worth_retrying(task: Any, run: Any, state: State[Any]) -> bool:
    """A dead connection or server is; refused input, refused money and bugs are not."""
    del task, run
    error = state.result(raise_on_failure=False)
    if isinstance(error, SpendingStopped):
        return False
    return isinstance(error, CallFailed | EnvironmentFailed)
