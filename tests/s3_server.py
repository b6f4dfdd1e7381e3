"""An S3 server on loopback, found by boto3's own variables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest


@contextmanager
def serving() -> Iterator[str]:
    """Its address, for as long as it runs."""
    # Not at the top: every worker that collects would wait for it.
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def new_bucket(url: str, name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty bucket on the server at *url*, which the environment names from now."""
    for variable, value in {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(variable, value)
    bucket = boto3.resource("s3").Bucket(name)
    bucket.create()
    return bucket
