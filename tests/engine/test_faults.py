"""How long an endpoint asks us to wait, in all the ways endpoints say it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.measuring.faults import read_fault


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"retry-after": "20"}, 20.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "20"}, 1.5),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 40.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "1m30.5s",
            },
            90.5,
        ),
        (
            {
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "20ms",
            },
            0.02,
        ),
        (
            {
                "x-ratelimit-remaining-requests": "5",
                "x-ratelimit-reset-requests": "1h",
            },
            None,
        ),
    ],
)
def test_reads_how_long_to_wait(headers, wait_s):
    """Seconds, milliseconds, dates and rate-limit headers all occur."""
    assert wait_s == read_fault(429, headers, b"", now=60.0).wait_s


@settings(max_examples=50, deadline=None)
@given(
    st.integers(400, 599),
    st.dictionaries(
        st.sampled_from(["retry-after", "retry-after-ms"]), st.text(max_size=20)
    ),
    st.binary(max_size=60),
)
def test_any_reply_gets_a_remedy(status, headers, body):
    """Whatever a broken proxy sends, the climb ends in a sentence."""
    fault = read_fault(status, headers, body, now=0.0)

    assert fault.sentence.startswith(f"HTTP {status}")
    assert fault.wait_s is None or fault.wait_s >= 0
