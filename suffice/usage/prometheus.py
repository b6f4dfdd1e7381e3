"""Usage from counters in Prometheus, by day, through its HTTP API."""

from __future__ import annotations

import math
import os
from datetime import UTC, datetime

from suffice.economics.usage import DayUsage
from suffice.errors import EnvironmentFailed, UnusableInput
from suffice.rechecking import PrometheusUsage
from suffice.usage.web import get_json

_DAY_S = 86_400


def read_prometheus(
    source: PrometheusUsage, *, days: int, now_s: float
) -> tuple[DayUsage, ...]:
    """
    The last whole days: each query asked at each midnight (UTC), for the day before.

    Raises `EnvironmentFailed` when the server refuses, `UnusableInput` for a query
    that gives no series of numbers.
    """
    end_s = int(now_s // _DAY_S * _DAY_S)
    start_s = end_s - (days - 1) * _DAY_S
    requests, read, written = (
        _series(source, query, start_s, end_s)
        for query in (source.requests, source.input_tokens, source.output_tokens)
    )
    return tuple(
        DayUsage(
            day=datetime.fromtimestamp(at_s - _DAY_S, tz=UTC).date(),
            n=round(n),
            input_tokens=round(read.get(at_s, 0.0)),
            output_tokens=round(written.get(at_s, 0.0)),
            first_s=float(at_s - _DAY_S),
            last_s=float(at_s - 1),
        )
        for at_s, n in sorted(requests.items())
        if n >= 0.5
    )


def _series(
    source: PrometheusUsage, query: str, start_s: int, end_s: int
) -> dict[int, float]:
    """One number for each midnight; several series are added up."""
    token = os.environ.get(source.token_env) if source.token_env else None
    if source.token_env and not token:
        raise EnvironmentFailed(
            "The token for Prometheus is not set: put it into the environment variable "
            f"{source.token_env!r}."
        )
    asked = [
        ("query", query),
        ("start", str(start_s)),
        ("end", str(end_s)),
        ("step", str(_DAY_S)),
    ]
    url = f"{source.url.rstrip('/')}/api/v1/query_range"
    answer = get_json(url, asked, token=token)
    found: dict[int, float] = {}
    try:
        for series in answer["data"]["result"]:
            for at, value in series["values"]:
                if math.isfinite(float(value)):
                    found[int(at)] = found.get(int(at), 0.0) + float(value)
    except (KeyError, TypeError, ValueError) as error:
        raise UnusableInput(
            f"Prometheus at {source.url} answered no series for {query!r}; try the "
            "query in its own page first."
        ) from error
    return found
