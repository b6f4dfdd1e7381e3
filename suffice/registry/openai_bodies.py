"""A champion's answer as the bodies of OpenAI's API that its clients read; pure."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from suffice.measuring.tool_calls import called
from suffice.measuring.turn import Turn
from suffice.results import Completion


def chat_body(turn: Turn, *, with_tools: bool = False) -> dict[str, Any]:
    """A chat completion; *with_tools*, an answer that is calls is sent as calls."""
    done = turn.completion
    calls = [
        {"id": _new("call"), "type": "function", "function": function}
        for function in _functions(turn, with_tools=with_tools)
    ]
    message: dict[str, Any] = {"role": "assistant", "content": turn.answer}
    if calls:
        message |= {"content": None, "tool_calls": calls}
    choice = {
        "index": 0,
        "message": {**message, "refusal": None},
        "finish_reason": "tool_calls" if calls else done.finish_reason,
        "logprobs": None,
    }
    return {
        "id": _new("chatcmpl", "-"),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": done.model,
        "choices": [choice],
        "usage": {
            "prompt_tokens": done.input_tokens,
            "completion_tokens": done.output_tokens,
            "total_tokens": done.input_tokens + done.output_tokens,
            "prompt_tokens_details": {"cached_tokens": done.cached_tokens},
        },
    }


def response_body(turn: Turn, *, with_tools: bool = False) -> dict[str, Any]:
    """A response; *with_tools*, an answer that is calls is sent as calls."""
    done = turn.completion
    cut = done.finish_reason == "length"
    status = "incomplete" if cut else "completed"
    return {
        "id": _new("resp"),
        "object": "response",
        "created_at": int(time.time()),
        "status": status,
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "error": None,
        "model": done.model,
        "output": _output(turn, status, with_tools=with_tools),
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": [],
        "usage": _usage(done),
    }


def _output(turn: Turn, status: str, *, with_tools: bool) -> list[dict[str, Any]]:
    calls = [
        {"type": "function_call", "id": _new("fc"), "call_id": _new("call")}
        | {"status": status, **function}
        for function in _functions(turn, with_tools=with_tools)
    ]
    said = {"type": "output_text", "text": turn.answer, "annotations": []}
    message = {
        "type": "message",
        "id": _new("msg"),
        "role": "assistant",
        "status": status,
        "content": [said],
    }
    return calls or [message]


def _functions(turn: Turn, *, with_tools: bool) -> list[dict[str, str]]:
    """The calls that the reply consists of, before a rule took an answer out of it."""
    calls = called(turn.completion.text.strip()) if with_tools else []
    return [
        {"name": str(call["name"]), "arguments": _written(call["arguments"])}
        for call in calls
    ]


def _written(arguments: Any) -> str:
    """As JSON; what was no JSON when it came is handed on as it was."""
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def _new(kind: str, joint: str = "_") -> str:
    return f"{kind}{joint}{uuid.uuid4().hex}"


def _usage(done: Completion) -> dict[str, Any]:
    cached = {"cached_tokens": done.cached_tokens, "cache_write_tokens": 0}
    return {
        "input_tokens": done.input_tokens,
        "input_tokens_details": cached,
        "output_tokens": done.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": done.input_tokens + done.output_tokens,
    }
