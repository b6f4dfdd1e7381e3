"""
Usage of an organisation from OpenAI's usage API, by day.

https://platform.openai.com/docs/api-reference/usage/completions
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from suffice.economics.usage import DayUsage
from suffice.errors import EnvironmentFailed, UnusableInput
from suffice.rechecking import OpenAIUsage
from suffice.usage.web import get_json

_DAY_S = 86_400
_PAGE_DAYS = 31
"""As many days as the API gives at once."""


def read_openai(
    source: OpenAIUsage, *, model: str | None, days: int, now_s: float
) -> tuple[DayUsage, ...]:
    """
    The last whole days, of *model* or of all.

    Raises `EnvironmentFailed` without the admin key, or when the API refuses.
    """
    key = os.environ.get(source.admin_key_env)
    if not key:
        raise EnvironmentFailed(
            "OpenAI's usage API needs an admin key: put it into the environment "
            f"variable {source.admin_key_env!r}."
        )
    end_s = int(now_s // _DAY_S * _DAY_S)
    query = [
        ("start_time", str(end_s - days * _DAY_S)),
        ("end_time", str(end_s)),
        ("bucket_width", "1d"),
        ("limit", str(min(days, _PAGE_DAYS))),
    ]
    query += [("models[]", model)] if model else []
    query += [("project_ids[]", project) for project in source.project_ids]
    found = (_day(bucket) for bucket in _buckets(source.base_url, query, key))
    return tuple(day for day in found if day.n > 0)


def _buckets(
    base_url: str, query: list[tuple[str, str]], key: str
) -> Iterator[dict[str, Any]]:
    page: str | None = None
    while True:
        more = [*query, ("page", page)] if page else query
        url = f"{base_url.rstrip('/')}/organization/usage/completions"
        answer = get_json(url, more, token=key)
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
            raise UnusableInput(
                f"{base_url} answered no page of usage; is it OpenAI's API?"
            )
        yield from answer["data"]
        page = answer.get("next_page") if answer.get("has_more") else None
        if page is None:
            return


def _day(bucket: dict[str, Any]) -> DayUsage:
    rows = bucket.get("results") or []
    start_s = float(bucket["start_time"])

    def total(name: str) -> int:
        return sum(int(row.get(name) or 0) for row in rows)

    return DayUsage(
        day=datetime.fromtimestamp(start_s, tz=UTC).date(),
        n=total("num_model_requests"),
        input_tokens=total("input_tokens"),
        output_tokens=total("output_tokens"),
        cached_tokens=total("input_cached_tokens"),
        first_s=start_s,
        last_s=float(bucket["end_time"]) - 1,
    )
