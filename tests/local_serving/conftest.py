"""One embedded server for the session, its weights made once per checkout."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import openai
import pytest
from serving_base import BASE

import suffice.local
from suffice.errors import EnvironmentFailed
from suffice.local.weights import base_folder_apart, gguf_path
from suffice.services.local_server import ensure_server, stop_server

LOCAL = Path(suffice.local.__file__).parent
MAKERS = ("weights.py", "converter.py", "smoothing.py")


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


@pytest.fixture(scope="session")
def prepared(request):
    """
    A folder with the base's two forms in it, kept between test sessions.

    Making them takes half a minute, and they depend on three modules alone.
    """
    try:
        gguf_path(BASE)
    except EnvironmentFailed as missing:
        pytest.skip(str(missing))
    made_by = b"".join((LOCAL / name).read_bytes() for name in MAKERS)
    name = f"suffice-bases-{hashlib.sha256(made_by).hexdigest()[:12]}"
    kept = Path(request.config.cache.mkdir(name))
    base_folder_apart(kept, BASE)
    return kept / "bases"


@pytest.fixture
def new_root(prepared, tmp_path):
    """A root of its own whose weights are ready; its server is stopped afterwards."""
    root = tmp_path / "local"
    copy_weights(prepared, root)
    yield root
    stop_server(root)


@pytest.fixture(scope="session")
def served(prepared, tmp_path_factory):
    """The session's server."""
    root = tmp_path_factory.mktemp("served") / "local"
    copy_weights(prepared, root)
    yield Served(root=root, url=ensure_server(root, idle_minutes=180))
    stop_server(root)


@pytest.fixture(scope="session")
def client(served):
    """The SDK's client for the session's server."""
    with served.client() as opened:
        yield opened


def copy_weights(prepared: Path, root: Path) -> None:
    """Links, not copies: nobody writes into these files."""
    for file in prepared.rglob("*"):
        if file.is_file():
            target = root / "bases" / file.relative_to(prepared)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                target.hardlink_to(file)
            except OSError:
                # Another disk.
                shutil.copyfile(file, target)
