"""
Runs that a killed process left behind.

Prefect 3.8 shows the run of a process that was killed with -9 as RUNNING for ever.
So each run is tagged with its process, by the command line or as it begins, and the
next one ends those whose process is gone.
"""

from __future__ import annotations

import hashlib
import socket
from typing import Any

from prefect import Flow, State
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Crashed

from suffice.tuning.ledger_owner import is_gone, this_machine, this_process

_TAG = "process"
_MOST = 200
"""Runs looked at, the newest first."""


def process_tag() -> str:
    """The tag of a run of this process: machine, process number and its start."""
    return ":".join([_TAG, _machine(), *this_process()])


def end_left_behind() -> int:
    """End the runs whose process on this machine is gone; how many there were."""
    running = {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}}
    ended = 0
    with get_client(sync_client=True) as client:
        wanted = FlowRunFilter.model_validate(running)
        for run in client.read_flow_runs(flow_run_filter=wanted, limit=_MOST):
            # Resumed or tried again, it waits for a process that will tag it anew.
            to_begin = run.state_type == StateType.PENDING and run.deployment_id
            if not to_begin and any(_is_left(tag) for tag in run.tags):
                why = "Its process was killed; run it again, and it goes on."
                client.set_flow_run_state(run.id, Crashed(message=why), force=True)
                ended += 1
    return ended


def mark_run(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """
    Prefect's hook for a run that begins: its process's tag, in place of an earlier one.

    A run that has waited for a person goes on in another process.
    """
    del flow, state
    ours = process_tag()
    if ours in flow_run.tags:
        return
    kept = [tag for tag in flow_run.tags if not is_process_tag(tag)]
    with get_client(sync_client=True) as client:
        client.update_flow_run(flow_run.id, tags=[*kept, ours])
    end_left_behind()


def is_process_tag(tag: str) -> bool:
    """Whether the tag names a process: it is of one run, and not handed on."""
    return tag.startswith(f"{_TAG}:")


def _is_left(tag: str) -> bool:
    parts = tag.split(":")
    ours = len(parts) == 4 and parts[:2] == [_TAG, _machine()]
    return ours and is_gone(int(parts[2]), parts[3])


def _machine() -> str:
    """Host names are given twice: the runs of another machine must be left alone."""
    digest = hashlib.sha256(this_machine().encode()).hexdigest()
    return f"{socket.gethostname()}-{digest[:12]}"
