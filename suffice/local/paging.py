"""Cuts lists into pages as OpenAI's API does: ``after`` an id, at most ``limit``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from suffice.local.api_error import ApiError


def page(
    items: Sequence[dict[str, Any]], after: str | None, limit: int, *, most: int = 100
) -> dict[str, Any]:
    """
    The list object with the *limit* items that follow the one called *after*.

    >>> found = page([{"id": "c"}, {"id": "b"}, {"id": "a"}], after="c", limit=1)
    >>> found["data"], found["has_more"]
    ([{'id': 'b'}], True)
    """
    if not 1 <= limit <= most:
        raise ApiError(
            message=f"'limit' must be from 1 to {most}, not {limit}.", param="limit"
        )
    start = 0
    if after is not None:
        ids = [item["id"] for item in items]
        if after not in ids:
            raise ApiError(message=f"No item called {after!r}.", param="after")
        start = ids.index(after) + 1
    data = list(items[start : start + limit])
    return {
        "object": "list",
        "data": data,
        "has_more": start + limit < len(items),
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
    }
