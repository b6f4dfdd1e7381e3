"""A brief travels: into Prefect, MLflow, reports. So it must not hold a secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticCustomError

from suffice.data.sensitive import find


def refuse_secrets(value: Any) -> Any:
    """*value* as it is. Raises when a text in it looks like a key or a password."""
    for text in _texts(value):
        for hit in find(text):
            if hit.kind.secret:
                told = "it holds {kind}; a brief is stored and shown, so keep that in "
                told += "an environment variable, and revoke it if it was real"
                raise PydanticCustomError("secret", told, {"kind": hit.kind.name})
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseModel):
        yield from _texts(value.model_dump())
    elif isinstance(value, Mapping):
        yield from _texts([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
