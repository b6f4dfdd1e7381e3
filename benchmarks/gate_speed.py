"""
How much CPU time and memory the data gate takes, beside the obvious alternatives.

    python -m benchmarks.gate_speed 10000 100000 > benchmarks/gate_speed.md

Each way runs in a process of its own on the same made-up chats (about 1.3 kB a row,
1 % exact copies, 2 % near copies, some e-mail addresses and keys).  The alternatives
check the format only, or the format and the columns; the gate does all of its checks.
"""

from __future__ import annotations

import itertools
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def make(path: Path, n: int) -> None:
    """Write *n* made-up chats."""
    rng = Random(1)
    words = ["".join(rng.choices(LETTERS, k=rng.randint(2, 10))) for _ in range(20_000)]
    weights = list(itertools.accumulate(1 / (rank + 5) for rank in range(len(words))))
    system = " ".join(rng.choices(words, k=40))
    kept: list[dict[str, Any]] = []

    def say(low: int, high: int) -> str:
        return " ".join(
            rng.choices(words, cum_weights=weights, k=rng.randint(low, high))
        )

    with path.open("w", encoding="utf-8") as file:
        for i in range(n):
            luck = rng.random()
            if kept and luck < 0.01:
                row = rng.choice(kept)
            elif kept and luck < 0.03:
                row = json.loads(json.dumps(rng.choice(kept)))
                said = row["messages"][1]["content"].split()
                said[rng.randrange(len(said))] = "changed"
                row["messages"][1]["content"] = " ".join(said)
            else:
                row = {"messages": [{"role": "system", "content": system}]}
                for _ in range(rng.choice((1, 1, 1, 2))):
                    row["messages"] += [
                        {"role": "user", "content": say(20, 110)},
                        {"role": "assistant", "content": say(10, 60)},
                    ]
                if luck > 0.998:
                    row["messages"][1]["content"] += f" mail ann{i}@corp.io"
                kept += [row] if len(kept) < 20_000 else []
            file.write(json.dumps(row) + "\n")


def whole_gate(path: str) -> int:
    """Everything: read, split, measure, judge."""
    from expectations.gate import check
    from suffice.brief import Brief

    return check(Brief(name="x", instructions="x", examples=path)).report.n_rows


def cookbook_loop(path: str) -> int:
    """The format check that most people start from: json and a loop."""
    with Path(path).open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    bad = 0
    for row in rows:
        messages = row.get("messages")
        bad += not messages
        for message in messages or ():
            bad += "role" not in message or "content" not in message
            bad += any(key not in ("role", "content", "name") for key in message)
            bad += message.get("role") not in ("system", "user", "assistant")
            bad += not isinstance(message.get("content"), str)
        bad += not any(m.get("role") == "assistant" for m in messages or ())
    return len(rows) - bad


def pydantic_rows(path: str) -> int:
    """Format by pydantic's JSON validation, row by row."""
    from typing import Literal

    from pydantic import BaseModel, TypeAdapter

    class Message(BaseModel):
        role: Literal["system", "user", "assistant"]
        content: str

    class Chat(BaseModel):
        messages: list[Message]

    adapter = TypeAdapter(Chat)
    with Path(path).open("rb") as file:
        return sum(bool(adapter.validate_json(line).messages) for line in file)


def expectations_on_text(path: str) -> int:
    """Great Expectations on one row for each message, with the text in it."""
    import great_expectations as gx
    import pandas as pd

    frame = pd.read_json(path, lines=True).explode("messages", ignore_index=True)
    frame = pd.DataFrame(frame["messages"].tolist())
    suite = gx.ExpectationSuite(
        name="text",
        expectations=[
            {
                "type": "expect_column_values_to_be_in_set",
                "kwargs": {
                    "column": "role",
                    "value_set": ["system", "user", "assistant"],
                },
            },
            {
                "type": "expect_column_values_to_not_be_null",
                "kwargs": {"column": "content"},
            },
            {
                "type": "expect_column_value_lengths_to_be_between",
                "kwargs": {"column": "content", "min_value": 1, "max_value": 20_000},
            },
        ],
    )
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("x").add_dataframe_asset("x")
    batch = asset.add_batch_definition_whole_dataframe("x").get_batch(
        {"dataframe": frame}
    )
    return int(batch.validate(suite).success) * len(frame)


WAYS: dict[str, Callable[[str], int]] = {
    "the whole gate": whole_gate,
    "json and a loop, format only": cookbook_loop,
    "pydantic, format only": pydantic_rows,
    "Great Expectations on the texts, three expectations": expectations_on_text,
}


def measure(way: str, path: str) -> None:
    """Run one way in this process and print what it took."""
    WAYS[way](path)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def main(sizes: list[int]) -> None:
    print((__doc__ or "").strip(), "\n")
    print("| rows | way | CPU s | peak MB | wall s |")
    print("| ---: | --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for n in sizes:
            path = Path(folder) / f"{n}.jsonl"
            make(path, n)
            for way in WAYS:
                command = [
                    sys.executable,
                    "-m",
                    "benchmarks.gate_speed",
                    way,
                    str(path),
                ]
                start = time.monotonic()
                done = subprocess.run(command, capture_output=True, text=True)
                wall = time.monotonic() - start
                if done.returncode:
                    print(f"| {n:,} | {way} | failed | | |", flush=True)
                    continue
                cpu, peak = map(float, done.stdout.split()[-2:])
                print(
                    f"| {n:,} | {way} | {cpu:.1f} | {peak:,.0f} | {wall:.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    if sys.argv[1] in WAYS:
        measure(sys.argv[1], sys.argv[2])
    else:
        main([int(n) for n in sys.argv[1:]])
