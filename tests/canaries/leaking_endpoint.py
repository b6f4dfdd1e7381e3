"""An endpoint that repeats secrets in its errors, its events and its last words."""

from __future__ import annotations

from typing import Any

from canary_forms import Canary
from slow_endpoint import SlowEndpoint


class LeakingEndpoint(SlowEndpoint):
    """Every secret comes back once in a chat error, an event and a failed job."""

    def __init__(self, canaries: dict[str, list[Canary]]) -> None:
        super().__init__()
        self.done = True
        self.canaries = canaries
        self.in_chat = [c.text for c in canaries["chat error"]]

    def reply(self, path: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if "Order 1003." in str(request["messages"]):
            # One question is never answered: why not is kept with the outcomes.
            every = " ".join(c.text for c in self.canaries["chat refusal"])
            return 400, {"error": {"message": f"refused by {every}", "code": "x"}}
        if self.in_chat:
            told = {"message": f"upstream said: {self.in_chat.pop()}", "code": "busy"}
            return 500, {"error": told}
        return super().reply(path, request)

    def _as_it_stands(self, job: dict[str, Any]) -> dict[str, Any]:
        if job["id"] != self.jobs[0]["id"]:
            return super()._as_it_stands(job)
        every = "; ".join(c.text for c in self.canaries["job error"])
        why = {"code": "server_error", "message": f"died with {every}", "param": None}
        return {**job, "status": "failed", "fine_tuned_model": None, "error": why}

    def _events(self) -> list[dict[str, Any]]:
        told = [
            {
                "object": "fine_tuning.job.event",
                "id": f"ev-canary-{i}",
                "created_at": 1_700_000_000,
                "level": "warn",
                "message": f"worker says {canary.text}",
                "type": "message",
                "data": {},
            }
            for i, canary in enumerate(self.canaries["event"])
        ]
        return [*super()._events(), *told]
