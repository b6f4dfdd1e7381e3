"""
Imitations of those that speak OpenAI's API: OpenAI itself, Azure and Nebius.

Bodies: https://developers.openai.com/api/reference (fine-tuning, models),
https://learn.microsoft.com/en-us/rest/api/azureopenai/models/list and
https://docs.tokenfactory.nebius.com/api-reference/fine-tuning/create-a-fine-tuning-job.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar
from urllib.parse import unquote

from jobs_imitation import JobsApi

STARTED = {"status": "running"}


class OpenAIApi(JobsApi):
    """OpenAI: models with a shutdown date, a tuned model that answers at once."""

    base = "gpt-4.1-mini-2025-04-14"
    model = "ft:gpt-4.1-mini-2025-04-14:acme:support:Abc123"
    model_fields: ClassVar[dict[str, Any]] = {"shutdown_date": "2027-01-14"}

    def answer(self, method, path, query, body):
        if path == "/models":
            return 200, {"object": "list", "data": [self._model(self.base)]}
        if path.startswith("/models/"):
            name = unquote(path.removeprefix("/models/"))
            known = [self.base, *self._tuned()]
            if name in known:
                return 200, self._model(name)
            return 404, self.error("The model does not exist", "model_not_found")
        if path.endswith("/checkpoints"):
            return 200, self._checkpoints(path.split("/")[3])
        return super().answer(method, path, query, body)

    def finish(self, job_id: str, *, named: bool = True) -> None:
        """The job ends well; its name may come later."""
        more = {"fine_tuned_model": self.model} if named else {}
        ended = {"status": "succeeded", "trained_tokens": 1234}
        started = self.jobs[job_id]["created_at"]
        self.jobs[job_id].update({**ended, **more, "finished_at": started + 100})

    def set_status(self, job_id: str, status: str) -> None:
        self.jobs[job_id]["status"] = status

    def fail(self, job_id: str) -> None:
        error = {"code": "invalid_training_file", "message": "Line 3 has no answer."}
        self.jobs[job_id].update({"status": "failed", "error": error})

    def _tuned(self) -> list[str]:
        names = [job["fine_tuned_model"] for job in self.jobs.values()]
        return [name for name in names if name]

    def _model(self, name: str) -> dict[str, Any]:
        shown = {"id": name, "object": "model", "created": 1, "owned_by": "x"}
        return {**shown, **self.model_fields}

    def _checkpoints(self, job_id: str) -> dict[str, Any]:
        made = {
            "id": "ftckpt-1",
            "object": "fine_tuning.job.checkpoint",
            "created_at": 1,
            "fine_tuned_model_checkpoint": f"{self.model}:ckpt-step-90",
            "fine_tuning_job_id": job_id,
            "metrics": {"step": 90, "full_valid_loss": 0.5},
            "step_number": 90,
        }
        kept = [made] if self.jobs[job_id]["status"] == "succeeded" else []
        return {"object": "list", "data": kept, "has_more": False}


class AzureApi(OpenAIApi):
    """Azure: no metadata, the suffix shown, what may be tuned and until when."""

    longest_suffix = 18

    base = "gpt-4.1-mini-2025-04-14"
    model = "gpt-4.1-mini-2025-04-14.ft-b044a9d3cf9c4228b5d393567f693b83"
    model_fields: ClassVar[dict[str, Any]] = {
        "status": "succeeded",
        "capabilities": {"fine_tune": True, "inference": True},
        "lifecycle_status": "generally-available",
        "deprecation": {"fine_tune": 1_807_660_800, "inference": 1_823_472_000},
    }

    def answer(self, method, path, query, body):
        if path == "/chat/completions":
            return 404, self.error("no such deployment", "DeploymentNotFound")
        if (method, path) == ("POST", "/fine_tuning/jobs"):
            asked = json.loads(body)
            if "metadata" in asked:
                return 400, self.error("unknown field metadata", "invalidPayload")
            if len(asked["suffix"]) > self.longest_suffix:
                return 400, self.error("the suffix is too long", "invalidPayload")
            job = self.add_job(**asked)
            return 200, job
        return super().answer(method, path, query, body)


class NebiusApi(AzureApi):
    """Nebius: jobs that end without a model's name; models made of checkpoints."""

    longest_suffix = 64
    base = "meta-llama/Meta-Llama-3.1-8B-Instruct"
    model_fields: ClassVar[dict[str, Any]] = {}

    def __init__(self) -> None:
        self.served: dict[str, str] = {}
        """Models made of checkpoints, and what stands for each."""
        super().__init__()

    @property
    def model(self) -> str:
        return "ftjob-1:ftckpt-1"

    def running(self) -> list[str]:
        return list(self.served)

    def finish(self, job_id: str, *, named: bool = True) -> None:
        super().finish(job_id, named=False)
        self.jobs[job_id]["has_checkpoints"] = named

    def answer(self, method, path, query, body):
        if path.startswith("/v0/models"):
            return self._serving(method, path.removeprefix("/v0/models"), body)
        return super().answer(method, path, query, body)

    def route(self, path: str) -> str:
        return "host" if path.startswith("/v0/") else super().route(path)

    def _checkpoints(self, job_id: str) -> dict[str, Any]:
        if not self.jobs[job_id].get("has_checkpoints"):
            return {"object": "list", "data": [], "has_more": False}
        return super()._checkpoints(job_id)

    def _serving(self, method: str, name: str, body: bytes) -> tuple[int, Any]:
        if method == "POST":
            asked = json.loads(body)
            given = f"{asked['base_model']}-LoRa:{asked['name']}-x1"
            self.served[given] = "active"
            return 200, {"name": given, "status": "validating"}
        name = unquote(name.strip("/"))
        if name not in self.served:
            return 404, {"detail": "Model not found"}
        if method == "DELETE":
            del self.served[name]
            return 200, {}
        return 200, {"name": name, "status": self.served[name]}
