"""What the tests of the gate share: chats, files, and an S3 server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from gate_data import Write
from moto.moto_server.threaded_moto_server import ThreadedMotoServer


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
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty bucket ``data`` on a server that boto3 finds by its own variables."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    bucket = boto3.resource("s3").Bucket("data")
    bucket.create()
    yield bucket
    bucket.objects.delete()
    bucket.delete()
