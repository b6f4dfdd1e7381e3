"""
How much CPU time and memory the data gate takes, beside the obvious alternatives.

    python -m benchmarks.gate_speed            10,000 and 100,000 rows
    python -m benchmarks.gate_speed --full     1,000,000 rows as well

Each way runs in a process of its own on the same made-up chats (about 1.3 kB a row,
1 % exact copies, 2 % near copies, some e-mail addresses and keys).  The gate does all
of its checks; each alternative does one of them, so that their times add up.  Reading
is part of every time, but for the two parts of the gate that are shown alone.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
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


def texts_of(path: str) -> list[str]:
    with Path(path).open(encoding="utf-8") as file:
        rows = [json.loads(line)["messages"] for line in file]
    return [
        "\n".join(m["content"] for m in row if m["role"] != "system") for row in rows
    ]


def sensitive_only(path: str) -> float:
    """The gate's search for secrets and personal data, without reading."""
    from suffice.data.sensitive import scan

    texts = texts_of(path)
    start = time.process_time()
    scan(texts)
    return time.process_time() - start


def twins_only(path: str) -> float:
    """The gate's near twins, without reading."""
    from suffice.data.twins import find_twins

    texts = texts_of(path)
    start = time.process_time()
    find_twins(texts)
    return time.process_time() - start


def every_token(path: str) -> int:
    """All tokens by bpe-openai, where the gate counts a sample."""
    import bpe_openai

    encode = bpe_openai.get_encoding("o200k_base").encode_ordinary
    return sum(len(encode(text)) for text in texts_of(path))


def tiktoken_tokens(path: str) -> int:
    tiktoken = importlib.import_module("tiktoken")
    encode = tiktoken.get_encoding("o200k_base").encode_ordinary
    return sum(len(encode(text)) for text in texts_of(path))


def datasketch_twins(path: str) -> int:
    datasketch = importlib.import_module("datasketch")
    index, found = datasketch.MinHashLSH(threshold=0.7, num_perm=128), 0
    for n, text in enumerate(texts_of(path)):
        words = text.casefold().split()
        sketch = datasketch.MinHash(num_perm=128)
        sketch.update_batch(
            {
                " ".join(w).encode()
                for w in zip(words, words[1:], words[2:], strict=False)
            }
        )
        found += bool(index.query(sketch))
        index.insert(str(n), sketch)
    return found


def presidio_patterns(path: str) -> int:
    registry = importlib.import_module("presidio_analyzer").RecognizerRegistry()
    registry.load_predefined_recognizers()
    found = 0
    for text in texts_of(path):
        for recognizer in registry.recognizers:
            if type(recognizer).__name__ != "SpacyRecognizer":
                found += len(recognizer.analyze(text, recognizer.supported_entities))
    return found


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to check, and what it needs."""

    run: Callable[[str], float]
    package: str = "suffice"
    most_rows: int = 1_000_000
    """More would take minutes."""
    alone: bool = False
    """Whether it returns its own CPU seconds."""


WAYS: dict[str, Way] = {
    "the whole gate": Way(run=whole_gate),
    "of it: secrets and personal data": Way(run=sensitive_only, alone=True),
    "of it: copies and near twins": Way(run=twins_only, alone=True),
    "json and a loop, format only": Way(run=cookbook_loop),
    "pydantic, format only": Way(run=pydantic_rows, package="pydantic"),
    "Great Expectations on the texts, three expectations": Way(
        run=expectations_on_text, package="great_expectations", most_rows=100_000
    ),
    "every token by bpe-openai": Way(
        run=every_token, package="bpe_openai", most_rows=100_000
    ),
    "every token by tiktoken": Way(
        run=tiktoken_tokens, package="tiktoken", most_rows=100_000
    ),
    "near twins by datasketch": Way(
        run=datasketch_twins, package="datasketch", most_rows=10_000
    ),
    "personal data by presidio's patterns": Way(
        run=presidio_patterns, package="presidio_analyzer", most_rows=10_000
    ),
}


def measure(name: str, path: str) -> None:
    """Run one way in this process and print what it took."""
    way = WAYS[name]
    result = way.run(path)
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = result if way.alone else used.ru_utime + used.ru_stime
    print(cpu, used.ru_maxrss / 1024)


def row(name: str, path: Path, n: int) -> str:
    """One line of the table."""
    way = WAYS[name]
    if importlib.util.find_spec(way.package) is None:
        return f"| {n:,} | {name} | not installed | | |"
    if n > way.most_rows:
        return f"| {n:,} | {name} | not run | | |"
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.gate_speed", name, str(path)],
        capture_output=True,
        text=True,
    )
    wall = time.monotonic() - start
    if done.returncode:
        return f"| {n:,} | {name} | failed | | |"
    cpu, peak = map(float, done.stdout.split()[-2:])
    return f"| {n:,} | {name} | {cpu:.2f} | {peak:,.0f} | {wall:.0f} |"


def main(sizes: list[int]) -> None:
    print((__doc__ or "").strip(), "\n")
    print("| rows | way | CPU s | peak MB | wall s |")
    print("| ---: | --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for n in sizes:
            path = Path(folder) / f"{n}.jsonl"
            make(path, n)
            for name in WAYS:
                print(row(name, path, n), flush=True)
            path.unlink()


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in WAYS:
        measure(sys.argv[1], sys.argv[2])
    elif sys.argv[1:] == ["--full"]:
        main([10_000, 100_000, 1_000_000])
    else:
        main([int(n) for n in sys.argv[1:]] or [10_000, 100_000])
