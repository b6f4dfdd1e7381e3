"""What is disturbed: the product's own acts, each in a process of its own."""

from __future__ import annotations

import ctypes
import importlib
import os
import tempfile
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from fault_shim import IDLE
from jobs_imitation import JobsApi
from loopback import ping
from mortals import submit_naively
from storage_acts import STORAGE_ACTS, limited
from tuning_parts import TRAINING, HurriedTime

from suffice.tuning.client import TuningClient
from suffice.tuning.following import wait
from suffice.tuning.job import Clock, TuneSpec
from suffice.tuning.ledger import Ledger
from suffice.tuning.submission import submit
from suffice.tuning.terms import Terms

VALIDATION = TRAINING * 2
_APPENDING = os.O_WRONLY | os.O_CREAT | os.O_APPEND
RESERVE_USD, CAP_USD = 1.0, 2.5
"""Two jobs fit into the budget, a third does not."""


def spec_of(client_name: str, *, base: str = "tiny", two: bool = False) -> TuneSpec:
    """The one fine-tune of these tests; *two* files or one."""
    return TuneSpec.of(
        TRAINING,
        VALIDATION if two else None,
        base=base,
        suffix="support",
        endpoint_name=client_name,
    )


def patient_clock(port: int) -> Clock:
    """
    Time that passes when somebody sleeps, and not before the provider has acted.

    What is on its way to the provider arrives within the settle window: that is the
    promise's condition, and an hour that takes no time must not break it.
    """
    time = HurriedTime()

    def sleep(seconds: float) -> None:
        _undisturbed(ping, port)
        time.sleep(seconds)

    return Clock(now=time.now, monotonic=time.now, sleep=sleep)


def submit_job(
    url: str,
    ledger: str,
    *,
    base: str = "tiny",
    two: bool = False,
    again: bool = False,
    settle_s: float | None = None,
) -> str:
    """Submit it, and say what the job is called."""
    client = TuningClient(url, "none", timeout_s=1.0)
    clock = patient_clock(urlsplit(url).port or 0)
    terms = Terms(
        reserve_usd=RESERVE_USD,
        cap_usd=CAP_USD,
        again=again,
        settle_s=settle_s,
        climb_id="climb",
    )
    with Ledger(ledger, now=clock.now) as book:
        return submit(
            spec_of(client.name, base=base, two=two),
            TRAINING,
            VALIDATION if two else None,
            client=client,
            ledger=book,
            terms=terms,
            clock=clock,
        )


def follow_job(url: str, ledger: str, *, job_id: str) -> str:
    """Wait for its model, and say what that is called."""
    client = TuningClient(url, "none", timeout_s=1.0)
    clock = patient_clock(urlsplit(url).port or 0)
    with Ledger(ledger, now=clock.now) as book:
        tuned = wait(
            job_id,
            client=client,
            ledger=book,
            clock=clock,
            cost_usd=lambda _: 0.25,
        )
    return tuned.model


def submit_carelessly(url: str, ledger: str) -> str:
    """The mutant: send, then write down the id."""
    client = TuningClient(url, "none", embedded=True, timeout_s=1.0)
    with Ledger(ledger) as book:
        return submit_naively(client, book)


def warm_up(more: list[str]) -> None:
    """
    Do everything once, so that no import is left to the forked processes.

    *more* are modules with acts of their own.
    """
    provider = JobsApi()
    with tempfile.TemporaryDirectory() as folder:
        for name in more:
            module = importlib.import_module(name)
            module.warm_up(folder)
            ACTS.update(module.ACTS)
        for two in (False, True):
            job_id = submit_job(provider.url, f"{folder}/ledger.db", two=two)
        done = {"status": "succeeded", "fine_tuned_model": "ft:tiny"}
        provider.jobs[job_id].update(done)
        follow_job(provider.url, f"{folder}/ledger.db", job_id=job_id)
        submit_carelessly(provider.url, f"{folder}/careless.db")
        for write in STORAGE_ACTS.values():
            write(folder, lambda _: None)
    # No thread may be left when this process forks.
    provider.close()


def _undisturbed(call: Callable[..., Any], *args: Any) -> Any:
    shim = ctypes.CDLL(None)
    mode = shim.fault_mode()
    shim.fault_rearm(IDLE)
    done = call(*args)
    shim.fault_rearm(mode)
    return done


def _stored(write: Callable[..., None]) -> Callable[..., None]:
    """The act, telling what it was told is on the disk where no fault can be."""

    def act(
        folder: str, told: str, n_files: int | None = None, n_bytes: int | None = None
    ) -> None:
        # Opened before: the limits are those of the act alone.
        to = _undisturbed(os.open, told, _APPENDING)

        def acknowledge(what: str) -> None:
            _undisturbed(os.write, to, f"{what}\n".encode())

        with limited(n_files, n_bytes):
            write(folder, acknowledge)

    return act


ACTS: dict[str, Callable[..., Any]] = {
    "submit": submit_job,
    "follow": follow_job,
    "submit carelessly": submit_carelessly,
} | {name: _stored(write) for name, write in STORAGE_ACTS.items()}
