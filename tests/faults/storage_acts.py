"""What is written beside the ledger: answers, results, the journal, data."""

from __future__ import annotations

import asyncio
import json
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine_fakes import ZERO_SHOT, FakeModel, echo, examples

from suffice.data.storage import write_bytes
from suffice.files import write_atomically
from suffice.journal import Journal
from suffice.measuring.calls import Desk
from suffice.measuring.measure import fill
from suffice.measuring.responses import ResponseStore, response_key
from suffice.measuring.scorers import scorer
from suffice.measuring.sheet import Sheet
from suffice.results import Completion
from suffice.statistics.acceptance import Design
from suffice.tuning.kept_files import keep_file

N_ANSWERS = 4


def key_of(number: int) -> str:
    return response_key("e", {"question": number})


def answer_of(number: int) -> Completion:
    return Completion(
        text=f"answer {number} " + "x" * 3000,
        model="m",
        finish_reason="stop",
        input_tokens=10,
        output_tokens=5,
        latency_s=0.5,
        usd=0.01,
    )


def store_answers(folder: str, acknowledge: Callable[[str], None]) -> None:
    """Answers that were paid for, one after the other."""
    with ResponseStore(Path(folder) / "responses.db", account="climb") as store:
        for number in range(N_ANSWERS):
            store.put(key_of(number), answer_of(number))
            acknowledge(str(number))


def write_results(folder: str, acknowledge: Callable[[str], None]) -> None:
    """A result that replaces an older one, as a verdict does."""
    for version in range(2):
        text = json.dumps({"version": version, "rows": list(range(2000))})
        write_atomically(Path(folder) / "results" / "verdict.json", text)
        acknowledge(str(version))


def write_carelessly(folder: str, acknowledge: Callable[[str], None]) -> None:
    """The mutant: straight into the file that is there."""
    path = Path(folder) / "results" / "verdict.json"
    path.parent.mkdir(exist_ok=True)
    for version in range(2):
        path.write_text(json.dumps({"version": version, "rows": list(range(2000))}))
        acknowledge(str(version))


def write_data(folder: str, acknowledge: Callable[[str], None]) -> None:
    """The same for data."""
    for version in range(2):
        write_bytes(f"{folder}/data/train.jsonl", data_of(version))
        acknowledge(str(version))


def data_of(version: int) -> bytes:
    return b'{"version": %d}\n' % version * 500


def keep_training(folder: str, acknowledge: Callable[[str], None]) -> None:
    """What is about to be trained on, under the digest of its content."""
    for version in range(2):
        keep_file(Path(folder) / "training", data_of(version))
        acknowledge(str(version))


def write_journal(folder: str, acknowledge: Callable[[str], None]) -> None:
    """What the terminal shows; losing it loses nothing."""
    journal = Journal(Path(folder) / "journal.jsonl")
    for number in range(4):
        journal.write("progress", done=number, text="x" * 200)
        acknowledge(str(number))


def measure_some(folder: str, acknowledge: Callable[[str], None]) -> None:
    """A measurement through the engine: answers stored, progress told."""
    n = 12
    with ResponseStore(Path(folder) / "responses.db", account="climb") as store:
        desk = Desk(
            model=FakeModel(echo),
            scorer=scorer("exact"),
            endpoint_name="e",
            store=store,
            concurrency=4,
        )
        design = Design(bar=0.9, margin=0.03, alpha=0.01, n_max=n, look_every=n)
        sheet = Sheet(candidate=ZERO_SHOT, examples=examples(n), design=design)
        journal = Journal(Path(folder) / "journal.jsonl")
        _, outcomes = asyncio.run(fill(sheet, desk, journal))
    assert n == sum(o.score == 1.0 for o in outcomes)
    acknowledge("measured")


@contextmanager
def limited(n_files: int | None, n_bytes: int | None) -> Iterator[None]:
    """Meanwhile this process may have so many files open, and of such a size."""
    limits = {resource.RLIMIT_NOFILE: n_files, resource.RLIMIT_FSIZE: n_bytes}
    before = {what: resource.getrlimit(what) for what in limits}
    for what, most in limits.items():
        if most is not None:
            resource.setrlimit(what, (most, before[what][1]))
    try:
        yield
    finally:
        for what, was in before.items():
            resource.setrlimit(what, was)


STORAGE_ACTS: dict[str, Callable[..., Any]] = {
    "store answers": store_answers,
    "write results": write_results,
    "write carelessly": write_carelessly,
    "write data": write_data,
    "keep training files": keep_training,
    "write the journal": write_journal,
    "measure": measure_some,
}
