"""Every run names its process, so that it is ended when that was killed."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from prefect import Flow

import flows
from tasks.left_behind import mark_run

EVERY = {
    value.name: value
    for module in pkgutil.iter_modules(flows.__path__, "flows.")
    if not module.name.endswith("__main__")
    for value in vars(importlib.import_module(module.name)).values()
    if isinstance(value, Flow)
}


@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_run_of_each_flow_is_marked_as_it_begins(name):
    """One within another that a worker has started has no tag of its own otherwise."""
    assert mark_run in EVERY[name].on_running_hooks


def test_the_run_within_a_run_is_among_them():
    """It was forgotten: killed with its worker, it was shown as running for ever."""
    assert {"check", "climb", "recheck", "tune", "tune climb"} == set(EVERY)
