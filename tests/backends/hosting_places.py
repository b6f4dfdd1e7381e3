"""Where each provider hosts a tuned model, imitated on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fireworks_api import ACCOUNT, FireworksApi
from hosts_api import RESOURCE, ManagementApi, VllmApi
from openai_kin import NebiusApi
from together_api import TogetherApi
from tuning_parts import HurriedTime

from suffice.tuning.gpu_hosts import FireworksHost, TogetherHost
from suffice.tuning.hosts import AzureHost, Host, NebiusHost, VllmHost
from suffice.tuning.ledger import Intent, Ledger
from suffice.tuning.ledger_owner import new_owner
from suffice.tuning.rest import Rest

MODEL = "acme/tuned-model"
KINDS = ("azure", "nebius", "together", "fireworks", "vllm")


@dataclass(kw_only=True)
class Landlord:
    """A host, and what really runs there."""

    host: Host
    api: Any

    def running(self) -> list[str]:
        return list(self.api.running())


@contextmanager
def landlord(kind: str) -> Iterator[Landlord]:
    api = {
        "azure": ManagementApi,
        "nebius": NebiusApi,
        "together": TogetherApi,
        "fireworks": FireworksApi,
        "vllm": VllmApi,
    }[kind]()
    root = api.url.removesuffix("/v1")
    rest = Rest(
        root if kind in ("azure", "nebius") else api.url,
        "sk-test",
        name=kind,
        timeout_s=2.0,
    )
    host: Host = {
        "azure": lambda: AzureHost(rest, RESOURCE, 1.7, "standard"),
        "nebius": lambda: NebiusHost(rest, NebiusApi.base),
        "together": lambda: TogetherHost(rest, None, None, 1.0).priced(MODEL),
        "fireworks": lambda: FireworksHost(rest, ACCOUNT, 7.0, "NVIDIA_H100_80GB"),
        "vllm": lambda: VllmHost(rest, lambda model: f"/adapters/{model}"),
    }[kind]()
    yield Landlord(host=host, api=api)
    host.close()
    api.close()


def leave_running(host: Host, model: str, ledger: Ledger, time: HurriedTime) -> None:
    """As a process leaves it that dies while its model is being asked."""
    pinned = pinned_by_the_dead(model, time)
    owner = str(pinned["owner"])
    intent = Intent(kind="hosting", provider=host.name, key="k" * 64, pinned=pinned)
    held = ledger.claim(ledger.intend(intent), owner=owner, lease_s=1.0)
    begun = ledger.begin(held, owner=owner, lease_s=1.0)
    ledger.submitted(begun, host.start(model, f"suffice-{'k' * 16}-0"))


def pinned_by_the_dead(model: str, time: HurriedTime) -> dict[str, Any]:
    """The parameters of a stay of two hours, whose process has died."""
    until = time.now() + 7200
    owner = _a_dead_process()
    return {"model": model, "owner": owner, "until": until, "usd_per_hour": 1.0}


def _a_dead_process() -> str:
    """Name of an owner whose process has ended: its number is used by another."""
    machine, pid, _, mark = new_owner().split("|")
    return "|".join([machine, pid, "1", mark])
