"""What the tests of the gate share: chats, files, and an S3 server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import s3_server
from gate_data import Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes rows (objects as JSON, bytes and texts as they are), a line each."""

    def write(*rows: Any, name: str = "examples.jsonl") -> str:
        lines = [
            row
            if isinstance(row, bytes)
            else (row if isinstance(row, str) else json.dumps(row)).encode()
            for row in rows
        ]
        path = tmp_path / name
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        return str(path)

    return write


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    with s3_server.serving() as url:
        yield url


@pytest.fixture
def bucket(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty bucket ``data``."""
    made = s3_server.new_bucket(s3_url, "data", monkeypatch)
    yield made
    made.objects.delete()
    made.delete()
