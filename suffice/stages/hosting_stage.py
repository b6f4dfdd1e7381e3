"""
Hosts the brief's tuned models while they are asked, where they need that.

A deployment is started by the first call that really goes out, so that a stage whose
answers are all stored starts and pays nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from suffice.brief import Brief
from suffice.economics.own_prices import prices_of
from suffice.errors import BadBrief, EnvironmentFailed, SufficeError
from suffice.measuring.models import Model
from suffice.results import Completion
from suffice.stages.connect import connect_tuning, key_of
from suffice.tuning.fireworks import FireworksClient
from suffice.tuning.gpu_hosts import FireworksHost, TogetherHost
from suffice.tuning.hosting import Stay, hosted, stop_left_running
from suffice.tuning.hosts import AzureHost, Host, NebiusHost, VllmHost, is_free
from suffice.tuning.ledger import ENDED, Ledger
from suffice.tuning.openai_account import account_name
from suffice.tuning.providers import provider_at
from suffice.tuning.rest import Rest
from suffice.workspace import Workspace

NEED_HOSTING = ("azure", "nebius", "together", "fireworks", "vllm")
AZURE = "https://management.azure.com"


class HostedModel:
    """The endpoint's models; its tuned ones by the names they are hosted under."""

    def __init__(self, model: Any, served_as: Callable[[str], str]) -> None:
        """*served_as* gives the name to call a model by, and hosts it if it must."""
        self._model = model
        self._served_as = served_as
        self._starting = asyncio.Lock()

    async def __aenter__(self) -> HostedModel:
        """Open the connections; nothing is hosted yet."""
        self._starting = asyncio.Lock()
        await self._model.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections; whoever made this ends the hosting."""
        await self._model.__aexit__(kind, error, trace)

    async def complete(self, request: Mapping[str, Any]) -> Completion:
        """Answer *request*, of the model that is hosted by then."""
        async with self._starting:
            name = await asyncio.to_thread(self._served_as, str(request["model"]))
        answer: Completion = await self._model.complete({**request, "model": name})
        return answer

    async def embed(self, model: str, texts: Sequence[str]) -> Completion:
        """Vectors of *texts*: what embeds is not tuned, and not hosted by us."""
        answer: Completion = await self._model.embed(model, texts)
        return answer


@contextmanager
def serving(
    brief: Brief, model: Model, ledger_url: str | Path, stay: Stay
) -> Iterator[Model]:
    """
    *model* as it is, or with tuned models hosted while this context is open.

    What killed processes left running is stopped first.
    """
    if provider_at(brief.models.endpoint) not in NEED_HOSTING:
        yield model
        return
    with Ledger(ledger_url) as ledger, ExitStack() as open_now:
        names: dict[str, str] = {}
        tuned = _tuned_models(ledger)

        def served_as(name: str) -> str:
            if name not in tuned:
                return name
            if name not in names:
                host = open_now.enter_context(closing(host_of(brief, name)))
                stop_left_running(host=host, ledger=ledger)
                opened = hosted(name, host=host, ledger=ledger, stay=stay)
                names[name] = open_now.enter_context(opened)
            return names[name]

        yield HostedModel(model, served_as)


def stop_forgotten(
    brief: Brief, ledger_url: str | Path, tell: Callable[[str], None]
) -> None:
    """Stop what earlier runs left hosted at the brief's endpoint, and *tell* of it."""
    if provider_at(brief.models.endpoint) not in NEED_HOSTING:
        return
    with Ledger(ledger_url) as ledger:
        rows = ledger.rows(kind="hosting")
        left = {json.loads(r.pinned)["model"] for r in rows if r.state not in ENDED}
        for model in sorted(left):
            try:
                with closing(host_of(brief, model, priced=False)) as host:
                    for name in stop_left_running(host=host, ledger=ledger):
                        tell(f"{name} was left running at {host.name}: stopped")
            except SufficeError as error:
                tell(f"{model} may be left running, and was not stopped: {error}")


def host_of(brief: Brief, model: str, *, priced: bool = True) -> Host:
    """
    Where the tuned *model* of this brief is put, its price asked for if *priced*.

    Raises `BadBrief` or `EnvironmentFailed` where that needs what is not there.
    """
    endpoint, base = brief.models.endpoint, brief.models.tunable or ""
    hosting, url = endpoint.hosting, endpoint.base_url or ""
    usd = _known_usd_per_hour(brief)
    provider, name = provider_at(endpoint), account_name(url)
    if provider == "azure":
        return _azure(brief, usd)
    rest = Rest(url, key_of(endpoint), name=name)
    if provider == "together":
        host = TogetherHost(rest, usd, hosting.hardware, hosting.hours)
        return host.priced(model) if priced else host
    if provider == "vllm":
        return VllmHost(rest, partial(_adapter, brief))
    if provider == "nebius":
        root = url.rstrip("/").removesuffix("/v1")
        return NebiusHost(Rest(root, key_of(endpoint), name=name), base)
    backend = connect_tuning(brief)
    assert isinstance(backend, FireworksClient)
    return FireworksHost(backend.rest, backend.account, usd, hosting.hardware)


def told_usd_per_hour(brief: Brief) -> float | None:
    """What an hour costs, as far as brief and book tell; ``None``: they do not."""
    usd, hosting = _known_usd_per_hour(brief), brief.models.endpoint.hosting
    azure = provider_at(brief.models.endpoint) == "azure"
    return 0.0 if azure and usd is None and is_free(hosting.hardware) else usd


def _known_usd_per_hour(brief: Brief) -> float | None:
    given = brief.models.endpoint.hosting.usd_per_hour
    return _booked_usd_per_hour(brief) if given is None else given


def _booked_usd_per_hour(brief: Brief) -> float | None:
    """As the price book has it: of what is tuned on the base, or of the GPU."""
    book, on = prices_of(brief), datetime.now(UTC).date()
    names = [f"ft:{brief.models.tunable}"]
    gpu = re.search(
        r"[abh]\d{3}", (brief.models.endpoint.hosting.hardware or "").lower()
    )
    names += [f"dedicated-{gpu[0]}"] if gpu else []
    rows = [row for name in names if (row := book.price(name, on)) is not None]
    known = [row.hosting_usd_per_hour for row in rows]
    return next((usd for usd in known if usd is not None), None)


def _azure(brief: Brief, usd: float | None) -> Host:
    hosting = brief.models.endpoint.hosting
    if hosting.resource is None:
        raise BadBrief(
            "Azure serves a tuned model from a deployment of your resource: set "
            "models.endpoint.hosting.resource to its id, /subscriptions/...."
        )
    token = os.environ.get(hosting.token_env)
    if not token:
        raise EnvironmentFailed(
            f"The token for {AZURE} is not set: put what 'az account "
            f"get-access-token' prints into {hosting.token_env!r}."
        )
    name = account_name(brief.models.endpoint.base_url or "")
    rest = Rest(AZURE, token, name=name)
    return AzureHost(rest, hosting.resource, usd, hosting.hardware)


def _adapter(brief: Brief, model: str) -> str:
    """The folder of the adapter, as vLLM finds it."""
    from suffice.local.model_store import ModelStore

    folder = ModelStore(Workspace(Path(brief.output)).local).folder(model)
    seen = brief.models.endpoint.hosting.adapters
    root = folder.parent.resolve() if seen is None else Path(seen)
    return str(root / folder.name / "adapter")


def _tuned_models(ledger: Ledger) -> set[str]:
    rows = ledger.rows(kind="job", state="succeeded")
    return {json.loads(row.result)["model"] for row in rows if row.result}
