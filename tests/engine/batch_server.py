"""The embedded server's batch and file routes with a model that answers by rule."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from suffice.local.batch_routes import batches_router
from suffice.local.batch_runner import BatchRunner
from suffice.local.batch_store import BatchStore
from suffice.local.file_store import FileStore
from suffice.local.files import files_router


@dataclass
class BatchServer:
    root: Path
    base_url: str
    open: threading.Event
    """Cleared: nothing is answered for now."""

    @property
    def batches(self) -> list[dict[str, Any]]:
        return BatchStore(self.root).list()

    def lines(self) -> list[dict[str, Any]]:
        """All requests of all batches."""
        files = FileStore(self.root)
        found = []
        for batch in self.batches:
            file = files.get(batch["input_file_id"])
            assert file is not None
            found += map(json.loads, files.path(file).read_text().splitlines())
        return found

    def asked(self) -> list[str]:
        """Their names."""
        return [line["custom_id"] for line in self.lines()]


@contextmanager
def batch_server(root: Path) -> Iterator[BatchServer]:
    """
    It answers each question with itself, at 20 tokens in and 4 out; as a judge it
    gives the best grade.  There is no other route: what is asked singly fails.
    """
    gate = threading.Event()
    gate.set()

    def answer(request: Mapping[str, Any]) -> Future[dict[str, Any]]:
        gate.wait(30)
        text = request["messages"][-1]["content"]
        code = re.search(r"bear the code (\w+)", request["messages"][0]["content"])
        if code:
            text = json.dumps({"case": code[1], "reason": "fine", "grade": 4})
        choice = {"message": {"content": text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 20, "completion_tokens": 4}
        done: Future[dict[str, Any]] = Future()
        done.set_result({"model": "m", "choices": [choice], "usage": usage})
        return done

    app = FastAPI()
    app.include_router(batches_router(root))
    app.include_router(files_router(root))
    runner = BatchRunner(root, answer, pause_s=0.02)
    runner.start()
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield BatchServer(root, f"http://127.0.0.1:{port}/v1", gate)
    gate.set()
    server.should_exit = True
    thread.join()
    runner.stop()
