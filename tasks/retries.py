"""Which failures are worth trying again: those that time may heal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from suffice.errors import CallFailed, EnvironmentFailed, SpendingStopped

P = ParamSpec("P")
R = TypeVar("R")


def worth_retrying(task: Any, run: Any, state: State[Any]) -> bool:
    """A dead connection or server is; refused input, refused money and bugs are not."""
    del task, run
    error = state.result(raise_on_failure=False)
    if isinstance(error, SpendingStopped):
        return False
    return isinstance(error, CallFailed | EnvironmentFailed)


def asking(
    run_name: str | Callable[[], str], *, timeout_seconds: float | None = None
) -> Callable[[Callable[P, R]], Task[P, R]]:
    """
    The policy of a task that asks an endpoint, as a decorator.

    Tried again twice where that may help: what was answered is stored, and not paid
    for again.
    """
    return task(
        task_run_name=run_name,
        retries=2,
        retry_delay_seconds=[5, 30],
        retry_condition_fn=worth_retrying,
        timeout_seconds=timeout_seconds,
        cache_policy=NO_CACHE,
    )
