"""A loopback endpoint whose training takes until the test says that it is done."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flow_briefs import write_brief
from rung_cases import PRICES
from rung_endpoint import Endpoint


def knows_when_tuned(request: Mapping[str, Any]) -> str:
    """The code of the colour, from a tuned model; the base knows nothing."""
    asked = str(request["messages"][-1]["content"])
    colour = re.search(r"red|blue|green|white", asked)
    tuned = request["model"].startswith("ft:") and colour
    return f"K-{colour[0][0].upper()}" if tuned else "unknown"


class SlowEndpoint(Endpoint):
    """Its jobs run until they are told to end, or until somebody cancels them."""

    def __init__(self) -> None:
        super().__init__(knows_when_tuned)
        self.done = False
        """All of them have succeeded."""
        self.ended: set[str] = set()
        self.cancelled: list[str] = []
        self.looks = 0

    def end_jobs(self) -> None:
        """Those that there are have succeeded."""
        self.ended = {job["id"] for job in self.jobs}

    def books(self, path: str, given: bytes | None) -> dict[str, Any]:
        plain = path.partition("?")[0]
        if plain.endswith("/cancel"):
            self.cancelled.append(plain.rsplit("/", 2)[1])
            return self._as_it_stands(self.jobs[-1])
        if plain.endswith("/events"):
            return {"object": "list", "data": self._events(), "has_more": False}
        known = re.search(r"/files(/[^/]+)?$|/fine_tuning/jobs(/[^/]+)?$", plain)
        if known is None:
            return {"object": "list", "data": [], "has_more": False}
        found = super().books(path, given)
        if "/fine_tuning" not in plain:
            return found
        if found["object"] == "list":
            jobs = [self._as_it_stands(job) for job in found["data"]]
            return {**found, "data": jobs}
        self.looks += given is None
        return self._as_it_stands(found)

    def _as_it_stands(self, job: dict[str, Any]) -> dict[str, Any]:
        if job["id"] in self.cancelled:
            return {**job, "status": "cancelled", "fine_tuned_model": None}
        if self.done or job["id"] in self.ended:
            return {**job, "finished_at": job["created_at"] + 60}
        return {**job, "status": "running", "fine_tuned_model": None}

    def _events(self) -> list[dict[str, Any]]:
        return [
            {
                "object": "fine_tuning.job.event",
                "id": f"ev-{step}",
                "created_at": 1_700_000_000 + step,
                "level": "info",
                "message": f"step {step}",
                "type": "metrics",
                "data": {"step": step, "total_steps": 2, "train_loss": 1 / step},
            }
            for step in (2, 1)
        ]


def brief_at(endpoint: Endpoint, folder: Path, **fields: Any) -> Path:
    """A brief on the orders of colours at this endpoint, with prices of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    prices = folder / "prices.toml"
    models = ("m", "ft:m", "ft:m:test:orders:1")
    prices.write_text("".join(PRICES.format(model=m) for m in models))
    at = {"base_url": endpoint.url}
    told = {"rungs": ["zero-shot", "fine-tuned"], "prices": str(prices), **fields}
    models_part = {"endpoint": at, "base": ["m"], "tunable": "m"}
    return write_brief(folder, models=models_part, **told)
