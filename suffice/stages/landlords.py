"""Where a brief's tuned models are put so that they answer, and what an hour costs."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from suffice.brief import Brief
from suffice.economics.own_prices import prices_of
from suffice.errors import BadBrief, EnvironmentFailed
from suffice.stages.connect import connect_tuning, key_of
from suffice.tuning.fireworks import FireworksClient
from suffice.tuning.gpu_hosts import FireworksHost, TogetherHost, counted
from suffice.tuning.hosts import AzureHost, Host, NebiusHost, VllmHost, is_free
from suffice.tuning.openai_account import account_name
from suffice.tuning.providers import provider_at
from suffice.tuning.rest import Rest
from suffice.workspace import Workspace

AZURE = "https://management.azure.com"


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
    number, kind = counted(brief.models.endpoint.hosting.hardware or "")
    gpu = re.search(r"[abh]\d{3}", kind.lower())
    names = {f"ft:{brief.models.tunable}": 1}
    if gpu:
        names[f"dedicated-{gpu[0]}"] = number
    for name, times in names.items():
        row = book.price(name, on)
        if row is not None and row.hosting_usd_per_hour is not None:
            return times * row.hosting_usd_per_hour
    return None


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
