"""
A loopback imitation of the fine-tuning API that fails on demand.

It keeps files and jobs in memory and plays one fault per request from a list, before
or after the request has taken effect.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Mapping
from typing import Any

from loopback import Asked, Loopback, Reply


class JobsApi:
    """The provider: its books, and the faults it will play."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.faults: dict[str, list[str]] = {}
        """Route, such as ``POST jobs``, to the faults of its next requests."""
        self.script: list[dict[str, Any]] = []
        """What each GET of a job changes in it, one after the other."""
        self.requests: list[str] = []
        self.ignores_metadata_filter = False
        self.keeps_metadata = True
        self.hidden = False
        """Jobs are accepted but not listed."""
        self.slow_create_s = 0.0
        self.lock = threading.Lock()
        self.server = Loopback(self._play)
        self.url = self.server.url

    def close(self) -> None:
        self.server.close()

    def forget(self) -> None:
        """Be as new."""
        for books in (self.jobs, self.files, self.events, self.faults):
            books.clear()
        self.script.clear()
        self.requests.clear()
        self.ignores_metadata_filter = self.hidden = False
        self.keeps_metadata = True

    def n_sent(self, route: str) -> int:
        return self.requests.count(route)

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

    async def _play(self, asked: Asked) -> Reply:
        route = f"{asked.method} {_name(asked.path)}"
        self.requests.append(route)
        waiting = self.faults.get(route)
        fault = waiting.pop(0) if waiting else "ok"
        if fault.startswith("before-"):
            return _reply(int(fault.removeprefix("before-")), _error("busy"))
        if fault == "redirect":
            return _reply(307, _error("moved"), location="http://127.0.0.1:1/")
        if fault.startswith("refuse-"):
            _, status, code = fault.split("-", 2)
            return _reply(int(status), _error("not here", code))
        if route == "POST jobs" and self.slow_create_s:
            await asyncio.sleep(self.slow_create_s)
        status, answer = self.answer(asked.method, asked.path, asked.query, asked.body)
        return _spoilt(fault, status, answer)

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
            return (200, _chat(model)) if model in known else (404, _error("gone"))
        if found := re.fullmatch(r"/files/([^/]+)", path):
            file = self.files.get(found[1])
            return (200, file) if file else (404, _error("no such file"))
        if found := re.fullmatch(r"/fine_tuning/jobs/([^/]+)(/\w+)?", path):
            return self._job(found[1], found[2] or "")
        return 404, _error("no such route")

    def _files(self, method: str, body: bytes) -> tuple[int, Any]:
        if method == "GET":
            return 200, _page(list(self.files.values()))
        name = re.search(rb'filename="([^"]+)"', body)
        start = body.index(b"\r\n\r\n", body.index(b"filename=")) + 4
        content = body[start : body.index(b"\r\n--", start)]
        with self.lock:
            file = {
                "id": f"file-{len(self.files) + 1}",
                "object": "file",
                "bytes": len(content),
                "created_at": 1,
                "filename": name[1].decode() if name else "",
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
            return 404, _error("no such job")
        if what == "/events":
            return 200, _page(list(reversed(self.events.get(job_id, []))))
        if what == "/cancel":
            job["status"] = "cancelled"
        elif self.script:
            job.update(self.script.pop(0))
        return 200, job


def _spoilt(fault: str, status: int, answer: Any) -> Reply:
    """The answer of a request that has taken effect, and what becomes of it."""
    body = json.dumps(answer).encode()
    if fault in ("drop", "reset", "hang"):
        return Reply(ending=fault)  # type: ignore[arg-type]
    if fault == "cut":
        return Reply(body=body, ending="cut")
    if fault.startswith("after-"):
        return _reply(int(fault.removeprefix("after-")), _error("oops"))
    return Reply(status=status, body=body)


def _reply(status: int, answer: Any, **headers: str) -> Reply:
    return Reply(status=status, body=json.dumps(answer).encode(), headers=headers)


def _name(path: str) -> str:
    words = path.strip("/").split("/")
    if words[0] == "fine_tuning":
        return {2: "jobs", 3: "job"}.get(len(words), words[-1])
    return words[0] if len(words) == 1 else words[0].removesuffix("s")


def _page(data: list[Any]) -> dict[str, Any]:
    return {"object": "list", "data": data, "has_more": False}


def _error(message: str, code: str = "") -> dict[str, Any]:
    return {"error": {"message": message, "code": code, "type": "", "param": None}}


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
