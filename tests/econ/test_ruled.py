"""The sentence on a measurement says what is known, and what is not."""

from __future__ import annotations

import pytest

from suffice.economics.wording import ruled
from suffice.results import Measured


def measured(ruling, n, **more):
    ends = {"quality": 0.8, "quality_low": 0.7, "quality_high": 0.9}
    return Measured(
        rung="few-shot",
        name="few-shot",
        model="m",
        candidate_key="k",
        ruling=ruling,
        n=n,
        n_available=200,
        usd_per_request=None,
        **(ends | more),
    )


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (
            measured("passed", 80),
            "few-shot passes: 0.80 (0.70 to 0.90, n = 80 of 200, stopped early)",
        ),
        (
            measured("inconclusive", 200, n_more=1340),
            "few-shot is inconclusive: 0.80 (0.70 to 0.90, n = 200 of 200); "
            "1,340 more examples needed",
        ),
        (
            measured("inconclusive", 195, n_missing=5),
            "few-shot is inconclusive: 0.80 (0.70 to 0.90, n = 195 of 200)",
        ),
        (
            measured("failed", 5, dev_quality=0.4, dev_n=64),
            "few-shot fails: 0.80 (0.70 to 0.90, n = 5 of 200, stopped early); "
            "on dev 0.40, n = 64",
        ),
    ],
)
def test_a_ruling_is_told_with_all_it_rests_on(row, text):
    """
    Stopped early is no flaw but must be said; five examples are few, so the dev
    answers that gave the candidate up are named beside them.
    """
    assert text == ruled(row)
