"""
Streamed chat completions: events in, the same body out as if it had come whole.

So that the time to the first token is known.  Sends nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from suffice.errors import CallFailed

_END = b"[DONE]"


def streamed(request: bytes) -> bytes:
    """
    The body that asks for the same as a stream, with its usage at the end.

    >>> streamed(b'{"model":"m"}')
    b'{"model":"m","stream":true,"stream_options":{"include_usage":true}}'
    """
    return request[:-1] + b',"stream":true,"stream_options":{"include_usage":true}}'


@dataclass(kw_only=True)
class Stream:
    """What has come of one answer so far."""

    first_at: float | None = None
    """When its first token came, on the clock of whoever feeds it."""
    _rest: bytes = b""
    _model: str = ""
    _content: list[str] = field(default_factory=list)
    _refusal: list[str] = field(default_factory=list)
    _calls: dict[int, dict[str, str]] = field(default_factory=dict)
    _finish: str | None = None
    _usage: dict[str, Any] | None = None
    _ended: bool = False

    def feed(self, data: bytes, at: float) -> None:
        """
        Take in some bytes that came at the moment *at*.

        Raises `CallFailed` when they are no events, or say that the call failed.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                self._take(line[5:].strip(), at)

    def body(self) -> bytes:
        """The whole reply; `CallFailed` when it is cut short."""
        if self._finish is None and not self._ended:
            raise CallFailed("the stream ended before the answer did")
        message: dict[str, Any] = {"content": "".join(self._content)}
        if self._refusal:
            message["refusal"] = "".join(self._refusal)
        if self._calls:
            calls = [self._calls[i] for i in sorted(self._calls)]
            message["tool_calls"] = [{"function": call} for call in calls]
        choice = {"message": message, "finish_reason": self._finish}
        whole: dict[str, Any] = {"model": self._model, "choices": [choice]}
        if self._usage is not None:
            whole["usage"] = self._usage
        return json.dumps(whole).encode()

    def _take(self, data: bytes, at: float) -> None:
        if data == _END:
            self._ended = True
            return
        try:
            chunk = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise CallFailed(f"the stream holds no JSON: {error}") from error
        if not isinstance(chunk, dict) or "error" in chunk:
            raise CallFailed(f"the stream broke off: {data[:200]!r}")
        self._model = chunk.get("model") or self._model
        self._usage = chunk.get("usage") or self._usage
        for choice in (chunk.get("choices") or [])[:1]:
            self._finish = choice.get("finish_reason") or self._finish
            if self._grown(choice.get("delta") or {}) and self.first_at is None:
                self.first_at = at

    def _grown(self, delta: dict[str, Any]) -> bool:
        """Whether *delta* brought something of the answer."""
        content, refusal = delta.get("content"), delta.get("refusal")
        calls = delta.get("tool_calls") or []
        if content:
            self._content.append(content)
        if refusal:
            self._refusal.append(refusal)
        for call in calls:
            known = self._calls.setdefault(
                call.get("index", 0), {"name": "", "arguments": ""}
            )
            for part, text in (call.get("function") or {}).items():
                if part in known:
                    known[part] += text or ""
        return bool(content or refusal or calls)
