"""
Answers the requests of every open batch, one batch at a time.

Knows nothing that is not on disk: a batch that was under way when the server ended is
answered again from its beginning, which costs time and nothing else.
"""

from __future__ import annotations

import io
import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from suffice.local.api_error import ApiError, body
from suffice.local.batch_store import ENDED, Batch, BatchStore
from suffice.local.file_store import FileStore

Answered = Callable[[Mapping[str, Any]], Future[dict[str, Any]]]
"""
Begins to answer the body of one chat request.

Raises `ApiError`, at once or from the future, when it is refused.
"""
_AT_ONCE = 64
"""Requests given to the engine together; it puts like ones side by side."""


class BatchRunner:
    """Watches the batches under *root* from `start` to `stop`."""

    def __init__(self, root: Path, answer: Answered, *, pause_s: float = 0.2) -> None:
        self._store = BatchStore(root)
        self._files = FileStore(root)
        self._answer = answer
        self._pause_s = pause_s
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch, in a thread."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._watch, name="batches", daemon=True)
        self._thread.start()

    def leave(self) -> None:
        """Write nothing from now on: what the engine still says may be its end."""
        self._stopping.set()

    def stop(self) -> None:
        """Stop watching; an open batch is taken up at the next start."""
        self.leave()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(self._pause_s):
            waiting = [b for b in self._store.list() if b["status"] not in ENDED]
            if waiting:
                self._run(waiting[-1])

    def _run(self, batch: Batch) -> None:
        file = self._files.get(batch["input_file_id"])
        try:
            text = self._files.path(file).read_bytes() if file else b""
            asked = [_checked(json.loads(line)) for line in text.splitlines() if line]
            if not asked:
                raise ValueError("there are no requests in the file")
        except ValueError as error:
            errors = {"object": "list", "data": [{"message": str(error)}]}
            self._end(batch, "failed", errors=errors)
            return
        counts = {"total": len(asked), "completed": 0, "failed": 0}
        self._store.write({**batch, "status": "in_progress", "request_counts": counts})
        lines: list[dict[str, Any]] = []
        for start in range(0, len(asked), _AT_ONCE):
            now = self._store.get(batch["id"]) or batch
            if now["status"] == "cancelling":
                self._end(now, "cancelled", lines)
                return
            lines += self._answers(asked[start : start + _AT_ONCE])
            if self._stopping.is_set():
                return
        self._end(batch, "completed", lines, n=len(asked))

    def _answers(self, asked: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        begun = [(one["custom_id"], self._begun(one["body"])) for one in asked]
        return [_line(name, future) for name, future in begun]

    def _begun(self, request: Mapping[str, Any]) -> Future[dict[str, Any]]:
        try:
            return self._answer(request)
        except ApiError as error:
            refused: Future[dict[str, Any]] = Future()
            refused.set_exception(error)
            return refused

    def _end(
        self,
        batch: Batch,
        status: str,
        lines: list[dict[str, Any]] | None = None,
        n: int = 0,
        errors: Any = None,
    ) -> None:
        good = [x for x in lines or [] if x["response"]["status_code"] == 200]
        output = None
        if lines:
            text = "".join(json.dumps(line) + "\n" for line in lines)
            name = f"{batch['id']}_output.jsonl"
            source = io.BytesIO(text.encode())
            output = self._files.add(source, name, "batch_output").id
        self._store.write(
            {
                **batch,
                "status": status,
                "errors": errors,
                "output_file_id": output,
                f"{status}_at": int(time.time()),
                "request_counts": {
                    "total": n,
                    "completed": len(good),
                    "failed": len(lines or []) - len(good),
                },
            }
        )


def _checked(line: Any) -> Mapping[str, Any]:
    if not isinstance(line, dict) or not isinstance(line.get("body"), dict):
        raise ValueError(f"{str(line)[:80]!r} is no request with a body")
    if not isinstance(line.get("custom_id"), str):
        raise ValueError(f"{str(line)[:80]!r} has no custom_id")
    return line


def _line(name: str, future: Future[dict[str, Any]]) -> dict[str, Any]:
    try:
        status, answered = 200, future.result()
    except ApiError as error:
        status, answered = error.status, body(error)
    except (RuntimeError, ValueError, OSError) as error:
        broken = ApiError(message=f"The engine failed: {error}", type="server_error")
        status, answered = 500, body(broken)
    response = {"status_code": status, "request_id": uuid.uuid4().hex, "body": answered}
    return {
        "id": f"batch_req_{uuid.uuid4().hex[:24]}",
        "custom_id": name,
        "response": response,
        "error": None,
    }
