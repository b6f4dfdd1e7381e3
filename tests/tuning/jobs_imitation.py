"""A loopback imitation of OpenAI's fine-tuning API; files and jobs are in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from faulty_api import FaultyApi, file_part


class JobsApi(FaultyApi):
    """The provider's books, and how it strays from what is documented."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.script: list[dict[str, Any]] = []
        """What each GET of a job changes in it, one after the other."""
        self.ignores_metadata_filter = False
        self.keeps_metadata = True
        self.hidden = False
        """Jobs are accepted but not listed."""
        self.cut_files = 0
        """How many bytes of an upload get lost."""
        super().__init__()

    def forget(self) -> None:
        """Be as new."""
        for books in (self.jobs, self.files, self.events, self.faults):
            books.clear()
        self.script.clear()
        self.requests.clear()
        self.ignores_metadata_filter = self.hidden = False
        self.keeps_metadata = True
        self.cut_files = 0

    def add_job(self, **fields: Any) -> dict[str, Any]:
        with self.lock:
            number = len(self.jobs) + 1
            job = {
                "id": f"ftjob-{number}",
                "object": "fine_tuning.job",
                "created_at": 1_700_000_000 + number,
                "status": "queued",
                "fine_tuned_model": None,
                "trained_tokens": None,
                "metadata": {},
                **fields,
            }
            self.jobs[job["id"]] = job
            return job

    def route(self, path: str) -> str:
        words = path.strip("/").split("/")
        if words[0] == "fine_tuning":
            return {2: "jobs", 3: "job"}.get(len(words), words[-1])
        return words[0] if len(words) == 1 else words[0].removesuffix("s")

    def answer(
        self, method: str, path: str, query: Mapping[str, Any], body: bytes
    ) -> tuple[int, Any]:
        """The status and body of an undisturbed request."""
        if path == "/files":
            return self._files(method, body)
        if path == "/fine_tuning/jobs":
            return self._jobs(method, query, body)
        if path == "/chat/completions":
            model = json.loads(body)["model"]
            known = [j["fine_tuned_model"] for j in self.jobs.values()]
            return (200, _chat(model)) if model in known else (404, self.error("gone"))
        if found := re.fullmatch(r"/files/([^/]+)", path):
            file = self.files.get(found[1])
            return (200, file) if file else (404, self.error("no such file"))
        if found := re.fullmatch(r"/fine_tuning/jobs/([^/]+)(/\w+)?", path):
            return self._job(found[1], found[2] or "")
        return 404, self.error("no such route")

    def _files(self, method: str, body: bytes) -> tuple[int, Any]:
        if method == "GET":
            return 200, _page(list(self.files.values()))
        name, content = file_part(body)
        with self.lock:
            file = {
                "id": f"file-{len(self.files) + 1}",
                "object": "file",
                "bytes": len(content) - self.cut_files,
                "created_at": 1,
                "filename": name,
                "purpose": "fine-tune",
                "status": "processed",
            }
            self.files[file["id"]] = file
        return 200, file

    def _jobs(
        self, method: str, query: Mapping[str, Any], body: bytes
    ) -> tuple[int, Any]:
        if method == "POST":
            asked = json.loads(body)
            if not self.keeps_metadata:
                asked.pop("metadata", None)
            asked["user_provided_suffix"] = asked.pop("suffix", None)
            return 200, self.add_job(**asked)
        jobs = [] if self.hidden else list(reversed(self.jobs.values()))
        key = (query.get("metadata[suffice_key]") or [None])[0]
        if key and not self.ignores_metadata_filter:
            jobs = [j for j in jobs if j["metadata"].get("suffice_key") == key]
        return 200, _page(jobs)

    def _job(self, job_id: str, what: str) -> tuple[int, Any]:
        job = self.jobs.get(job_id)
        if job is None:
            return 404, self.error("no such job")
        if what == "/events":
            return 200, _page(list(reversed(self.events.get(job_id, []))))
        if what == "/cancel":
            job["status"] = "cancelled"
        elif self.script:
            job.update(self.script.pop(0))
        return 200, job


def _page(data: list[Any]) -> dict[str, Any]:
    return {"object": "list", "data": data, "has_more": False}


def _chat(model: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": "Hi"}
    choice = {"index": 0, "message": message, "finish_reason": "length"}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [choice],
    }
