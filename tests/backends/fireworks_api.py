"""
An imitation of Fireworks: supervised jobs, datasets, models and deployments.

Bodies: https://docs.fireworks.ai/api-reference/create-supervised-fine-tuning-job, and
https://github.com/fw-ai-external/python-sdk.
"""

from __future__ import annotations

import json
import re
from typing import Any

from faulty_api import FaultyApi, file_part

ACCOUNT = "accounts/acme"


class FireworksApi(FaultyApi):
    """Its books: jobs, datasets and deployments, in memory."""

    base = "accounts/fireworks/models/llama-v3p1-8b-instruct"

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.deployments: dict[str, dict[str, Any]] = {}
        self.hidden = False
        self.comes_up = True
        self.suspended = "UNSUSPENDED"
        super().__init__()

    @property
    def model(self) -> str:
        return next(iter(self.jobs.values()))["outputModel"]

    def route(self, path: str) -> str:
        if "/supervisedFineTuningJobs" in path:
            return "jobs" if path.endswith("Jobs") else "job"
        if "/deployments" in path:
            return "host"
        if path.endswith(":upload"):
            return "upload"
        return "files" if "/datasets" in path else "models"

    def error(self, message: str, code: str = "") -> dict[str, Any]:
        """As Google's gateways word one: a number, a sentence, sometimes a word."""
        return {"code": 3, "message": message, "status": code, "details": []}

    def answer(self, method, path, query, body):
        what = path.removeprefix(f"/{ACCOUNT}/")
        kind, _, name = what.partition("/")
        if kind == "supervisedFineTuningJobs":
            return self._jobs(method, name, query, body)
        if kind == "datasets":
            return self._datasets(method, name, body)
        if kind == "deployments":
            return self._deployments(method, name, query, body)
        if path == f"/{ACCOUNT}":
            return 200, {"name": ACCOUNT, "suspendState": self.suspended}
        return self._model(path.strip("/"))

    def finish(self, job_id: str, *, named: bool = True) -> None:
        done = {"state": "JOB_STATE_COMPLETED", "completedTime": "2026-11-21T10:09:00Z"}
        self.jobs[job_id].update(done)
        cost = {"currencyCode": "USD", "units": "1", "nanos": 250_000_000}
        self.jobs[job_id]["estimatedCost"] = cost
        self.jobs[job_id]["jobProgress"] = {"percent": 100, "inputTokens": 1234}
        self.jobs[job_id]["named"] = named
        if not named:
            self.jobs[job_id]["outputModel"] = ""

    def set_status(self, job_id: str, status: str) -> None:
        self.jobs[job_id]["state"] = f"JOB_STATE_{status.upper()}"

    def fail(self, job_id: str) -> None:
        status = {"code": "INVALID_ARGUMENT", "message": "The dataset lacks answers."}
        self.jobs[job_id].update({"state": "JOB_STATE_FAILED", "status": status})

    def running(self) -> list[str]:
        return list(self.deployments)

    def _jobs(self, method, name, query, body):
        if method == "POST":
            return self._add(query["supervisedFineTuningJobId"][0], json.loads(body))
        if not name:
            jobs = [] if self.hidden else list(self.jobs.values())
            return 200, {"supervisedFineTuningJobs": jobs, "nextPageToken": ""}
        if name not in self.jobs:
            return 404, self.error("not found", "NOT_FOUND")
        if method == "DELETE":
            del self.jobs[name]
            return 200, {}
        return 200, self.jobs[name]

    def _add(self, name: str, asked: dict[str, Any]) -> tuple[int, Any]:
        assert re.fullmatch(r"[a-z][a-z0-9-]{0,62}", name)
        if name in self.jobs:
            return 409, self.error("it already exists", "ALREADY_EXISTS")
        job = {
            **asked,
            "name": f"{ACCOUNT}/supervisedFineTuningJobs/{name}",
            "state": "JOB_STATE_CREATING",
            "createTime": f"2026-11-21T10:0{len(self.jobs)}:00Z",
            "status": {"code": "OK", "message": ""},
        }
        self.jobs[name] = job
        return 200, job

    def _datasets(self, method, name, body):
        if name.endswith(":upload"):
            _, content = file_part(body)
            dataset = self.files[name.removesuffix(":upload")]
            dataset["state"] = "READY"
            return 200, {"id": dataset["name"], "bytes": len(content)}
        if method == "POST":
            asked = json.loads(body)
            if asked["datasetId"] in self.files:
                return 409, self.error("it already exists", "ALREADY_EXISTS")
            full = f"{ACCOUNT}/datasets/{asked['datasetId']}"
            made = {**asked["dataset"], "name": full, "state": "UPLOADING"}
            self.files[asked["datasetId"]] = made
            return 200, made
        if not name:
            return 200, {"datasets": list(self.files.values())}
        found = self.files.get(name)
        return (200, found) if found else (404, self.error("not found", "NOT_FOUND"))

    def _deployments(self, method, name, query, body):
        if method == "POST":
            name = query["deploymentId"][0]
            state = "READY" if self.comes_up else "FAILED"
            made = {**json.loads(body), "state": state}
            self.deployments[name] = made
            return 200, made
        if name not in self.deployments:
            return 404, self.error("not found", "NOT_FOUND")
        if method == "DELETE":
            assert query["ignoreChecks"] == ["true"]
            del self.deployments[name]
            return 200, {}
        return 200, self.deployments[name]

    def _model(self, name: str) -> tuple[int, Any]:
        if name == self.base:
            model = {"name": name, "tunable": True, "trainingContextLength": 8192}
            return 200, {**model, "kind": "HF_BASE_MODEL", "state": "READY"}
        made = [j["outputModel"] for j in self.jobs.values() if j.get("named")]
        if name in made:
            return 200, {"name": name, "kind": "HF_PEFT_ADDON", "state": "READY"}
        return 404, self.error("not found", "NOT_FOUND")
