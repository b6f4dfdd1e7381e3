"""From an endpoint's address and provider to the backend that trains there."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from suffice.brief import Endpoint
from suffice.economics.prices import provider_of
from suffice.errors import BadBrief
from suffice.providing import Provider
from suffice.tuning.client import TuningClient
from suffice.tuning.fireworks import FireworksClient
from suffice.tuning.openai_shaped import AzureClient, NebiusClient, OwnGpuClient
from suffice.tuning.protocol import Backend
from suffice.tuning.together import TogetherClient

EMBEDDED = "embedded"


def provider_at(endpoint: Endpoint) -> str:
    """
    Who trains there: as the brief says, or as the address tells.

    ``embedded`` without an address; ``openai`` for one that nobody knows, since that
    is the API which compatible servers have.
    """
    if endpoint.provider is not None:
        return endpoint.provider
    if endpoint.base_url is None:
        return EMBEDDED
    known = provider_of(endpoint.base_url)
    return known if known is not None and known in get_args(Provider) else "openai"


def open_backend(
    endpoint: Endpoint, key: str, local: Callable[[], str], *, timeout_s: float = 60.0
) -> Backend:
    """
    The backend of *endpoint*; *local* starts and finds the embedded server.

    Raises `BadBrief` where the provider needs what the brief does not say.
    """
    provider, url = provider_at(endpoint), endpoint.base_url
    if provider == EMBEDDED or (provider == "vllm" and url is not None):
        trainer = TuningClient if provider == EMBEDDED else OwnGpuClient
        return trainer(local, "not-needed", embedded=True, timeout_s=timeout_s)
    if url is None:
        raise BadBrief(
            f"models.endpoint.provider is {provider!r}, but models.endpoint.base_url "
            "is empty: say where it answers."
        )
    if provider == "fireworks":
        return FireworksClient(_fireworks(url, endpoint), key, timeout_s=timeout_s)
    if provider == "together":
        return TogetherClient(url, key, timeout_s=timeout_s)
    shaped = {"azure": AzureClient, "nebius": NebiusClient}.get(provider, TuningClient)
    return shaped(url, key, timeout_s=timeout_s)


def _fireworks(url: str, endpoint: Endpoint) -> str:
    """The address of the account's API, from that of the chat API."""
    if endpoint.account is None:
        raise BadBrief(
            "Training at Fireworks needs the account's name: set "
            "models.endpoint.account."
        )
    root = url.rstrip("/").removesuffix("/v1").removesuffix("/inference")
    return f"{root}/v1/accounts/{endpoint.account}"
