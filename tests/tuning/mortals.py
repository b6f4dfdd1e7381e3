"""Processes that submit, and some that are killed in the middle of it."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any, TypeVar

from tuning_parts import TRAINING, HurriedTime

from suffice.tuning.claims import Claims
from suffice.tuning.following import Terms, TuneSpec, TuningClient, submit
from suffice.tuning.ledger import Ledger

T = TypeVar("T")

SPEC = TuneSpec.of(TRAINING, None, base="tiny", suffix="support")
# Not the modules of this folder, which the process that forks does not find.
_SLOW_IMPORTS = [
    "suffice.tuning.following",
    "openai.resources.fine_tuning.jobs.jobs",
    "openai.resources.files",
    "sqlalchemy.dialects.sqlite",
]
_MORTAL = {
    Ledger: ("intend", "claim", "begin", "submitted", "settle", "release", "rows"),
    TuningClient: ("find_jobs", "create_job", "upload", "file", "files"),
}


def processes() -> ForkServerContext:
    """Processes that are forked from one which has made the slow imports."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_SLOW_IMPORTS)
    return context


class Countdown:
    """Kills its process, as the kernel would, at the *left*-th tick."""

    def __init__(self, left: int) -> None:
        self.left = left

    def tick(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def mortal(kind: type[T], countdown: Countdown) -> type[T]:
    """*kind* with a tick before and after each act that another can see."""

    def ticking(name: str) -> Callable[..., Any]:
        def act(self: Any, *args: Any, **kwargs: Any) -> Any:
            countdown.tick()
            done = getattr(kind, name)(self, *args, **kwargs)
            countdown.tick()
            return done

        return act

    return type(
        f"Mortal{kind.__name__}", (kind,), {n: ticking(n) for n in _MORTAL[kind]}
    )


def submit_and_die(url: str, path: Path, tick: int, naive: bool) -> None:
    """Submit, and die at that tick; a process that lives to the end exits with 0."""
    countdown = Countdown(tick)
    client = mortal(TuningClient, countdown)(url, "none", embedded=True)
    time = HurriedTime()
    ledger = mortal(Ledger, countdown)(path, now=time.now)
    if naive:
        submit_naively(client, ledger)
    else:
        submit(SPEC, TRAINING, client=client, ledger=ledger, clock=time.clock)


def submit_naively(client: TuningClient, ledger: Ledger) -> str:
    """Send, then write down the id: what most tools do."""
    from suffice.tuning.ledger import Intent

    intent = Intent(kind="job", provider="embedded", key=SPEC.key)
    entry = ledger.intend(intent)
    if entry.provider_id is not None:
        return entry.provider_id
    job = client.create_job(SPEC, 0, ("file-1", None))
    ledger.submitted(entry, job.job_id)
    return job.job_id


def submit_at_once(url: str, where: str, barrier: Any, careful: bool) -> str:
    """Submit when all the others do."""
    client = TuningClient(url, "none", embedded=True)
    with Ledger(where) as ledger:
        barrier.wait(120)
        if careful:
            terms = Terms(pause_s=0.1)
            return submit(SPEC, TRAINING, client=client, ledger=ledger, terms=terms)
        found = client.find_jobs(SPEC)
        if found:
            return found[0][1].job_id
        return submit_naively(client, ledger)


def submit_on_a_machine(
    url: str, where: Path, barrier: Any, shared: tuple[str, str] | None
) -> str:
    """Submit when all the others do, with a ledger and, where *shared*, S3 claims."""
    client = TuningClient(url, "none", embedded=True)
    claims = None
    if shared is not None:
        os.environ |= {
            "AWS_ENDPOINT_URL": shared[0],
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        claims = Claims(shared[1])
    with Ledger(where) as ledger:
        barrier.wait(120)
        return submit(
            SPEC,
            TRAINING,
            client=client,
            ledger=ledger,
            terms=Terms(pause_s=0.1),
            claims=claims,
        )
