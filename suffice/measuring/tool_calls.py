"""
Whether a chat's tool calls are what its tools declare.

Checks the part of JSON Schema that tools use: type, properties, required, enum, items
and additionalProperties.  What else a schema says is not judged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from suffice.examples import Example

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "float": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "dict": (dict,),
    "null": (type(None),),
}


def mismatch(example: Example) -> str:
    """The first thing that does not fit, in words; empty where all fits."""
    schemas = _schemas(example)
    for name, arguments in _calls(example):
        if name not in schemas:
            return f"{name!r:.60} is called, but not declared"
        wrong = _misfit(arguments, schemas[name], name)
        if wrong:
            return wrong
    return ""


def _schemas(example: Example) -> dict[str, Mapping[str, Any]]:
    found = {}
    for tool in example.tools:
        function = tool.get("function", tool)
        if isinstance(function, Mapping) and isinstance(function.get("name"), str):
            parameters = function.get("parameters")
            found[function["name"]] = (
                parameters if isinstance(parameters, Mapping) else {}
            )
    return found


def _calls(example: Example) -> Iterator[tuple[str, Any]]:
    for message in example.messages:
        for call in message.get("tool_calls") or ():
            function = call["function"]
            yield function["name"], json.loads(function["arguments"])
    if example.tools:
        for call in called(example.answer):
            yield call["name"], call["arguments"]


def called(answer: str) -> list[dict[str, Any]]:
    """The calls that an answer consists of; none where it is text."""
    if not answer.startswith("["):
        return []
    try:
        calls = json.loads(answer)
    except (ValueError, RecursionError):
        return []
    whole = [
        c for c in calls if isinstance(c, dict) and {"name", "arguments"} <= c.keys()
    ]
    return whole if len(whole) == len(calls) else []


def _misfit(value: Any, schema: Mapping[str, Any], path: str) -> str:
    """Where *value* is not what *schema* says; empty where it is."""
    wanted = schema.get("type")
    kinds = [wanted] if isinstance(wanted, str) else wanted
    if isinstance(kinds, list) and not any(_is(value, kind) for kind in kinds):
        return f"{path:.60} must be {' or '.join(map(str, kinds))}"
    allowed = schema.get("enum")
    if isinstance(allowed, list) and value not in allowed:
        return f"{path:.60} is none of the values of its enum"
    if isinstance(value, dict):
        return _object_misfit(value, schema, path)
    items = schema.get("items")
    if isinstance(value, list) and isinstance(items, Mapping):
        wrongs = (_misfit(v, items, f"{path}[{n}]") for n, v in enumerate(value))
        return next((w for w in wrongs if w), "")
    return ""


def _object_misfit(value: dict[str, Any], schema: Mapping[str, Any], path: str) -> str:
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    required = schema.get("required")
    for name in required if isinstance(required, list) else ():
        if name not in value:
            return f"{path:.60} lacks {name!r:.60}"
    for name, inner in value.items():
        declared = properties.get(name)
        if isinstance(declared, Mapping):
            wrong = _misfit(inner, declared, f"{path}.{name}")
            if wrong:
                return wrong
        elif properties and schema.get("additionalProperties") is not True:
            return f"{path:.60} has no parameter {name!r:.60}"
    return ""


def _is(value: Any, kind: Any) -> bool:
    types = _TYPES.get(str(kind))
    if types is None:
        return True
    if isinstance(value, bool):
        return bool in types
    return isinstance(value, types) or (
        kind == "integer" and isinstance(value, float) and value.is_integer()
    )
