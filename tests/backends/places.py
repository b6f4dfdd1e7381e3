"""One place that trains, as the contract's tests see it: real or imitated."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from fireworks_api import ACCOUNT, FireworksApi
from openai_kin import AzureApi, NebiusApi, OpenAIApi
from together_api import TogetherApi
from tuning_parts import HurriedTime

from suffice.brief import Endpoint
from suffice.tuning.following import Terms, TuneSpec, submit
from suffice.tuning.ledger import Ledger
from suffice.tuning.protocol import Backend
from suffice.tuning.providers import open_backend

IMITATED: dict[str, Any] = {
    "openai": OpenAIApi,
    "azure": AzureApi,
    "nebius": NebiusApi,
    "together": TogetherApi,
    "fireworks": FireworksApi,
}


def chats(n: int) -> bytes:
    """A training file of *n* lines."""
    lines = (
        {
            "messages": [
                {"role": "user", "content": f"Invoice {number} is wrong"},
                {"role": "assistant", "content": "billing"},
            ]
        }
        for number in range(n)
    )
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


TRAINING = chats(1)


@dataclass(kw_only=True)
class Place:
    """A backend, the ledger it is submitted through, and what drives its jobs."""

    backend: Backend
    api: Any
    """The imitation; for the embedded server what finishes its jobs."""
    ledger: Ledger
    time: HurriedTime
    training: bytes = TRAINING
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    provider: str = "embedded"

    @property
    def base(self) -> str:
        return self.api.base

    @property
    def spec(self) -> TuneSpec:
        return TuneSpec.of(
            self.training,
            None,
            base=self.base,
            suffix="support-of-a-desk",
            hyperparameters=self.hyperparameters,
            endpoint_name=self.backend.name,
        )

    def submit(self, spec: TuneSpec | None = None, **terms: Any) -> str:
        return submit(
            spec or self.spec,
            self.training,
            client=self.backend,
            ledger=self.ledger,
            terms=Terms(**terms),
            clock=self.time.clock,
        )

    def on_another_machine(self, ledger: Ledger) -> Place:
        """The same account; its ledger has been lost."""
        return replace(self, ledger=ledger)


def imitated(provider: str, ledger: Ledger, time: HurriedTime) -> Place:
    api = IMITATED[provider]()
    url = api.url
    account = None
    if provider == "fireworks":
        url = api.url.replace("/v1", "/inference/v1")
        account = ACCOUNT.removeprefix("accounts/")
    endpoint = Endpoint(base_url=url, provider=provider, account=account)
    backend = open_backend(endpoint, "sk-test", lambda: "", timeout_s=2.0)
    return Place(backend=backend, api=api, ledger=ledger, time=time, provider=provider)
