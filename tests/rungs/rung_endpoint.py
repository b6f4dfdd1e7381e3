"""A loopback endpoint with chats and embeddings that answers from what it is shown."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from loopback import Asked, Loopback, Reply

Answer = Callable[[Mapping[str, Any]], str]


def copies_the_nearest(request: Mapping[str, Any]) -> str:
    """The answer of the last demonstration; without one it knows nothing."""
    said = [m["content"] for m in request["messages"] if m["role"] == "assistant"]
    return said[-1] if said else "unknown"


def reads_the_passages(request: Mapping[str, Any]) -> str:
    """The code of the thing that is asked for, where a passage tells it."""
    text = request["messages"][-1]["content"]
    passages, _, question = text.rpartition("Question:")
    thing = re.search(r"code of the (\w+)", question)
    told = thing and re.search(rf"{thing[1]} has the code (\w+-\d+)", passages)
    return told[1] if told else "unknown"


class Endpoint:
    """Keeps what it was asked, by path; ``takes_schemas`` says what it can do."""

    def __init__(self, answer: Answer, *, takes_schemas: bool = False) -> None:
        self.answer = answer
        self.takes_schemas = takes_schemas
        self.asked: dict[str, list[dict[str, Any]]] = {"chat": [], "embed": []}
        self.files: list[dict[str, Any]] = []
        self.jobs: list[dict[str, Any]] = []
        self._server = Loopback(self._serve)
        self.url = self._server.url

    def close(self) -> None:
        self._server.close()

    async def _serve(self, asked: Asked) -> Reply:
        status, told = 200, dict[str, Any]()
        if "/files" in asked.path or "/fine_tuning" in asked.path:
            told = self.books(
                asked.path, asked.body if asked.method == "POST" else None
            )
        elif asked.method == "POST":
            status, told = self.reply(asked.path, json.loads(asked.body))
        else:
            status = 404
        return Reply(status=status, body=json.dumps(told).encode())

    def books(self, path: str, given: bytes | None) -> dict[str, Any]:
        """Files and jobs: every job has succeeded as soon as it is made."""
        kept = self.files if "/files" in path else self.jobs
        name = path.rsplit("/", 1)[-1]
        if given is None and name in ("files", "jobs", "events"):
            return {"object": "list", "data": kept[::-1], "has_more": False}
        if given is None:
            return next(item for item in kept if item["id"] == name)
        if kept is self.files:
            start = given.index(b"\r\n\r\n", given.index(b"filename=")) + 4
            content = given[start : given.index(b"\r\n--", start)].decode()
            name = re.search(rb'filename="([^"]+)"', given)[1].decode()
            made = {
                "object": "file",
                "bytes": len(content.encode()),
                "filename": name,
                "purpose": "fine-tune",
                "status": "processed",
                "content": content,
            }
        else:
            number = len(kept) + 1
            made = {
                "object": "fine_tuning.job",
                **json.loads(given),
                "status": "succeeded",
                "fine_tuned_model": f"ft:m:test:orders:{number}",
                "trained_tokens": 1000,
            }
        made |= {
            "id": f"{made['object'][-3:]}-{len(kept)}",
            "created_at": 1_700_000_000,
        }
        kept.append(made)
        return made

    def reply(self, path: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if path.endswith("/embeddings"):
            self.asked["embed"].append(request)
            return 200, _embeddings(request)
        self.asked["chat"].append(request)
        if "response_format" in request and not self.takes_schemas:
            error = {"message": "no response_format here", "code": "unsupported_value"}
            return 400, {"error": error}
        return 200, _completion(request, self.answer(request))


def _completion(request: Mapping[str, Any], text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    n_words = sum(len(str(m["content"]).split()) for m in request["messages"])
    n_out = len(text.split())
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": request["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": n_words,
            "completion_tokens": n_out,
            "total_tokens": n_words + n_out,
        },
    }


def _embeddings(request: Mapping[str, Any]) -> dict[str, Any]:
    data = [
        {"object": "embedding", "index": i, "embedding": _vector(text)}
        for i, text in enumerate(request["input"])
    ]
    n = sum(len(text.split()) for text in request["input"])
    usage = {"prompt_tokens": n, "total_tokens": n}
    return {"object": "list", "data": data, "model": request["model"], "usage": usage}


def _vector(text: str) -> str:
    """Words counted in 512 places: texts that share words point the same way."""
    vector = np.zeros(512, dtype="<f4")
    for word in text.lower().split():
        vector[zlib.crc32(word.encode()) % 512] += 1
    return base64.b64encode(vector.tobytes()).decode()
