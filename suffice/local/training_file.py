"""
Reads a training file, and refuses a bad one by line and reason.

One JSON object a line, as OpenAI takes it for supervised fine-tuning::

    {"messages": [{"role": "user", "content": "..."},
                  {"role": "assistant", "content": "...", "weight": 1}]}

Checks the form only; whether the examples are any good is not judged here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MIN_EXAMPLES = 10
ROLES = ("system", "developer", "user", "assistant", "tool")
LINE_KEYS = frozenset({"messages", "tools", "parallel_tool_calls"})

Chat = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class BadTrainingFileError(Exception):
    """Why a file cannot be trained on."""

    code: str
    """``invalid_training_file`` or ``invalid_n_examples``, as OpenAI says."""
    message: str
    """One sentence, naming the line."""
    line: int | None = None
    """Counted from 1; None when it is not about one line."""

    def __str__(self) -> str:
        return self.message


def parse(text: bytes, *, min_examples: int = MIN_EXAMPLES) -> list[Chat]:
    """
    The chats of a training file, in order; blank lines are passed over.

    Raises BadTrainingFileError at the first thing that is wrong.

    >>> parse(b'{"messages": []}')
    Traceback (most recent call last):
    suffice.local.training_file.BadTrainingFileError: Line 1: 'messages' is empty.
    """
    try:
        lines = text.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        raise _bad(line, "is not UTF-8 text") from None
    chats = [_chat(line, i) for i, line in enumerate(lines, 1) if line.strip()]
    if len(chats) < min_examples:
        raise BadTrainingFileError(
            code="invalid_n_examples",
            message=f"The file has {len(chats)} example(s), but must have at least "
            f"{min_examples}.",
        )
    return chats


def _chat(text: str, line: int) -> Chat:
    example = _json(text, line)
    if not isinstance(example, dict):
        raise _bad(line, "is not a JSON object")
    unknown = sorted(set(example) - LINE_KEYS)
    if unknown:
        raise _bad(line, f"has an unknown key {unknown[0]!r}")
    messages = example.get("messages")
    if not isinstance(messages, list):
        raise _bad(line, "has no list 'messages'")
    if not messages:
        raise _bad(line, "'messages' is empty", joint=": ")
    for number, message in enumerate(messages, 1):
        _check_message(message, line, number)
    _check_end(messages, line)
    return tuple(messages)


def _json(text: str, line: int) -> object:
    try:
        value = json.loads(text)
        if "\\u" in text:
            # Half a surrogate pair is JSON, and breaks every tokenizer.
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise _bad(line, f"is not JSON ({error.msg}, column {error.colno})") from None
    except UnicodeEncodeError:
        raise _bad(line, "has half a surrogate pair, which is no text") from None
    except (ValueError, RecursionError) as error:
        raise _bad(line, f"is not JSON that can be read ({error})") from None
    return value


def _check_message(message: object, line: int, number: int) -> None:
    where = f"message {number} "
    if not isinstance(message, dict):
        raise _bad(line, f"{where}is not a JSON object", joint=", ")
    role = message.get("role")
    if role not in ROLES:
        known = ", ".join(ROLES)
        reason = f"has the role {role!r}; use one of {known}"
        raise _bad(line, where + reason, joint=", ")
    reason_ = _bad_content(message) or _bad_weight(message) or _bad_tools(message)
    if reason_:
        raise _bad(line, where + reason_, joint=", ")


def _check_end(messages: list[dict[str, Any]], line: int) -> None:
    last = messages[-1]
    if last["role"] != "assistant":
        reason = f"the last message is from {last['role']!r}, not from 'assistant'"
        raise _bad(line, reason, joint=", ")
    spoken = [m for m in messages if m["role"] == "assistant"]
    if all(m.get("weight", 1) == 0 for m in spoken):
        reason = "every assistant message has weight 0: there is nothing to learn"
        raise _bad(line, reason, joint=", ")


def _bad_content(message: Mapping[str, Any]) -> str | None:
    content = message.get("content")
    if content is None:
        calls = message["role"] == "assistant" and message.get("tool_calls")
        return None if calls else "has no content"
    if isinstance(content, str):
        empty = message["role"] == "assistant" and not content.strip()
        return "has empty content" if empty and not message.get("tool_calls") else None
    if not isinstance(content, list) or not content:
        return "has content that is neither text nor a list of text parts"
    for part in content:
        if not (isinstance(part, dict) and isinstance(part.get("text"), str)):
            return "has a content part without text; only text can be trained on here"
    return None


def _bad_weight(message: Mapping[str, Any]) -> str | None:
    if "weight" not in message:
        return None
    weight = message["weight"]
    if message["role"] != "assistant":
        return "has a weight, which only assistant messages may have"
    if isinstance(weight, bool) or weight not in (0, 1):
        return f"has weight {weight!r}; use 0 or 1"
    return None


def _bad_tools(message: Mapping[str, Any]) -> str | None:
    if message["role"] == "tool" and not isinstance(message.get("tool_call_id"), str):
        return "is from a tool but has no 'tool_call_id'"
    calls = message.get("tool_calls")
    if calls is None:
        return None
    if message["role"] != "assistant":
        return "has tool calls, which only assistant messages may have"
    if not isinstance(calls, list):
        return "has tool calls that are no list"
    for call in calls:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            return "has a tool call without 'function'"
        if not all(isinstance(function.get(k), str) for k in ("name", "arguments")):
            return "has a tool call whose name or arguments are not text"
    return None


def _bad(line: int, reason: str, *, joint: str = " ") -> BadTrainingFileError:
    return BadTrainingFileError(
        code="invalid_training_file",
        message=f"Line {line}{joint}{reason}.",
        line=line,
    )
