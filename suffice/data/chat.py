"""
A chat as the OpenAI API takes it, checked and turned into an example.

Takes parsed JSON and knows no files.  Reading and what the whole set must look like
are elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from types import NoneType
from typing import Any

import msgspec

from suffice.data import row_fields
from suffice.data.parsing import Problem
from suffice.data.row_fields import RefusedError, refuse, type_name
from suffice.examples import Example, Message

_PREFERENCE_KEYS = {"input", "preferred_output", "non_preferred_output"}
_OPENAI_KEYS = {"messages", "tools", "parallel_tool_calls", "functions", "metadata"}
_OUR_KEYS = {"id", "tags", "reviewed", "references", "documents", "cluster"}
KNOWN_KEYS = frozenset(_PREFERENCE_KEYS | _OPENAI_KEYS | _OUR_KEYS)
"""Keys of a line that mean something to OpenAI or to us."""

_ROLES = {r: r for r in ("system", "developer", "user", "assistant", "tool")}
_MESSAGE_KEYS = frozenset(
    {"role", "content", "name", "weight", "refusal", "audio", "reasoning_content"}
    | {"tool_calls", "tool_call_id", "function_call"}
)


_in_order = msgspec.json.Encoder(order="sorted")


def to_example(row: Mapping[str, Any], where: str) -> Example | Problem:
    """
    The example in *row*, or why it is none.

    A preference line (``input``, ``preferred_output``, ``non_preferred_output``)
    becomes an example whose answer is the preferred one.
    """
    try:
        messages = _messages(row)
        _check_order(messages)
        system, rest = _strip_system(messages[:-1])
        answer = _answer(messages[-1])
        tools = row_fields.tools(row.get("tools"))
        if messages[-1].get("tool_calls") and not tools:
            raise refuse("shape", "the answer calls a tool, but 'tools' is missing")
        if not any(m["role"] == "user" for m in rest):
            raise refuse("roles", "no user message asks anything")
        return Example(
            id=_identity(row, messages),
            messages=tuple(rest),
            answer=answer,
            system=system,
            tags=row_fields.tags(row.get("tags")),
            references=row_fields.texts(row.get("references"), "references"),
            reviewed=row_fields.reviewed(row.get("reviewed")),
            cluster=row_fields.label(row.get("cluster"), "cluster"),
            tools=tools,
            documents=row_fields.texts(row.get("documents"), "documents"),
            weight=int(messages[-1].get("weight", 1)),
            where=where,
        )
    except RefusedError as refused:
        kind, message = refused.args
        return Problem(where=where, kind=kind, message=message)


def _messages(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The checked messages, the wanted answer last."""
    if "messages" not in row and "preferred_output" in row:
        asked = row.get("input")
        raw = asked.get("messages") if isinstance(asked, dict) else None
        preferred = row["preferred_output"]
        if not isinstance(raw, list) or not isinstance(preferred, list):
            raise refuse("shape", "'input' and 'preferred_output' must hold messages")
        _check_other(row.get("non_preferred_output"), preferred)
        raw = raw + preferred
    else:
        raw = row.get("messages")
    if raw is None:
        raise refuse("shape", "the key 'messages' is missing")
    if not isinstance(raw, list):
        raise refuse("shape", f"'messages' must be a list, not {type_name(raw)}")
    if not raw:
        raise refuse("empty", "'messages' is an empty list")
    return [_message(m, n) for n, m in enumerate(raw, 1)]


def _check_other(other: Any, preferred: list[Any]) -> None:
    """The answer that was not preferred: an answer, and another one."""
    if not isinstance(other, list) or not other:
        raise refuse("shape", "'non_preferred_output' must hold messages")
    for n, message in enumerate(other, 1):
        if _message(message, n)["role"] != "assistant":
            raise refuse("roles", "'non_preferred_output' is not the assistant's")
    if other == preferred:
        raise refuse("shape", "both outputs say the same, so neither is preferred")


def _message(raw: Any, n: int) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise refuse("shape", f"message {n} is {type_name(raw)}, not an object")
    role, content = raw.get("role"), raw.get("content")
    if len(raw) == 2 and type(role) is str and type(content) is str:
        # Nearly all messages are like this one, and reading is most of the work.
        known = _ROLES.get(role)
        if known and content and not content.isspace():
            return {"role": known, "content": content}
    if not isinstance(role, str) or role not in _ROLES:
        roles = ", ".join(_ROLES)
        raise refuse("roles", f"message {n} has the role {role!r:.40}, not {roles}")
    if not raw.keys() <= _MESSAGE_KEYS:
        unknown = sorted(raw.keys() - _MESSAGE_KEYS)[0]
        raise refuse("shape", f"message {n} has the unknown key {unknown!r:.40}")
    called = _calls(raw.get("tool_calls"), n)
    if not isinstance(raw.get("tool_call_id", ""), (str, NoneType)):
        raise refuse("shape", f"message {n}: 'tool_call_id' is not text")
    content = _content(raw, n, called=called)
    weight = raw.get("weight")
    whole = isinstance(weight, int) and not isinstance(weight, bool)
    if weight is not None and not (role == "assistant" and whole and weight in (0, 1)):
        raise refuse("shape", f"message {n}: 'weight' is 0 or 1, on an assistant's")
    message = {k: v for k, v in raw.items() if v is not None}
    # A million rows say "user": one such text is enough.
    message["role"], message["content"] = _ROLES[role], content
    return message


def _content(raw: dict[str, Any], n: int, *, called: bool) -> str | None:
    """Text of a message; ``None`` where calls stand in its place."""
    content = raw.get("content")
    if isinstance(content, list):
        content = "".join(_part(part, n) for part in content)
    if content is None and called:
        return None
    if content is None:
        raise refuse("empty", f"message {n} ({raw['role']}) has no content")
    if not isinstance(content, str):
        raise refuse(
            "shape", f"message {n}: 'content' is {type_name(content)}, not text"
        )
    if not content.strip() and not called:
        raise refuse("empty", f"message {n} ({raw['role']}) is empty")
    return content


def _part(part: Any, n: int) -> str:
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        return str(part["text"])
    kind = part.get("type") if isinstance(part, dict) else type_name(part)
    raise refuse("shape", f"message {n} holds {kind!r:.40}; only text can be used")


def _calls(calls: Any, n: int) -> bool:
    """Whether there are tool calls, each of them whole."""
    if calls is None:
        return False
    if not isinstance(calls, list) or not calls:
        raise refuse("shape", f"message {n}: 'tool_calls' must be a list of calls")
    for call in calls:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise refuse("shape", f"message {n}: a tool call names no function")
        arguments = function.get("arguments")
        try:
            readable = isinstance(json.loads(str(arguments)), dict)
        except (ValueError, RecursionError):
            readable = False
        if not isinstance(arguments, str) or not readable:
            raise refuse(
                "shape",
                f"message {n}: arguments of {function['name']!r:.40} are not "
                "a JSON object in a string",
            )
    return True


def _check_order(messages: list[dict[str, Any]]) -> None:
    """Tool messages answer a call; the assistant has the last word."""
    called: set[str] = set()
    for n, message in enumerate(messages, 1):
        if "tool_calls" in message:
            called |= {str(c.get("id")) for c in message["tool_calls"]}
        if message["role"] == "tool" and message.get("tool_call_id") not in called:
            raise refuse("roles", f"message {n} (tool) answers no earlier tool call")
    last = messages[-1]["role"]
    if last != "assistant":
        raise refuse("last-message", f"the last message is from {last!r}")


def _strip_system(
    messages: list[dict[str, Any]],
) -> tuple[str | None, list[Message]]:
    """The leading system or developer messages as one text, and the rest."""
    n = 0
    while n < len(messages) and messages[n]["role"] in ("system", "developer"):
        n += 1
    texts = [str(m["content"]) for m in messages[:n]]
    system = sys.intern("\n\n".join(texts)) if texts else None
    return system, list(messages[n:])


def _answer(message: Message) -> str:
    """The wanted text; calls are written as JSON with sorted keys."""
    calls = message.get("tool_calls")
    if not calls:
        return str(message["content"])
    wanted = [
        {
            "name": call["function"]["name"],
            "arguments": json.loads(call["function"]["arguments"]),
        }
        for call in calls
    ]
    return json.dumps(wanted, sort_keys=True, ensure_ascii=False)


def _identity(row: Mapping[str, Any], messages: list[dict[str, Any]]) -> str:
    """The row's own id, else a digest of what it says, wherever it stands."""
    given = row_fields.label(row.get("id"), "id")
    if given is not None:
        return given
    said = _in_order.encode([messages, row.get("references")])
    return hashlib.sha256(said).hexdigest()[:16]
