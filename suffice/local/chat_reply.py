"""The bodies of chat completions, whole and in chunks; pure."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from suffice.local.asks import Answer
from suffice.local.tokens import Tokens


@dataclass(frozen=True, kw_only=True)
class Head:
    """What every body of one reply repeats."""

    id: str
    created: int
    """Unix time in seconds."""
    model: str

    def fields(self, kind: str) -> dict[str, Any]:
        """The beginning of a body of that *kind*."""
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": None,
        }


def new_id() -> str:
    """An id for a completion."""
    return f"chatcmpl-{uuid.uuid4().hex}"


def usage_of(answer: Answer) -> dict[str, Any]:
    """
    Tokens, and this server's own ``cpu_s``: processor seconds the answer took.
    """
    return {
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": len(answer.pieces),
        "total_tokens": answer.prompt_tokens + len(answer.pieces),
        "prompt_tokens_details": {
            "cached_tokens": answer.cached_tokens,
            "audio_tokens": 0,
        },
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        "cpu_s": answer.cpu_s,
    }


def completion(
    head: Head, answer: Answer, logprobs: dict[str, Any] | None
) -> dict[str, Any]:
    """The body of a reply that is not streamed."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": answer.text,
        "refusal": None,
        "annotations": [],
    }
    choice = {
        "index": 0,
        "message": message,
        "logprobs": logprobs,
        "finish_reason": answer.finish,
    }
    return {
        **head.fields("chat.completion"),
        "choices": [choice],
        "usage": usage_of(answer),
    }


def logprobs_of(answer: Answer, tokens: Tokens) -> dict[str, Any]:
    """The natural logarithms of the probabilities of the answer's tokens."""
    content = [
        {
            "token": (text := tokens.text([piece.id])),
            "logprob": piece.logprob,
            "bytes": list(text.encode()),
            "top_logprobs": [],
        }
        for piece in answer.pieces
    ]
    return {"content": content, "refusal": None}


def chunk(
    head: Head,
    delta: dict[str, Any],
    finish: str | None = None,
    logprobs: dict[str, Any] | None = None,
) -> str:
    """One event of a stream."""
    choice = {
        "index": 0,
        "delta": delta,
        "logprobs": logprobs,
        "finish_reason": finish,
    }
    return event({**head.fields("chat.completion.chunk"), "choices": [choice]})


def usage_chunk(head: Head, answer: Answer) -> str:
    """The last event of a stream that was asked for its usage."""
    body = head.fields("chat.completion.chunk")
    return event({**body, "choices": [], "usage": usage_of(answer)})


def event(body: dict[str, Any]) -> str:
    """A server-sent event."""
    return f"data: {json.dumps(body)}\n\n"
