"""One embedded server for the session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import openai
import pytest
from prepared_weights import linked

from suffice.services.local_server import ensure_server, stop_server


@dataclass(frozen=True, kw_only=True)
class Served:
    """A running server and the folder it serves."""

    root: Path
    url: str

    def client(self) -> openai.OpenAI:
        """The SDK as it is, with no retries that would hide a failure."""
        return openai.OpenAI(
            base_url=self.url, api_key="none", max_retries=0, timeout=120
        )


@pytest.fixture
def new_root(prepared, tmp_path):
    """A root of its own whose weights are ready; its server is stopped afterwards."""
    root = tmp_path / "local"
    linked(prepared, root)
    yield root
    stop_server(root)


@pytest.fixture(scope="session")
def served(prepared, tmp_path_factory):
    """The session's server."""
    root = tmp_path_factory.mktemp("served") / "local"
    linked(prepared, root)
    yield Served(root=root, url=ensure_server(root, idle_minutes=180))
    stop_server(root)


@pytest.fixture(scope="session")
def client(served):
    """The SDK's client for the session's server."""
    with served.client() as opened:
        yield opened
