"""
How much a feature is used: from sums by day to a rate, mean tokens, and how sure.

Where the sums come from is not known here: logs, traces, counters (`suffice.usage`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from suffice.economics.terms import DAYS_PER_MONTH
from suffice.errors import UnusableInput

MOST_BAD = 0.01
"""Share of rows that may be unreadable before the log is refused."""
_DAY_S = 86_400


@dataclass(frozen=True, kw_only=True)
class DayUsage:
    """One day's sums, in UTC; several of one day are added up."""

    day: date
    n: int
    """Requests."""
    input_tokens: int
    output_tokens: int
    cached_tokens: int | None = None
    """Input tokens read from the provider's cache; ``None``: nobody counted them."""
    first_s: float
    """First and last moment that is counted, in seconds since 1970."""
    last_s: float


@dataclass(frozen=True, kw_only=True)
class UsageSummary:
    """What was counted over the last days."""

    n_requests: int
    """Requests in the days looked at."""
    n_bad: int
    """Rows that could not be read."""
    first_day: date
    last_day: date
    days: float
    """Time looked at, in days; never less than one."""
    requests_per_month: float
    requests_low: float | None = None
    requests_high: float | None = None
    """Ends of a 95 % interval of that rate, from how the days differ; ``None`` for
    less than a week."""
    input_tokens: float | None
    """Mean per request, like the next two; ``None`` where no day counts for it."""
    output_tokens: float | None
    cached_tokens: float | None = None
    """Input tokens read from the provider's cache; ``None``: nobody counted them."""


def summary_of(
    days: Iterable[DayUsage],
    *,
    n_bad: int = 0,
    last_days: int = 30,
    tokens_after: date | None = None,
) -> UsageSummary:
    """
    Requests a month and mean tokens over the last days that were counted.

    Tokens are those of the days after *tokens_after*: before it another candidate ran,
    with other prompts.

    Raises ``UnusableInput`` where nothing was counted, and where more than 1 % of the
    rows could not be read.
    """
    found = [day for day in days if day.n > 0]
    _refuse_unreadable(found, n_bad)
    last_s = max(day.last_s for day in found)
    since = _day(last_s) - timedelta(days=last_days - 1)
    seen = [day for day in found if day.day >= since]
    begins = datetime(*since.timetuple()[:3], tzinfo=UTC).timestamp()
    start_s = max(min(day.first_s for day in found), begins)
    counted = [d for d in seen if tokens_after is None or d.day > tokens_after]
    made = _summary(seen, start_s, last_s, n_bad)
    return replace(
        made,
        input_tokens=_mean([d.input_tokens for d in counted], counted),
        output_tokens=_mean([d.output_tokens for d in counted], counted),
        cached_tokens=_mean([d.cached_tokens for d in counted], counted),
    )


def _refuse_unreadable(found: Sequence[DayUsage], n_bad: int) -> None:
    n_rows = sum(day.n for day in found) + n_bad
    if n_bad > MOST_BAD * n_rows:
        raise UnusableInput(
            f"{n_bad:,} of {n_rows:,} rows of the usage log cannot be read; at most "
            "1 % may be: give each request a time and its tokens, and say in "
            "usage.columns what they are called."
        )
    if not found:
        raise UnusableInput(
            "The usage log holds no request: check usage.model and usage.columns, or "
            "leave the source empty and set usage.requests_per_month."
        )


def _summary(
    seen: Sequence[DayUsage], start_s: float, last_s: float, n_bad: int
) -> UsageSummary:
    days = max(1.0, (last_s - start_s) / _DAY_S)
    n = sum(day.n for day in seen)
    rate = n / days * DAYS_PER_MONTH
    spread = _spread(seen)
    return UsageSummary(
        n_requests=n,
        n_bad=n_bad,
        first_day=_day(start_s),
        last_day=_day(last_s),
        days=days,
        requests_per_month=rate,
        requests_low=None if spread is None else rate * max(0.0, 1 - spread),
        requests_high=None if spread is None else rate * (1 + spread),
        input_tokens=None,
        output_tokens=None,
    )


def _mean(sums: Sequence[int | None], seen: Sequence[DayUsage]) -> float | None:
    """Per request; ``None`` without a request, or where a day was not counted."""
    known = [value for value in sums if value is not None]
    n = sum(day.n for day in seen)
    return sum(known) / n if n and len(known) == len(sums) else None


def _spread(seen: Sequence[DayUsage]) -> float | None:
    """
    Half the width of the rate's 95 % interval, as a share of the rate.

    Days that follow each other are alike, so their covariances over a week count
    (Newey and West, https://doi.org/10.2307/1913610).
    """
    counts: dict[date, int] = {}
    for day in seen:
        counts[day.day] = counts.get(day.day, 0) + day.n
    if not counts:
        return None
    first, last = min(counts), max(counts)
    # The first and the last day are seldom whole.
    inner = [
        float(counts.get(first + timedelta(days=i), 0))
        for i in range(1, (last - first).days)
    ]
    n = len(inner)
    if n < 7 or sum(inner) == 0:
        return None
    mean = sum(inner) / n
    off = [value - mean for value in inner]
    lags = min(7, n // 2)
    variance = sum(v * v for v in off) / n
    for lag in range(1, lags + 1):
        shared = sum(a * b for a, b in zip(off[lag:], off, strict=False)) / n
        variance += 2 * (1 - lag / (lags + 1)) * shared
    return 1.96 * math.sqrt(max(variance, 0.0) / n) / mean


def _day(seconds: float) -> date:
    return datetime.fromtimestamp(seconds, tz=UTC).date()
