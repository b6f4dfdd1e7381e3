"""
Where the tasks of a flow run: threads of its own process, a Dask cluster, or Ray.

``SUFFICE_TASK_RUNNER`` says it: ``dask`` or ``ray`` for processes of this machine,
``dask tcp://scheduler:8786`` or ``ray ray://head:10001`` for a cluster.
"""

from __future__ import annotations

import importlib.util
import os
from typing import Any

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from suffice.errors import UnusableInput

SETTING = "SUFFICE_TASK_RUNNER"
_PACKAGES = {"dask": "prefect_dask", "ray": "prefect_ray"}


def task_runner(said: str | None = None) -> TaskRunner[Any]:
    """
    The runner that *said* names, or else the setting.

    Raises `UnusableInput` for a name that is none, and for one that is not installed.
    """
    said = os.environ.get(SETTING, "") if said is None else said
    name, _, address = said.strip().partition(" ")
    if name in ("", "threads") and not address:
        return ThreadPoolTaskRunner()
    package = _PACKAGES.get(name)
    if package is None:
        raise UnusableInput(
            f"{SETTING} is {said!r}; write threads, dask, ray, 'dask tcp://HOST:8786' "
            "or 'ray ray://HOST:10001'."
        )
    if importlib.util.find_spec(package) is None:
        raise UnusableInput(
            f"{SETTING} is {said!r}, and {package} is not installed: "
            f"pip install 'suffice[{name}]'."
        )
    return _dask(address.strip()) if name == "dask" else _ray(address.strip())


def _dask(address: str) -> TaskRunner[Any]:
    from prefect_dask.task_runners import DaskTaskRunner

    alone = {"threads_per_worker": 1, "dashboard_address": None}
    given = {"address": address} if address else {"cluster_kwargs": alone}
    runner: TaskRunner[Any] = DaskTaskRunner(**given)
    return runner


def _ray(address: str) -> TaskRunner[Any]:
    from prefect_ray.task_runners import RayTaskRunner

    alone = {"include_dashboard": False}
    given = {"address": address} if address else {"init_kwargs": alone}
    runner: TaskRunner[Any] = RayTaskRunner(**given)
    return runner
