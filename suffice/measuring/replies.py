"""Chat completions as bytes: requests written, replies read; sends nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec

from suffice.errors import CallFailed
from suffice.results import Completion

_CHARS_PER_TOKEN = 4
_MOST_TOKENS = 10**8
"""Of one call: what is more is a slip of the server's, and would break the budget."""


class _Function(msgspec.Struct):
    name: str = ""
    arguments: str | dict[str, Any] | None = None


class _ToolCall(msgspec.Struct):
    function: _Function = msgspec.field(default_factory=_Function)


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _CachedTokens(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = 0
    prompt_tokens_details: _CachedTokens | None = None
    cpu_s: float | None = None

    @property
    def counts(self) -> tuple[int, int, int] | None:
        """Of the prompt, those cached, of the answer; ``None``: not to be believed."""
        details, asked = self.prompt_tokens_details, self.prompt_tokens
        found = (details and details.cached_tokens) or 0
        told = 0 if self.completion_tokens is None else self.completion_tokens
        if asked is None or not 0 <= found <= asked <= _MOST_TOKENS:
            return None
        return (asked, found, told) if 0 <= told <= _MOST_TOKENS else None


class _Reply(msgspec.Struct):
    choices: list[_Choice]
    model: str | None = None
    usage: _Usage | None = None


_decoder = msgspec.json.Decoder(_Reply)


def write_request(request: Mapping[str, Any]) -> bytes:
    """The body to send."""
    try:
        return msgspec.json.encode(request)
    except UnicodeEncodeError:
        # Half of a surrogate pair can be written as an escape only.
        return json.dumps(request).encode()


def read_reply(
    body: bytes, *, sent: bytes, latency_s: float, ttft_s: float | None = None
) -> Completion:
    """
    The completion in *body*, which answers the request *sent*.

    Without ``usage`` in it, or with counts that cannot be, the tokens are estimated at
    four characters each, so that a silent server does not look free.  Raises
    `CallFailed` when it is cut short, or something else altogether.
    """
    try:
        reply = _decoded(body)
    except (ValueError, RecursionError) as error:
        raise CallFailed(f"the reply is no chat completion: {error}") from error
    if not reply.choices:
        raise CallFailed("the reply has no choices")
    choice = reply.choices[0]
    text = _text(choice.message)
    counts = (reply.usage and reply.usage.counts) or (
        -(-len(sent) // _CHARS_PER_TOKEN),
        0,
        -(-len(text) // _CHARS_PER_TOKEN),
    )
    refused = choice.message.refusal is not None
    return Completion(
        text=text,
        model=reply.model or "",
        finish_reason="refusal" if refused else choice.finish_reason or "",
        input_tokens=counts[0],
        cached_tokens=counts[1],
        output_tokens=counts[2],
        latency_s=latency_s,
        cpu_s=reply.usage.cpu_s if reply.usage else None,
        ttft_s=ttft_s,
    )


def _decoded(body: bytes) -> _Reply:
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError:
        # Half of a surrogate pair, as of an emoji cut off by the token limit, is an
        # error to msgspec and not to Python.  It is no character: "?" stands for it.
        whole = json.dumps(json.loads(body), ensure_ascii=False)
        return _decoder.decode(whole.encode("utf-8", "replace"))


def _text(message: _Message) -> str:
    if message.tool_calls:
        return _called(message.tool_calls)
    return message.content or message.refusal or ""


def _called(calls: list[_ToolCall]) -> str:
    """Tool calls as one line of JSON, as the answers of examples have them."""
    shown: list[dict[str, Any]] = []
    for call in calls:
        arguments: Any = call.function.arguments or {}
        if isinstance(arguments, str):
            with suppress(ValueError, RecursionError):
                arguments = json.loads(arguments)
        shown.append({"name": call.function.name, "arguments": arguments})
    return json.dumps(shown, sort_keys=True, ensure_ascii=False)
