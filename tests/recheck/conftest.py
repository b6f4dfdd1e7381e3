"""An S3 server on loopback for the usage logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import s3_server


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty bucket ``logs``."""
    with s3_server.serving() as url:
        yield s3_server.new_bucket(url, "logs", monkeypatch)
