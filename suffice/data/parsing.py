"""
One line of JSON, read strictly: what two parsers could read differently is refused.

Refused beside plain syntax errors: duplicate keys (one value would vanish), NaN and
Infinity, numbers out of range, NUL characters, lone surrogates, invalid UTF-8 and
nesting deeper than `MAX_DEPTH`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from suffice.data.lines import Line

MAX_DEPTH = 64
"""Deepest nesting of objects and lists that is read."""

Kind = Literal["unreadable", "shape", "roles", "last-message", "empty"]
"""
What is wrong with a line, in the order in which it is looked for.

``unreadable``: no JSON object.  ``shape``: not a chat as OpenAI takes it.
``roles``: a role that does not exist or stands in the wrong place.
``last-message``: the chat does not end with the assistant.  ``empty``: no text.
"""

_decode = msgspec.json.Decoder().decode
_TOO_DEEP = f"objects and lists are nested deeper than {MAX_DEPTH}"
_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|"
    r"(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why a line is no example."""

    where: str
    """File and line."""
    kind: Kind
    message: str
    """What was found, in words and without the full text of the line."""


def parse(line: Line) -> dict[str, Any] | Problem:
    """The JSON object in *line*, or why there is none."""
    message = _refuse_bytes(line)
    if message is None:
        try:
            value = _decode(line.data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            message = _explain(line, str(error))
        else:
            if isinstance(value, dict):
                message = _refuse_value(line.data, value)
                if message is None:
                    return value
            else:
                message = f"a JSON {_name(value)} stands here, not an object"
    return Problem(where=line.where, kind="unreadable", message=message)


def _refuse_bytes(line: Line) -> str | None:
    if line.n_bytes > len(line.data):
        return f"the line is {line.n_bytes:,} bytes long; {len(line.data):,} are read"
    if b"\x00" in line.data:
        return f"a NUL byte stands at byte {line.data.index(0) + 1}"
    return None


def _explain(line: Line, reason: str) -> str:
    """What is wrong, at the byte where it is."""
    try:
        text = line.data.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"byte {error.start + 1} is not UTF-8 ({error.reason})"
    if text.lstrip()[:1] == "[" and line.number == 1:
        return "a JSON list stands here; write one object a line (JSONL)"
    if "recursion" in reason:
        return _TOO_DEEP
    if re.search(r"[:\[,]\s*-?(NaN|Infinity)\b", text):
        return "NaN and Infinity are not JSON; write null or a number"
    if "out of range" in reason:
        return "a number is out of range"
    if "surrogate" in reason or _LONE_SURROGATE.search(text):
        return "half a surrogate pair stands in a string; write the whole character"
    if "truncated" in reason:
        return "the line is cut off" if line.ended else "the last line is cut off"
    reason = reason.removeprefix("JSON is malformed: ")
    at = re.search(r"\(byte (\d+)\)$", reason)
    if at:
        reason = f"{reason[: at.start()].strip()} at byte {int(at[1]) + 1}"
    return f"this is not JSON: {reason}"


def _name(value: object) -> str:
    names = {list: "list", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def _refuse_value(data: bytes, value: dict[str, Any]) -> str | None:
    n_keys = _plain_keys(value)
    if n_keys < 0:
        n_keys, depth = _measure(value, 1)
        if depth > MAX_DEPTH:
            return _TOO_DEEP
    if _may_hold_duplicates(data, n_keys):
        twice = _duplicate_key(data)
        if twice is not None:
            return f"the key {twice[:40]!r} is given twice in one object; keep one"
    if b"\\u0000" in data and _holds_nul(value):
        return "a NUL character stands in a string"
    return None


def _plain_keys(value: dict[str, Any]) -> int:
    """How many keys the commonest kind of line holds; -1 for any other kind."""
    messages = value.get("messages")
    if len(value) != 1 or type(messages) is not list:
        return -1
    n_keys = 1
    for message in messages:
        if type(message) is not dict:
            return -1
        for inner in message.values():
            if type(inner) is not str:
                return -1
        n_keys += len(message)
    return n_keys


def _measure(value: dict[str, Any] | list[Any], depth: int) -> tuple[int, int]:
    """How many keys there are, and how deep they lie."""
    if depth > MAX_DEPTH:
        return 0, depth
    n_keys, deepest = 0, depth
    inner: Any = value
    if isinstance(value, dict):
        n_keys = len(value)
        inner = value.values()
    for child in inner:
        if isinstance(child, (dict, list)):
            more, deep = _measure(child, depth + 1)
            n_keys += more
            deepest = max(deepest, deep)
    return n_keys, deepest


def _may_hold_duplicates(data: bytes, n_keys: int) -> bool:
    """
    Whether the slow, exact search is needed.  Never says no wrongly.

    A quote inside a string is escaped, so a bare quote and colon end a key.  With as
    many of those as the parser found keys, none was lost.
    """
    if b'" :' in data or b'"\t:' in data or b'"\r:' in data or b'\\\\":' in data:
        return True
    return data.count(b'":') - data.count(b'\\":') != n_keys


def _duplicate_key(data: bytes) -> str | None:
    twice: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                twice.append(key)
            seen.add(key)

    json.loads(data, object_pairs_hook=unique)
    return twice[0] if twice else None


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(_holds_nul(k) or _holds_nul(v) for k, v in value.items())
    return isinstance(value, list) and any(_holds_nul(v) for v in value)
