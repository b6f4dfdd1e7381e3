"""The fields of a line beside its messages, each checked for what it may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suffice.data.parsing import Kind

_NO_TAGS: Mapping[str, str] = {}


class RefusedError(ValueError):
    """Carries a kind and a message to `to_example`; never goes further."""


def refuse(kind: Kind, message: str) -> RefusedError:
    return RefusedError(kind, message)


def label(value: Any, key: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise refuse("shape", f"{key!r} is {type_name(value)}, not text")
    if not str(value).strip() or len(str(value)) > 200:
        raise refuse("shape", f"{key!r} must have 1 to 200 characters")
    return str(value)


def tags(value: Any) -> Mapping[str, str]:
    if value is None or value == {}:
        return _NO_TAGS
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return dict.fromkeys(value, "yes")
    plain = (str, int, float, bool)
    if isinstance(value, dict) and all(isinstance(v, plain) for v in value.values()):
        return {k: str(v) for k, v in value.items()}
    raise refuse("shape", "'tags' must be an object of texts or a list of texts")


def texts(value: Any, key: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    raise refuse("shape", f"{key!r} must be a list of texts")


def reviewed(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise refuse("shape", f"'reviewed' must be true or false, not {type_name(value)}")


def tools(value: Any) -> tuple[Mapping[str, Any], ...]:
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(v, dict) for v in value):
        return tuple(value)
    raise refuse("shape", "'tools' must be a list of objects")


def type_name(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", type(None): "null"}
    return names.get(
        type(value), "true or false" if isinstance(value, bool) else "a number"
    )
