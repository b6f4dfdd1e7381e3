"""
What an endpoint's model can do that not all can: asked once, and remembered.

Only a clear yes or no is remembered; a call that is lost says neither.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from suffice.candidates import response_format
from suffice.errors import CallFailed, SpendingStopped
from suffice.files import write_atomically
from suffice.measuring.calls import Desk, sitting

_REFUSED = ("HTTP 400", "HTTP 404", "HTTP 415", "HTTP 422", "HTTP 501")
_SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
        "additionalProperties": False,
    }
)


def holds_to_schema(path: Path, model: str, desk: Desk) -> bool:
    """
    Whether *model* at the desk's endpoint takes a JSON schema as response_format.

    The answer is kept in *path*.  Raises `SpendingStopped` where nothing is answered.
    """
    name = f"{desk.endpoint_name} {model}"
    known = _read(path)
    if name in known:
        return known[name]
    request = {
        "model": model,
        "messages": [{"role": "user", "content": 'Reply with {"ok": true}.'}],
        "temperature": 0,
        "max_tokens": 16,
        "response_format": response_format(_SCHEMA),
    }
    try:
        asyncio.run(_ask(desk, request))
    except SpendingStopped:
        raise
    except CallFailed as error:
        if any(status in str(error) for status in _REFUSED):
            _write(path, {**_read(path), name: False})
        return False
    _write(path, {**_read(path), name: True})
    return True


async def _ask(desk: Desk, request: Mapping[str, Any]) -> None:
    async with sitting(desk) as calls:
        await calls.completion(request)


def _read(path: Path) -> dict[str, bool]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return (
        {str(k): bool(v) for k, v in found.items()} if isinstance(found, dict) else {}
    )


def _write(path: Path, known: Mapping[str, bool]) -> None:
    write_atomically(path, json.dumps(known, indent=2, sort_keys=True))
