"""Hosts that rent a GPU for a tuned model, by the minute or second: two providers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from suffice.errors import CallFailed, TrainingUnavailable
from suffice.tuning.hosts import RestHost
from suffice.tuning.rest import Rest


def counted(hardware: str) -> tuple[int, str]:
    """
    How many GPUs, and which.

    >>> counted("NVIDIA_H100_80GB"), counted("4x NVIDIA_H100_80GB")
    ((1, 'NVIDIA_H100_80GB'), (4, 'NVIDIA_H100_80GB'))
    >>> counted("8x_nvidia_h200_140gb_sxm")
    (8, 'nvidia_h200_140gb_sxm')
    """
    several = re.fullmatch(r"(\d+)\s*x[ _]*(.+)", hardware.strip(), re.IGNORECASE)
    return (int(several[1]), several[2]) if several else (1, hardware.strip())


class FireworksHost(RestHost):
    """
    A dedicated deployment, billed by the GPU-second while it has a replica.

    See https://docs.fireworks.ai/api-reference/create-deployment.
    """

    # It was in use just now: without this, such a deployment is not deleted.
    _ending: ClassVar[Mapping[str, str]] = {"ignoreChecks": "true"}

    def __init__(
        self, rest: Rest, account: str, usd_per_hour: float | None, gpu: str | None
    ) -> None:
        """
        *account* is ``accounts/NAME``; *gpu* an acceleratorType, or ``4x TYPE``.
        """
        super().__init__(rest, usd_per_hour)
        self._account = account
        self._gpu = gpu

    def start(self, model: str, name: str) -> str:
        """Deploy *model* as *name*. From now on this pays."""
        body: dict[str, Any] = {"baseModel": model, "displayName": name}
        body |= {"minReplicaCount": 1, "maxReplicaCount": 1}
        if self._gpu:
            # Left out, Fireworks takes as many as it thinks the model needs, and each
            # of them is billed.
            body["acceleratorCount"], body["acceleratorType"] = counted(self._gpu)
        self.rest.post(f"/{self._account}/deployments", body, deploymentId=name)
        return name

    def served_as(self, model: str, deployment: str) -> str:
        """What calls must name to reach it: the model, at this deployment."""
        return f"{model}#{self._account}/deployments/{deployment}"

    def _path(self, deployment: str) -> str:
        return f"/{self._account}/deployments/{deployment}"


class TogetherHost(RestHost):
    """
    A dedicated endpoint, billed by the minute while it runs.

    See https://docs.together.ai/reference/createendpoint.
    """

    def __init__(
        self, rest: Rest, usd_per_hour: float | None, hardware: str | None, hours: float
    ) -> None:
        """It stops itself when idle for *hours*, should all else fail."""
        super().__init__(rest, usd_per_hour)
        self._hardware = hardware
        self._idle_minutes = max(1, round(60 * hours))

    def offers(self, model: str) -> dict[str, float | None]:
        """Hardware that takes *model*, with its USD an hour, the cheapest first."""
        told = self.rest.get("/hardware", model=model).get("data") or []
        prices = {str(item["id"]): _usd_per_hour(item) for item in told}
        rated = sorted(prices.items(), key=lambda p: (p[1] is None, p[1] or 0.0))
        return dict(rated)

    def priced(self, model: str) -> TogetherHost:
        """The same on the hardware it will take, at the price that is told for it."""
        offers = self.offers(model)
        hardware = self._hardware or next(iter(offers), None)
        if hardware is None:
            raise TrainingUnavailable(
                f"{self.name} offers no hardware for {model!r}: set "
                "models.endpoint.hosting.hardware."
            )
        usd = offers.get(hardware) if self.usd_per_hour is None else self.usd_per_hour
        return TogetherHost(self.rest, usd, hardware, self._idle_minutes / 60)

    def start(self, model: str, name: str) -> str:
        """Deploy *model* as *name*; the endpoint's id. From now on this pays."""
        body = {
            "model": model,
            "hardware": self._hardware,
            "autoscaling": {"min_replicas": 1, "max_replicas": 1},
            "display_name": name,
            "inactive_timeout": self._idle_minutes,
            "state": "STARTED",
        }
        made = self.rest.post("/endpoints", body).get("id")
        if not made:
            raise CallFailed(f"{self.name} took the endpoint {name!r} but named none.")
        return str(made)

    def find(self, model: str, name: str) -> str | None:
        """The endpoint that bears our *name*: others may serve the same model."""
        told = self.rest.get("/endpoints", type="dedicated", mine="true")
        for endpoint in told.get("data") or []:
            if endpoint.get("model") == model:
                shown = self.rest.find(self._path(str(endpoint["id"]))) or {}
                if shown.get("display_name") == name:
                    return str(endpoint["id"])
        return None

    def served_as(self, model: str, deployment: str) -> str:
        """The name that the endpoint itself gives."""
        return str(self.rest.get(self._path(deployment)).get("name") or model)

    def _path(self, deployment: str) -> str:
        return f"/endpoints/{deployment}"


def _usd_per_hour(hardware: Mapping[str, Any]) -> float | None:
    cents = (hardware.get("pricing") or {}).get("cents_per_minute")
    return None if cents is None else float(cents) * 60 / 100
