"""Chat completions as bytes: requests written, replies read; sends nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from suffice.errors import CallFailed
from suffice.results import Completion

_CHARS_PER_TOKEN = 4


class _Function(msgspec.Struct):
    name: str = ""
    arguments: str = ""


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
    prompt_tokens: int
    completion_tokens: int = 0
    prompt_tokens_details: _CachedTokens | None = None
    cpu_s: float | None = None


class _Reply(msgspec.Struct):
    choices: list[_Choice]
    model: str = ""
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

    Without ``usage`` in it the tokens are estimated at four characters each, so that
    a silent server does not look free.  Raises `CallFailed` when it is cut short, or
    something else altogether.
    """
    try:
        reply = _decoded(body)
    except (ValueError, RecursionError) as error:
        raise CallFailed(f"the reply is no chat completion: {error}") from error
    if not reply.choices:
        raise CallFailed("the reply has no choices")
    choice = reply.choices[0]
    text = _text(choice.message)
    usage = reply.usage or _Usage(
        prompt_tokens=-(-len(sent) // _CHARS_PER_TOKEN),
        completion_tokens=-(-len(text) // _CHARS_PER_TOKEN),
    )
    cached = usage.prompt_tokens_details
    refused = choice.message.refusal is not None
    return Completion(
        text=text,
        model=reply.model,
        finish_reason="refusal" if refused else choice.finish_reason or "",
        input_tokens=usage.prompt_tokens,
        cached_tokens=(cached.cached_tokens if cached else None) or 0,
        output_tokens=usage.completion_tokens,
        latency_s=latency_s,
        cpu_s=usage.cpu_s,
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
        try:
            arguments = json.loads(call.function.arguments or "{}")
        except (ValueError, RecursionError):
            arguments = call.function.arguments
        shown.append({"name": call.function.name, "arguments": arguments})
    return json.dumps(shown, sort_keys=True, ensure_ascii=False)
