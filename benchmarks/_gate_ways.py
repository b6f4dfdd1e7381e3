"""Ways to check a file of chats: the gate, its parts, and the obvious alternatives."""

from __future__ import annotations

import importlib.util
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


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
