"""
Answering a Parquet file by ``suffice answer``: rows a second, CPU, memory, disk.

    python -m benchmarks.answering [ROWS] [CALLS IN FLIGHT] [LATENCY IN MS]

The champion is a few-shot prompt at a loopback stub, and once more the floor, which
calls nobody.  Each is asked twice: the second time every answer is stored already.
"""

from __future__ import annotations

import contextlib
import io
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.engine import stub
from suffice.app import cli_answer
from suffice.brief import Brief
from suffice.candidates import Candidate, Demonstration
from suffice.examples import Example, Split
from suffice.registry.record import Registry
from suffice.results import Measured, Verdict
from suffice.workspace import Workspace

SHOWN = "Where is my order? It was sent a week ago and has not arrived."
PRICE = {
    "model": "m",
    "provider": "stub",
    "from": "2026-01-01",
    "usd_per_mtok": {"input": 0.1, "output": 0.5},
    "source": "https://example.com",
    "checked": "2026-01-01",
    "verified": True,
}


def candidates() -> dict[str, Candidate]:
    """A prompt of about 550 tokens, and the floor."""
    shown = ({"role": "user", "content": SHOWN},)
    demonstrations = (Demonstration(messages=shown, answer="shipping"),) * 25
    prompt = Candidate(
        rung="few-shot", name="few-shot", model="m", demonstrations=demonstrations
    )
    floor = Candidate(rung="floor", name="floor", model="tf-idf + regression")
    return {"few-shot": prompt, "floor": floor}


def register(candidate: Candidate, brief: Brief) -> None:
    """Put *candidate* into a registry as the champion, as a climb would."""
    labels = ("shipping", "billing", "refund", "other")
    train = tuple(
        Example(
            id=f"t{i}",
            messages=({"role": "user", "content": f"{labels[i % 4]} {i}: {SHOWN}"},),
            answer=labels[i % 4],
        )
        for i in range(400)
    )
    measured = Measured(
        rung=candidate.rung,
        name=candidate.name,
        model=candidate.model,
        candidate_key=candidate.key,
        ruling="passed",
        n=100,
        n_available=100,
        quality=0.95,
        quality_low=0.9,
        quality_high=0.99,
        usd_per_request=0.0,
    )
    registry = Registry(Path(brief.output))
    run_id = registry.start_climb(
        brief,
        climb_id=f"{brief.name}-0000000000",
        data_fingerprint="f" * 64,
        split=Split(train=train, dev=train[:1], test=train[1:2]),
    )
    registry.log_candidate(run_id, candidate, measured, ())
    registry.register_champion(
        run_id, brief, candidate, measured, _verdict(brief, measured), train=train
    )


def _verdict(brief: Brief, measured: Measured) -> Verdict:
    today = datetime.now(UTC).date()
    return Verdict(
        name=brief.name,
        climb_id=f"{brief.name}-0000000000",
        action="run",
        chosen=measured.candidate_key,
        rung=measured.rung,
        model=measured.model,
        motive="quality",
        text="Run it.",
        reasons=(),
        flip_points=(),
        ladder=(measured,),
        bar=0.9,
        margin=0.03,
        confidence=0.95,
        requests_per_month=1e6,
        horizon_months=12.0,
        decided_on=today,
        data_fingerprint="f" * 64,
        prices_on=today,
    )


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def ask(name: str, brief: Brief, folder: Path, n: int) -> None:
    """Print a line for the first time, and one for the second."""
    source = folder / "in.parquet"
    questions = [f"{SHOWN} question {i}" for i in range(n)]
    pq.write_table(pa.table({"id": list(range(n)), "question": questions}), source)
    whom = cli_answer.Whom(
        wanted=brief.name, alias="champion", output=folder, budget_usd=1e6
    )
    batch = cli_answer.Batch(
        source=str(source), target=str(folder / "out.parquet"), column="question"
    )
    for again in ("first", "again"):
        with contextlib.redirect_stderr(io.StringIO()):
            wall, cpu = timed(lambda: cli_answer.file(whom, batch))
        store = Workspace(folder).responses
        held = store.stat().st_size / n if store.exists() else 0
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"| {name} | {again} | {n:,} | {n / wall:,.0f} | {1000 * cpu / n:.2f} "
            f"| {held:,.0f} | {peak:,.0f} |"
        )


def main(n: int, in_flight: int, latency_ms: int) -> None:
    """Print the table."""
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    print("| champion | time | rows | rows/s | CPU ms each | bytes stored each | MB |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for name, candidate in candidates().items():
        with stub(latency_ms) as port, tempfile.TemporaryDirectory() as folder:
            brief = Brief(
                name=name,
                instructions="Name the topic.",
                examples="none.jsonl",
                models={
                    "endpoint": {
                        "base_url": f"http://127.0.0.1:{port}/v1",
                        "concurrency": in_flight,
                    },
                    "base": ("m",),
                },
                price_rows=(PRICE,),
                output=folder,
            )
            register(candidate, brief)
            ask(name, brief, Path(folder), n)


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*given, *(5000, 64, 20)[len(given) :])
