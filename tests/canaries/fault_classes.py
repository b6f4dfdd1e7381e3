"""
What may go wrong in a climb while secrets are all around it, one class at a time.

Each befalls whole runs of a climb; the runs after it meet nothing of it.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from canary_forms import planted
from leaking_endpoint import LeakingEndpoint
from loopback import Asked, Reply

EVERYTHING = "; ".join(canary.text for canary in planted("fault").values())
"""All forms in one text: what a provider in trouble might say of itself."""
_URL_SECRET = planted("fault")["password in a URL"].needle
_LONGEST_S = 240.0


class FaultyEndpoint(LeakingEndpoint):
    """Meets the requests that *meddle* wants with what it says instead."""

    def __init__(self, canaries: dict[str, Any]) -> None:
        self.meddle: Callable[[Asked, Reply], Reply] = lambda _, reply: reply
        super().__init__(canaries)

    async def _serve(self, asked: Asked) -> Reply:
        return self.meddle(asked, await super()._serve(asked))


def _chat(asked: Asked) -> bool:
    return asked.method == "POST" and asked.path.endswith("/completions")


def _new_job(asked: Asked) -> bool:
    return asked.method == "POST" and asked.path.endswith("/fine_tuning/jobs")


def _refused(status: int, code: str) -> Reply:
    told = {"error": {"message": f"said {EVERYTHING}", "code": code, "param": None}}
    return Reply(status=status, body=json.dumps(told).encode())


def _instead(
    wanted: Callable[[Asked], bool], reply: Reply
) -> Callable[[Asked, Reply], Reply]:
    return lambda asked, real: reply if wanted(asked) else real


@dataclass(frozen=True, kw_only=True)
class FaultClass:
    """How one run of a climb is disturbed."""

    name: str
    meddle: Callable[[Asked, Reply], Reply] = lambda _, reply: reply
    env: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[int, int] = field(default_factory=dict)
    """Of the process: ``resource.RLIMIT_...`` to the most that it may have."""
    killed: bool = False
    """By ``kill -9``, once it has asked for something."""

    def __str__(self) -> str:
        return self.name

    def run(
        self, words: list[str], env: Mapping[str, str], endpoint: FaultyEndpoint
    ) -> str:
        """All that a run of the climb has said which meets the fault."""
        endpoint.meddle = self.meddle
        n_before = len(endpoint.asked["chat"])
        process = subprocess.Popen(
            words,
            env={**env, **self.env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=self._limit,
            start_new_session=True,
        )
        if self.killed:
            end = time.monotonic() + _LONGEST_S
            while len(endpoint.asked["chat"]) == n_before and time.monotonic() < end:
                time.sleep(0.05)
            os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate(timeout=_LONGEST_S)
        endpoint.meddle = FaultClass(name="none").meddle
        return said

    def _limit(self) -> None:
        for which, most in self.limits.items():
            resource.setrlimit(which, (most, most))


def _cut(reply: Reply) -> Reply:
    body = json.dumps({"choices": [{"message": {"content": EVERYTHING}}]}).encode()
    return replace(reply, body=body, ending="cut")


CLASSES = (
    FaultClass(name="killed", killed=True),
    FaultClass(
        name="the answers break off",
        meddle=lambda asked, real: _cut(real) if _chat(asked) else real,
    ),
    FaultClass(
        name="the answers are no JSON",
        meddle=_instead(_chat, Reply(body=f"<html>{EVERYTHING}</html>".encode())),
    ),
    FaultClass(
        name="the money is gone",
        meddle=_instead(_chat, _refused(429, "insufficient_quota")),
    ),
    FaultClass(
        name="the key is refused",
        meddle=_instead(_chat, _refused(401, "invalid_api_key")),
    ),
    FaultClass(
        name="the job is refused",
        meddle=_instead(_new_job, _refused(400, "invalid_request")),
    ),
    FaultClass(
        name="the answer to the job is lost",
        meddle=lambda asked, real: _cut(real) if _new_job(asked) else real,
    ),
    FaultClass(name="files may not grow", limits={resource.RLIMIT_FSIZE: 60_000}),
    FaultClass(name="few files may be open", limits={resource.RLIMIT_NOFILE: 48}),
    FaultClass(
        name="MLflow is away",
        env={"MLFLOW_TRACKING_URI": f"http://robot:{_URL_SECRET}@127.0.0.1:9"},
    ),
    FaultClass(
        name="the store is away",
        env={
            "SUFFICE_STORE": "postgresql://robot@127.0.0.1:9/answers",
            "PGPASSWORD": planted("fault")["prose"].needle,
        },
    ),
    FaultClass(
        name="the ledger is away",
        env={"SUFFICE_LEDGER": f"postgresql://robot:{_URL_SECRET}@127.0.0.1:9/books"},
    ),
)
