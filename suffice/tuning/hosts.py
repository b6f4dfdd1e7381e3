"""
Where each provider puts a tuned model so that it answers, and how that ends.

Each start is named by us, so that it is found again when its answer was lost.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, Protocol

from suffice.errors import CallFailed, SufficeError
from suffice.tuning.rest import Rest
from suffice.tuning.told import status_of

Standing = Literal["starting", "ready", "failed", "gone"]

AZURE_API = "2024-10-01"
_STANDINGS: Mapping[str, Standing] = {
    "Succeeded": "ready",
    "STARTED": "ready",
    "READY": "ready",
    "active": "ready",
    "Failed": "failed",
    "ERROR": "failed",
    "FAILED": "failed",
    "error": "failed",
    "Deleting": "gone",
    "STOPPED": "gone",
    "STOPPING": "gone",
    "DELETED": "gone",
    "DELETING": "gone",
}


class Host(Protocol):
    """A place that serves a tuned model while it is paid for."""

    @property
    def name(self) -> str:
        """The account that pays, as in the ledger."""
        ...

    @property
    def usd_per_hour(self) -> float | None:
        """What a running deployment costs; ``None`` where nobody says."""
        ...

    def start(self, model: str, name: str) -> str:
        """Deploy *model* as *name*; the provider's id of it. From now on this pays."""
        ...

    def find(self, model: str, name: str) -> str | None:
        """The id of what was started as *name*, where it is there."""
        ...

    def standing(self, deployment: str) -> Standing:
        """How the deployment stands."""
        ...

    def served_as(self, model: str, deployment: str) -> str:
        """What calls must name to reach it."""
        ...

    def stop(self, deployment: str) -> None:
        """End it; one that is gone already is no error."""
        ...

    def close(self) -> None:
        """Give back the connections."""
        ...


class RestHost(ABC):
    """What hosts over REST share: an object at a path, that comes and goes."""

    def __init__(self, rest: Rest, usd_per_hour: float | None) -> None:
        """*usd_per_hour* is what the brief or the price book says."""
        self.rest = rest
        self.name = rest.name
        self.usd_per_hour = usd_per_hour

    def find(self, model: str, name: str) -> str | None:
        """The id of what was started as *name*, where it is there."""
        return name if self.standing(name) in ("starting", "ready") else None

    def standing(self, deployment: str) -> Standing:
        """How the deployment stands."""
        found = self.rest.find(self._path(deployment), **self._query())
        if found is None:
            return "gone"
        return _STANDINGS.get(self._state(found), "starting")

    def served_as(self, model: str, deployment: str) -> str:
        """What calls must name to reach it."""
        return deployment

    def stop(self, deployment: str) -> None:
        """End it; one that is gone already is no error."""
        try:
            path, query = self._path(deployment), {**self._query(), **self._ending}
            self.rest.send("DELETE", path, params=query)
        except SufficeError as error:
            if status_of(error) not in (404, 410):
                raise

    def close(self) -> None:
        """Give back the connections."""
        self.rest.close()

    _ending: ClassVar[Mapping[str, str]] = {}
    """What else the request that ends it must say."""

    @abstractmethod
    def _path(self, deployment: str) -> str: ...

    def _query(self) -> dict[str, str]:
        return {}

    def _state(self, found: Mapping[str, Any]) -> str:
        return str(found.get("state") or found.get("status"))


_DEVELOPER = "developertier"


def is_free(sku: str | None) -> bool:
    """Whether an Azure deployment of this kind, the usual one, has no hourly fee."""
    return (sku or _DEVELOPER).lower() == _DEVELOPER


class AzureHost(RestHost):
    """
    A deployment of one's Azure resource, by its management API.

    See https://learn.microsoft.com/en-us/azure/foundry/openai/how-to/fine-tuning-deploy.
    A developer deployment has no hourly fee and is deleted by Azure after 24 hours.
    """

    def __init__(
        self, rest: Rest, resource: str, usd_per_hour: float | None, sku: str | None
    ) -> None:
        """*resource* is ``/subscriptions/.../accounts/NAME``."""
        self._resource = resource.rstrip("/")
        self._sku = sku or _DEVELOPER
        free = is_free(sku) and usd_per_hour is None
        super().__init__(rest, 0.0 if free else usd_per_hour)

    def start(self, model: str, name: str) -> str:
        """Deploy *model* as *name*. From now on this pays."""
        developer = is_free(self._sku)
        body = {
            "sku": {"name": self._sku, "capacity": 50 if developer else 1},
            "properties": {
                "model": {"format": "OpenAI", "name": model, "version": "1"}
            },
        }
        path = self._path(name)
        self.rest.send("PUT", path, params=self._query(), json=body)
        return name

    def _path(self, deployment: str) -> str:
        return f"{self._resource}/deployments/{deployment}"

    def _query(self) -> dict[str, str]:
        return {"api-version": AZURE_API}

    def _state(self, found: Mapping[str, Any]) -> str:
        return str((found.get("properties") or {}).get("provisioningState"))


class NebiusHost(RestHost):
    """
    A LoRA served by the token, without an hourly fee.

    See https://docs.tokenfactory.nebius.com/post-training/deploy-custom-model.
    """

    def __init__(self, rest: Rest, base: str) -> None:
        """*base* is what the adapter was trained on."""
        super().__init__(rest, 0.0)
        self._base = base

    def start(self, model: str, name: str) -> str:
        """Serve the checkpoint *model*; the name it gave it."""
        body = {"source": model, "base_model": self._base, "name": name}
        given = self.rest.post("/v0/models", body).get("name")
        if not given:
            raise CallFailed(f"{self.name} took the model {name!r} but named none.")
        return str(given)

    def _path(self, deployment: str) -> str:
        return f"/v0/models/{deployment}"


class VllmHost(RestHost):
    """
    An adapter in a vLLM of one's own, which runs and costs with or without it.

    It must allow that: ``--enable-lora`` and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True.
    See https://docs.vllm.ai/en/latest/features/lora/.
    """

    def __init__(self, rest: Rest, folder_of: Callable[[str], str]) -> None:
        """*folder_of* says where vLLM finds the adapter of a tuned model."""
        super().__init__(rest, 0.0)
        self._folder_of = folder_of

    def start(self, model: str, name: str) -> str:
        """Load the adapter of *model* as *name*."""
        body = {"lora_name": name, "lora_path": self._folder_of(model)}
        self.rest.post("/load_lora_adapter", body)
        return name

    def standing(self, deployment: str) -> Standing:
        """Loaded is ready: it answers at once."""
        models = self.rest.get("/models").get("data") or []
        return "ready" if deployment in [m.get("id") for m in models] else "gone"

    def _path(self, deployment: str) -> str:
        return f"/models/{deployment}"

    def stop(self, deployment: str) -> None:
        """Unload it; one that is not loaded is no error."""
        if self.standing(deployment) == "gone":
            return
        self.rest.post("/unload_lora_adapter", {"lora_name": deployment})
