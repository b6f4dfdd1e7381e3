"""
From a brief to the clients of its endpoint; the one place where a key is read.

Without an endpoint the embedded server answers.  It is started by the first call that
really needs it, so that a climb whose answers are all stored starts nothing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from suffice.brief import Brief, Endpoint
from suffice.errors import CallFailed, EnvironmentFailed
from suffice.measuring.models import OpenAIModel
from suffice.results import Completion
from suffice.services.local_server import ensure_server
from suffice.tuning.batch_client import BatchClient
from suffice.tuning.protocol import Backend
from suffice.tuning.providers import open_backend
from suffice.workspace import Workspace

EMBEDDED = "embedded"
_NO_KEY = "not-needed"


def endpoint_name(brief: Brief) -> str:
    """What the endpoint is called wherever it listens: part of each answer's key."""
    return brief.models.endpoint.base_url or EMBEDDED


def connect(brief: Brief) -> OpenAIModel | EmbeddedModel:
    """
    The models of the brief's endpoint.

    Raises `EnvironmentFailed` when the key it needs is not in the environment.
    """
    endpoint = brief.models.endpoint
    if endpoint.base_url is None:
        return EmbeddedModel(Workspace(Path(brief.output)).local, endpoint)
    return _model(endpoint, endpoint.base_url, key_of(endpoint))


def _model(endpoint: Endpoint, url: str, key: str) -> OpenAIModel:
    return OpenAIModel(
        url,
        key,
        endpoint.timeout_s,
        endpoint.concurrency,
        measure_ttft=endpoint.measure_ttft,
    )


def connect_tuning(brief: Brief) -> Backend:
    """The fine-tuning API of the brief's endpoint, whoever stands behind it."""
    endpoint, root = brief.models.endpoint, Workspace(Path(brief.output)).local
    key = _NO_KEY if endpoint.base_url is None else key_of(endpoint)
    return open_backend(endpoint, key, lambda: ensure_server(root))


def connect_batches(brief: Brief) -> BatchClient:
    """The Batch API of the brief's endpoint."""
    endpoint = brief.models.endpoint
    if endpoint.base_url is None:
        root = Workspace(Path(brief.output)).local
        return BatchClient(lambda: ensure_server(root), _NO_KEY, embedded=True)
    return BatchClient(endpoint.base_url, key_of(endpoint))


def key_of(endpoint: Endpoint) -> str:
    """The key, from the environment; servers on loopback need none."""
    key = os.environ.get(endpoint.api_key_env)
    if key:
        return key
    if "127.0.0.1" in (endpoint.base_url or "") or "localhost" in (
        endpoint.base_url or ""
    ):
        return _NO_KEY
    raise EnvironmentFailed(
        f"The key for {endpoint.base_url} is not set: put it into the environment "
        f"variable {endpoint.api_key_env!r}."
    )


class EmbeddedModel:
    """The embedded server's models; started when first asked, again when it died."""

    def __init__(self, root: Path, endpoint: Endpoint) -> None:
        self._root = root
        self._endpoint = endpoint
        self._client: OpenAIModel | None = None
        self._url = ""
        self._starting = asyncio.Lock()

    async def __aenter__(self) -> EmbeddedModel:
        """Nothing is started yet."""
        self._starting = asyncio.Lock()
        return self

    async def __aexit__(self, *how: object) -> None:
        """Close the connections; the server stays for the next command."""
        if self._client is not None:
            await self._client.__aexit__(*how)
            self._client = None

    async def complete(self, request: Mapping[str, Any]) -> Completion:
        """Answer *request*; a server that died is started once more."""
        return await self._asked(lambda client: client.complete(request))

    async def embed(self, model: str, texts: Sequence[str]) -> Completion:
        """Vectors of *texts*; a server that died is started once more."""
        return await self._asked(lambda client: client.embed(model, texts))

    async def _asked(
        self, ask: Callable[[OpenAIModel], Awaitable[Completion]]
    ) -> Completion:
        client = await self._ready(None)
        try:
            return await ask(client)
        except CallFailed:
            return await ask(await self._ready(client))

    async def _ready(self, failed: OpenAIModel | None) -> OpenAIModel:
        """A client of the running server; another one where *failed*'s has died."""
        async with self._starting:
            known = self._client
            if known is not None and known is not failed:
                return known
            url = await asyncio.to_thread(ensure_server, self._root)
            if known is not None and url == self._url:
                # It is alive: what failed was the call, not the server.
                return known
            if known is not None:
                await known.__aexit__()
            self._url = url
            self._client = _model(self._endpoint, url, _NO_KEY)
            return self._client
