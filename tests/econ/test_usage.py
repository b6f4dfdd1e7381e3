"""Usage from a log: a rate, mean tokens, and bad lines that are counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from suffice.economics.ownership import DAYS_PER_MONTH
from suffice.economics.usage import summarise_usage
from suffice.errors import UnusableInput

START = datetime(2026, 10, 1, tzinfo=UTC)


def log(days: int, per_day: int, *, input_tokens: int = 100) -> Iterator[bytes]:
    """As many requests a day, evenly spread."""
    step = timedelta(days=1) / per_day
    for n in range(days * per_day):
        row = {"at": (START + n * step).isoformat(), "input_tokens": input_tokens}
        yield json.dumps(row | {"output_tokens": 20, "model": "m"}).encode()


def test_the_rate_is_that_of_the_last_month() -> None:
    """48 requests a day are 1,461 a month of 30.4 days."""
    usage = summarise_usage(log(20, 48))

    assert usage.requests_per_month == pytest.approx(48 * DAYS_PER_MONTH, rel=0.01)
    assert (usage.input_tokens, usage.output_tokens) == (100.0, 20.0)
    assert (usage.n_requests, usage.n_bad) == (960, 0)


def test_older_days_do_not_count() -> None:
    """A launch two months ago says little about this month."""
    late = START + timedelta(days=60)
    old = [*log(20, 480, input_tokens=9)]
    new = [
        json.dumps(
            {
                "at": (late + timedelta(hours=n)).timestamp(),
                "input_tokens": 500,
                "output_tokens": 1,
            }
        )
        for n in range(24 * 30)
    ]
    usage = summarise_usage([*old, *new])

    assert usage.input_tokens == 500
    assert usage.last_day == date(2026, 12, 29)
    assert usage.requests_per_month == pytest.approx(24 * DAYS_PER_MONTH, rel=0.01)


def test_an_hour_of_log_is_not_taken_for_a_months_rate() -> None:
    """Anything shorter than a day counts as a day: a burst is no trend."""
    usage = summarise_usage([*log(1, 240)][:10])

    assert usage.requests_per_month == pytest.approx(10 * DAYS_PER_MONTH)


def test_a_few_bad_lines_are_counted() -> None:
    """A log cut off in the middle of a line is normal."""
    usage = summarise_usage([*log(20, 48), b'{"at": "2026-10-2', b"", b"  \n"])

    assert (usage.n_bad, usage.n_requests) == (1, 960)


def test_many_bad_lines_are_refused_with_the_first_of_them() -> None:
    """Half a log would be half the volume."""
    lines = [*log(1, 50), b"no json"]

    with pytest.raises(UnusableInput, match=r"1 of 51 lines .* line 51"):
        summarise_usage(lines)


@pytest.mark.parametrize(
    "line",
    [
        b'{"at": "yesterday", "input_tokens": 1, "output_tokens": 1}',
        b'{"at": 1e30, "input_tokens": 1, "output_tokens": 1}',
        b'{"at": 1764000000, "input_tokens": -1, "output_tokens": 1}',
        b'{"at": 1764000000, "input_tokens": "1", "output_tokens": 1}',
        b'{"at": 1764000000, "input_tokens": 1}',
    ],
)
def test_a_line_without_time_or_tokens_is_bad(line: bytes) -> None:
    """What cannot be counted must not be guessed."""
    with pytest.raises(UnusableInput, match="line 1"):
        summarise_usage([line])


def test_an_empty_log_is_refused() -> None:
    """No requests and no log are not the same."""
    with pytest.raises(UnusableInput, match="holds no request"):
        summarise_usage([])
