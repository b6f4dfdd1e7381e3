"""What pays is tried once by Prefect, and nothing of it is remembered by Prefect."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from prefect import Task
from prefect.cache_policies import NO_CACHE

import tasks

EVERY = {
    f"{module.name}.{name}": value
    for module in pkgutil.iter_modules(tasks.__path__, "tasks.")
    for name, value in vars(importlib.import_module(module.name)).items()
    if isinstance(value, Task)
}
PAID = {name: task for name, task in EVERY.items() if "paid" in task.tags}


def test_every_task_that_submits_says_that_it_pays():
    """One that is forgotten here would not be looked at below."""
    submitting = {name for name in EVERY if ".submit" in name}

    assert submitting
    assert submitting <= set(PAID)


@pytest.mark.parametrize("name", sorted(PAID))
def test_it_has_no_retries_and_no_cache(name):
    """The ledger knows whether a job was sent; a second opinion would pay twice."""
    task = PAID[name]

    assert (0, NO_CACHE) == (task.retries, task.cache_policy)
    assert not task.persist_result
    assert task.result_serializer is None
