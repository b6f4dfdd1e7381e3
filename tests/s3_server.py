"""An S3 server on loopback, found by boto3's own variables."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest


@contextmanager
def serving() -> Iterator[str]:
    """Its address, for as long as it runs."""
    # Not at the top: every worker that collects would wait for it.
    from moto.moto_server import werkzeug_app as moto
    from werkzeug.serving import make_server

    app = moto.DomainDispatcherApplication(moto.create_backend_app)
    turn = threading.Lock()

    def one_at_a_time(*request: Any) -> Any:
        # It looks whether a condition holds, then writes; S3 does both in one.
        with turn:
            return app(*request)

    server = make_server(
        "127.0.0.1", 0, one_at_a_time, True, request_handler=moto.MotoRequestHandler
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


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
