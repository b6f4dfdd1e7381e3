"""
Reads a training file, and refuses a bad one by line and reason.

One JSON object a line, as OpenAI takes it for supervised fine-tuning::

    {"messages": [{"role": "user", "content": "..."},
                  {"role": "assistant", "content": "...", "weight": 1}]}

Checks the form only; whether the examples are any good is not judged here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")

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
    return read_lines(text, _chat, min_examples)


def read_lines(
    text: bytes, read: Callable[[dict[str, Any], int], T], min_examples: int
) -> list[T]:
    """What *read* makes of each line's object, told its number from 1."""
    try:
        lines = text.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        raise bad_line(line, "is not UTF-8 text") from None
    found = [read(_object(t, i), i) for i, t in enumerate(lines, 1) if t.strip()]
    if len(found) < min_examples:
        raise BadTrainingFileError(
            code="invalid_n_examples",
            message=f"The file has {len(found)} example(s), but must have at least "
            f"{min_examples}.",
        )
    return found


def check_keys(example: Mapping[str, Any], known: Container[str], line: int) -> None:
    """Raises BadTrainingFileError for a key that is not *known*."""
    unknown = sorted(key for key in example if key not in known)
    if unknown:
        raise bad_line(line, f"has an unknown key {unknown[0]!r}")


def check_message(message: object, line: int, where: str) -> None:
    """Raises BadTrainingFileError unless it is a chat message; *where* names it."""
    if not isinstance(message, dict):
        raise bad_line(line, f"{where} is not a JSON object", joint=", ")
    role = message.get("role")
    if role not in ROLES:
        known = ", ".join(ROLES)
        reason = f"{where} has the role {role!r}; use one of {known}"
        raise bad_line(line, reason, joint=", ")
    wrong = _bad_content(message) or _bad_weight(message) or _bad_tools(message)
    if wrong:
        raise bad_line(line, f"{where} {wrong}", joint=", ")


def _chat(example: dict[str, Any], line: int) -> Chat:
    check_keys(example, LINE_KEYS, line)
    messages = example.get("messages")
    if not isinstance(messages, list):
        raise bad_line(line, "has no list 'messages'")
    if not messages:
        raise bad_line(line, "'messages' is empty", joint=": ")
    for number, message in enumerate(messages, 1):
        check_message(message, line, f"message {number}")
    _check_end(messages, line)
    return tuple(messages)


def _object(text: str, line: int) -> dict[str, Any]:
    example = _json(text, line)
    if not isinstance(example, dict):
        raise bad_line(line, "is not a JSON object")
    return example


def _json(text: str, line: int) -> object:
    try:
        value = json.loads(text)
        if "\\u" in text:
            # Half a surrogate pair is JSON, and breaks every tokenizer.
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise bad_line(
            line, f"is not JSON ({error.msg}, column {error.colno})"
        ) from None
    except UnicodeEncodeError:
        raise bad_line(line, "has half a surrogate pair, which is no text") from None
    except (ValueError, RecursionError) as error:
        raise bad_line(line, f"is not JSON that can be read ({error})") from None
    return value


def _check_end(messages: list[dict[str, Any]], line: int) -> None:
    last = messages[-1]
    if last["role"] != "assistant":
        reason = f"the last message is from {last['role']!r}, not from 'assistant'"
        raise bad_line(line, reason, joint=", ")
    spoken = [m for m in messages if m["role"] == "assistant"]
    if all(m.get("weight", 1) == 0 for m in spoken):
        reason = "every assistant message has weight 0: there is nothing to learn"
        raise bad_line(line, reason, joint=", ")


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


def bad_line(line: int, reason: str, *, joint: str = " ") -> BadTrainingFileError:
    """The refusal of a line, counted from 1."""
    return BadTrainingFileError(
        code="invalid_training_file",
        message=f"Line {line}{joint}{reason}.",
        line=line,
    )
