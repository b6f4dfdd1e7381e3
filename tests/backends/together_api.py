"""
An imitation of Together: fine-tunes, files, hardware and dedicated endpoints.

Bodies: https://github.com/togethercomputer/openapi (openapi.yaml).
"""

from __future__ import annotations

import json
from typing import Any

from faulty_api import FaultyApi, file_part

_TIME = "2026-11-21T10:0{}:00.000Z"


class TogetherApi(FaultyApi):
    """Its books: jobs, files and endpoints, in memory."""

    base = "meta-llama/Meta-Llama-3.1-8B-Instruct-Reference"

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.hidden = False
        self.comes_up = True
        self.price: dict[str, Any] = {
            "estimation_available": True,
            "estimated_total_price": 0.01,
            "allowed_to_proceed": True,
            "user_limit": 100.0,
            "estimated_train_token_count": 1234,
            "estimated_eval_token_count": 0,
        }
        """What it answers when it is asked what a job would cost."""
        self.asked_price: list[dict[str, Any]] = []
        super().__init__()

    @property
    def model(self) -> str:
        return next(iter(self.jobs.values()))["model_output_name"]

    def route(self, path: str) -> str:
        words = path.strip("/").split("/")
        if words[-1] == "estimate-price":
            return "price"
        if words[0] == "fine-tunes" and len(words) < 3:
            return ("jobs", "job")[len(words) - 1]
        if words[0] in ("endpoints", "hardware"):
            return "host"
        return words[-1] if words[0] == "fine-tunes" else "files"

    def error(self, message: str, code: str = "") -> dict[str, Any]:
        told = {"message": message, "type": code or "invalid_request", "param": None}
        return {"error": {**told, "code": code or None}}

    def answer(self, method, path, query, body):
        words = path.strip("/").split("/")
        if words[0] == "fine-tunes":
            return self._jobs(method, words[1:], query, body)
        if words[0] == "files":
            return self._files(method, words[1:], body)
        if words[0] == "hardware":
            return 200, {"object": "list", "data": _hardware()}
        return self._endpoints(method, words[1:], body)

    def finish(self, job_id: str, *, named: bool = True) -> None:
        done = {"status": "completed", "token_count": 1234, "updated_at": _time(9)}
        self.jobs[job_id].update({**done, "total_price": 2_500_000_000})
        if not named:
            self.jobs[job_id]["model_output_name"] = ""

    def set_status(self, job_id: str, status: str) -> None:
        self.jobs[job_id]["status"] = status

    def fail(self, job_id: str) -> None:
        event = {"type": "job_error", "message": "Line 3 has no answer."}
        self.jobs[job_id].update({"status": "error", "events": [event]})

    def _jobs(self, method, words, query, body):
        if words[:1] == ["models"]:
            return self._models(words[1], query)
        if words[:1] == ["estimate-price"]:
            self.asked_price.append(json.loads(body))
            return 200, self.price
        if not words and method == "POST":
            return 200, self._add(json.loads(body))
        if not words:
            return 200, {"data": [] if self.hidden else list(self.jobs.values())}
        job = self.jobs.get(words[0])
        if job is None:
            return 404, self.error("Fine-tune ID not found.")
        what = words[1] if len(words) > 1 else ""
        if what == "cancel":
            job["status"] = "cancelled"
        if what == "events":
            return 200, {"data": [_event(0, "job_pending"), _event(1, "job_start")]}
        if what == "checkpoints":
            kept = {"path": "s3://x", "created_at": _time(8), "checkpoint_type": "f"}
            return 200, {"data": [{**kept, "step": 90}]}
        return 200, job

    def _add(self, asked: dict[str, Any]) -> dict[str, Any]:
        number = len(self.jobs) + 1
        name = asked["model"].rpartition("/")[2]
        job = {
            **asked,
            "id": f"ft-{number}",
            "status": "pending",
            "created_at": _time(number),
            "updated_at": _time(number),
            "model_output_name": f"acme/{name}-{asked['suffix']}-0f9e8d7c",
            "events": [],
        }
        # Not every answer of theirs repeats it; the name of the model does.
        del job["suffix"]
        self.jobs[job["id"]] = job
        return job

    def _models(self, what: str, query: dict[str, Any]) -> tuple[int, Any]:
        if what == "supported":
            return 200, {"models": [self.base]}
        if query["model_name"] != [self.base]:
            return 404, {"message": "model is not available for fine-tuning"}
        lora = {"max_batch_size": 32, "min_batch_size": 8, "max_rank": 64}
        limits = {"model_name": self.base, "max_num_epochs": 20, "lora_training": lora}
        return 200, {**limits, "max_learning_rate": 0.01}

    def _files(self, method, words, body):
        if method == "POST":
            name, content = file_part(body)
            file = {"id": f"file-{len(self.files) + 1}", "object": "file"}
            file |= {"filename": name, "bytes": len(content), "purpose": "fine-tune"}
            file |= {"FileType": "jsonl", "Processed": True, "created_at": 1}
            self.files[file["id"]] = file
            return 200, file
        if not words:
            return 200, {"data": list(self.files.values())}
        found = self.files.get(words[0])
        return (200, found) if found else (404, self.error("no such file"))

    def _endpoints(self, method, words, body):
        if not words and method == "POST":
            asked = json.loads(body)
            made = {**asked, "object": "endpoint", "type": "dedicated"}
            made["id"] = f"endpoint-{len(self.endpoints) + 1}"
            made["name"] = f"acme/{asked['model']}-a32b82a1"
            made["state"] = "STARTED" if self.comes_up else "ERROR"
            self.endpoints[made["id"]] = made
            return 200, made
        if not words:
            shown = ("id", "name", "model", "state", "type")
            data = [{k: e[k] for k in shown} for e in self.endpoints.values()]
            return 200, {"object": "list", "data": data}
        if words[0] not in self.endpoints:
            return 404, self.error("Not Found")
        if method == "DELETE":
            del self.endpoints[words[0]]
            return 204, ""
        return 200, self.endpoints[words[0]]

    def running(self) -> list[str]:
        return [e["display_name"] for e in self.endpoints.values()]


def _time(minute: int) -> str:
    return _TIME.format(minute)


def _event(minute: int, kind: str) -> dict[str, Any]:
    told = {"object": "fine-tune-event", "created_at": _time(minute), "step": 0}
    return {**told, "type": kind, "message": kind, "hash": f"h{minute}"}


def _hardware() -> list[dict[str, Any]]:
    def one(name: str, cents: float) -> dict[str, Any]:
        return {
            "object": "hardware",
            "id": name,
            "pricing": {"cents_per_minute": cents},
        }

    return [one("1x_nvidia_h200", 9.15), one("1x_nvidia_h100_80gb_sxm", 6.0)]
