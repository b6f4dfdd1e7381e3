"""
What a failed call means: try again, slow down, stop spending, or give up.

Pure: it reads a status, the headers and the body of the reply, and sends nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from suffice.redaction import redacted

Remedy = Literal["retry", "slow-down", "stop-spending", "refused", "give-up"]
"""
``retry``: the same call may succeed.  ``slow-down``: so may it, later and with fewer
in flight.  ``stop-spending``: money or access; no call will succeed.  ``refused``:
the provider will not answer this content, which is an answer of a kind.
``give-up``: this call will never succeed.
"""

_SPENDING = re.compile(
    r"insufficient_quota|credit_balance_exhausted|billing_hard_limit_reached"
    r"|\w*spend_limit_exceeded|\w*usage_limit_exceeded"
)
_REFUSING = frozenset({"content_filter", "content_policy_violation"})
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST_EXCERPT = 200


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Why one attempt gave no answer, and what may be done about it."""

    remedy: Remedy
    sentence: str
    wait_s: float | None = None
    """Seconds the server asked us to wait; ``None`` when it did not say."""


def read_fault(
    status: int, headers: Mapping[str, str], body: bytes, *, now: float
) -> Fault:
    """
    What the reply of a failed call means; *now* is the time of day as a Unix time.

    >>> read_fault(429, {"retry-after": "7"}, b"", now=0.0).wait_s
    7.0
    """
    error = _error(body)
    code = str(error.get("code") or error.get("type") or "")
    # Before it is cut: half a key is not known to be one.
    said = redacted(str(error.get("message") or body[:4096].decode(errors="replace")))
    label = f"HTTP {status} {code}".strip()
    sentence = f"{label}: {said[:_LONGEST_EXCERPT]}" if said else label
    return Fault(
        remedy=_remedy(status, code, error),
        sentence=sentence,
        wait_s=_asked_wait_s(headers, now),
    )


def _remedy(status: int, code: str, error: Mapping[str, Any]) -> Remedy:
    kinds = f"{code} {error.get('type') or ''}"
    if _SPENDING.search(kinds) or status in (401, 402, 403):
        return "stop-spending"
    if status == 400 and code in _REFUSING:
        return "refused"
    if status == 429 or status == 503:
        return "slow-down"
    if status in (408, 409) or status >= 500:
        return "retry"
    return "give-up"


def _error(body: bytes) -> Mapping[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    error = parsed.get("error") if isinstance(parsed, dict) else None
    return error if isinstance(error, dict) else {}


def _asked_wait_s(headers: Mapping[str, str], now: float) -> float | None:
    if "retry-after-ms" in headers:
        ms = _number(headers["retry-after-ms"])
        if ms is not None:
            return ms / 1000
    if "retry-after" in headers:
        return _retry_after_s(headers["retry-after"], now)
    # A limit that still has room resets later than we need to wait.
    used_up = [
        headers.get(f"x-ratelimit-reset-{what}", "")
        for what in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{what}") == "0"
    ]
    waits = [s for s in map(_duration_s, used_up) if s is not None]
    return max(waits, default=None)


def _retry_after_s(value: str, now: float) -> float | None:
    seconds = _number(value)
    if seconds is not None:
        return seconds
    try:
        at = parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0.0, at - now)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def _duration_s(text: str) -> float | None:
    parts = _DURATION.findall(text)
    if not parts or "".join(n + unit for n, unit in parts) != text:
        return _number(text)
    return sum(float(n) * _SECONDS[unit] for n, unit in parts)
