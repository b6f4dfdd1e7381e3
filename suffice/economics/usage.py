"""
How much a feature is used, from its log: one JSON object a line, one line a request.

``at`` is an ISO 8601 time (UTC where it names no zone) or seconds since 1970; with it
stand ``input_tokens`` and ``output_tokens``.  Other keys are passed over.  Lines are
read one by one and counted by day, so that a log of any length fits into memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import msgspec

from suffice.economics.ownership import DAYS_PER_MONTH
from suffice.errors import UnusableInput

MOST_BAD = 0.01
"""Share of lines that may be unreadable before the log is refused."""


@dataclass(frozen=True, kw_only=True)
class UsageSummary:
    """What a usage log says about the last month."""

    n_requests: int
    """Requests in the days looked at."""
    n_bad: int
    """Lines of the whole log that could not be read."""
    first_day: date
    last_day: date
    days: float
    """Time looked at, in days; never less than one."""
    requests_per_month: float
    input_tokens: float
    """Mean per request, like the next."""
    output_tokens: float
    cached_tokens: float | None = None
    """Input tokens read from the provider's cache; ``None``: nobody counted them."""


class _Request(msgspec.Struct):
    at: datetime | float
    input_tokens: int
    output_tokens: int


@dataclass
class _Day:
    n: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


def summarise_usage(
    lines: Iterable[bytes | str], *, last_days: int = 30
) -> UsageSummary:
    """
    Requests a month and mean tokens over the last days of a log.

    Raises ``UnusableInput`` for a log without a request, and for one of which more
    than 1 % cannot be read.
    """
    log = _Log()
    for number, line in enumerate(lines, 1):
        log.add(number, line)
    log.refuse_if_bad()
    return log.summary(last_days)


class _Log:
    """The days of a log, filled line by line."""

    def __init__(self) -> None:
        self.days: dict[date, _Day] = {}
        self.n_lines = self.n_bad = 0
        self.first_bad = ""
        self.first_at: datetime | None = None
        self.last_at: datetime | None = None
        self._read = msgspec.json.Decoder(_Request).decode

    def add(self, number: int, line: bytes | str) -> None:
        if not line.strip():
            return
        self.n_lines += 1
        try:
            request = self._read(line)
            at = _utc(request.at)
        except (msgspec.MsgspecError, ValueError, OverflowError, OSError) as error:
            self._bad(number, str(error))
            return
        if request.input_tokens < 0 or request.output_tokens < 0:
            self._bad(number, "a number of tokens is below 0")
            return
        day = self.days.setdefault(at.date(), _Day())
        day.n += 1
        day.input_tokens += request.input_tokens
        day.output_tokens += request.output_tokens
        self.first_at = at if self.first_at is None else min(at, self.first_at)
        self.last_at = at if self.last_at is None else max(at, self.last_at)

    def refuse_if_bad(self) -> None:
        if self.n_bad > MOST_BAD * self.n_lines:
            raise UnusableInput(
                f"{self.n_bad} of {self.n_lines} lines of the usage log cannot be "
                f"read, the first on {self.first_bad}; at most 1 % may be: give one "
                'object a line with "at", "input_tokens" and "output_tokens".'
            )

    def summary(self, last_days: int) -> UsageSummary:
        if self.first_at is None or self.last_at is None:
            raise UnusableInput(
                "The usage log holds no request: give one JSON object a line, or leave "
                "usage.log empty and set usage.requests_per_month."
            )
        last = self.last_at.date()
        since = last - timedelta(days=last_days - 1)
        start = max(self.first_at, datetime(*since.timetuple()[:3], tzinfo=UTC))
        seconds = (self.last_at - start).total_seconds()
        days = max(1.0, seconds / 86_400)
        seen = [d for day, d in self.days.items() if day >= since]
        n = sum(d.n for d in seen)
        return UsageSummary(
            n_requests=n,
            n_bad=self.n_bad,
            first_day=start.date(),
            last_day=last,
            days=days,
            requests_per_month=n / days * DAYS_PER_MONTH,
            input_tokens=sum(d.input_tokens for d in seen) / n,
            output_tokens=sum(d.output_tokens for d in seen) / n,
        )

    def _bad(self, number: int, why: str) -> None:
        self.n_bad += 1
        self.first_bad = self.first_bad or f"line {number} ({why})"


def _utc(at: datetime | float) -> datetime:
    if isinstance(at, datetime):
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return datetime.fromtimestamp(at, tz=UTC)
