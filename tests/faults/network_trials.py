"""Submits through a disturbed network and follows the job: once paid, never lost."""

from __future__ import annotations

import os
import queue
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from chaos_proxy import ChaosProxy, Toxic
from jobs_imitation import JobsApi
from network_cases import TIMEOUT_S, Case
from tally import MET, Tally
from tuning_parts import TRAINING, HurriedTime

from suffice.errors import SufficeError
from suffice.tuning.client import TuningClient
from suffice.tuning.following import wait
from suffice.tuning.job import Clock, TuneSpec
from suffice.tuning.ledger import Ledger
from suffice.tuning.submission import submit
from suffice.tuning.terms import Terms

RESERVE_USD, PAID_USD = 1.0, 0.25
_MEMORY = Path("/dev/shm")


@dataclass
class Network:
    """A provider, and a proxy before it."""

    api: JobsApi = field(default_factory=JobsApi)
    proxy: ChaosProxy = field(init=False)

    def __post_init__(self) -> None:
        self.proxy = ChaosProxy(self.api.server.port)

    def close(self) -> None:
        self.proxy.close()
        self.api.close()

    def play(self, case: Case) -> None:
        """The faults of the case, before a provider as new."""
        self.api.forget()
        self.proxy.clear()
        self.api.keeps_metadata = case.manner.keeps_metadata
        self.api.ignores_metadata_filter = not case.manner.filters
        done = {"status": "succeeded", "fine_tuned_model": "ft:tiny"}
        self.api.script = [{"status": "running"}, done]
        if isinstance(case.fault, Toxic):
            self.proxy.spoil(case.fault, case.pattern, case.times)
        else:
            self.api.faults[case.route] = [case.fault] * case.times

    def unmet(self, case: Case) -> int:
        """Faults that no request has met."""
        return self.proxy.left + len(self.api.faults.get(case.route, []))

    def clock(self) -> Clock:
        """Time that passes at once, and not before what was sent has arrived."""
        time = HurriedTime()

        def sleep(seconds: float) -> None:
            self.settle()
            time.sleep(seconds)

        return Clock(now=time.now, monotonic=time.now, sleep=sleep)

    def settle(self) -> None:
        self.proxy.settle()
        self.api.server.ping()


def violations(case: Case, network: Network, ledger: Path) -> list[str]:
    """What did not hold when the case was lived through."""
    network.play(case)
    clock = network.clock()
    client = TuningClient(
        network.proxy.url, "none", embedded=case.manner.embedded, timeout_s=TIMEOUT_S
    )
    spec = TuneSpec.of(TRAINING, None, base="tiny", endpoint_name=client.name)
    terms = Terms(reserve_usd=RESERVE_USD, cap_usd=RESERVE_USD, attempts=4)
    with Ledger(ledger, now=clock.now) as book:
        try:
            job_id = submit(
                spec, TRAINING, client=client, ledger=book, terms=terms, clock=clock
            )
            model = wait(
                job_id,
                client=client,
                ledger=book,
                clock=clock,
                cost_usd=lambda _: PAID_USD,
            ).model
        except SufficeError as error:
            return [f"it gave up: {type(error).__name__}: {error}"]
        finally:
            client.close()
            network.settle()
        rows = book.rows(kind="job")
    made, known = list(network.api.jobs), [row.provider_id for row in rows]
    costs = [row.spent_usd for row in rows]
    seen = (made, known, costs, model)
    expected = ([job_id], [job_id], [PAID_USD], "ft:tiny")
    return [] if seen == expected else [f"jobs, ledger, paid, model: {seen}"]


def run_cases(
    cases: Iterable[Case],
    *,
    workers: int = 4,
    minutes: float = float("inf"),
    tell: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """What came of the cases, or of those that were reached in so many minutes."""
    waiting: queue.SimpleQueue[Case] = queue.SimpleQueue()
    for case in cases:
        waiting.put(case)
    end, total, lock = time.monotonic() + 60 * minutes, Tally(), threading.Lock()

    def work(folder: Path) -> None:
        network = Network()
        try:
            for n, case in enumerate(iter(lambda: _next(waiting), None)):
                if time.monotonic() > end:
                    return
                ledger = folder / f"{threading.get_ident()}-{n}.db"
                tally = _tried(case, network, ledger)
                with lock:
                    total.add(tally)
                    tell(total)
        finally:
            network.close()

    where = _MEMORY if _MEMORY.is_dir() else None
    with (
        tempfile.TemporaryDirectory(dir=where) as folder,
        ThreadPoolExecutor(workers) as pool,
    ):
        for done in [pool.submit(work, Path(folder)) for _ in range(workers)]:
            done.result()
    return total


def _tried(case: Case, network: Network, ledger: Path) -> Tally:
    tally = Tally(tried=1)
    tally.found = [(str(case), v) for v in violations(case, network, ledger)]
    tally.by_name.update([case.name, f"at {case.route}"])
    tally.by_name[MET] += network.unmet(case) < case.times
    for path in ledger.parent.glob(f"{ledger.name}*"):
        path.unlink()
    return tally


def _next(waiting: queue.SimpleQueue[Case]) -> Case | None:
    try:
        return waiting.get_nowait()
    except queue.Empty:
        return None


def without_certificates(folder: Path) -> None:
    """Nothing is encrypted here, and reading certificates takes longer than a case."""
    os.environ.pop("SSL_CERT_FILE", None)
    os.environ["SSL_CERT_DIR"] = str(folder)
