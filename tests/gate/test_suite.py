"""The suite: every finding is located, and no check passes in vain."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from expectations.suite import CHAT, load, validate
from suffice.errors import UnusableInput


def in_set(column: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "expect_column_values_to_be_in_set",
        "kwargs": {"column": column, "value_set": [1], **more},
    }


@pytest.fixture
def suite(tmp_path: Path) -> Callable[..., Any]:
    def suite(*expectations: dict[str, Any]) -> Any:
        path = tmp_path / "suite.json"
        path.write_text(json.dumps({"name": "t", "expectations": expectations}))
        return load(path)

    return suite


def test_the_committed_suite_is_what_great_expectations_itself_writes():
    """An engineer may edit it with the library's own tools and lose nothing."""
    committed = json.loads(CHAT.read_text(encoding="utf-8"))
    written = load().to_json_dict()

    def plain(suite: dict[str, Any]) -> list[dict[str, Any]]:
        keys = ("type", "kwargs", "severity", "meta")
        rows = [{k: e[k] for k in keys} for e in suite["expectations"]]
        return sorted(rows, key=lambda r: (r["meta"]["check"], r["severity"]))

    assert plain(committed) == plain(written)


def test_no_rows_is_a_failure(suite: Callable[..., Any]):
    """The library passes an empty table; there is nothing good about one."""
    findings = validate(pd.DataFrame({"where": [], "x": []}), suite=suite(in_set("x")))

    assert [("critical", True)] == [(f.severity, f.broken) for f in findings]


def test_a_column_of_nulls_is_a_failure(suite: Callable[..., Any]):
    """Nulls are skipped, so the library judges nothing and passes."""
    frame = pd.DataFrame({"where": ["a:1", "a:2"], "x": [None, None]})
    findings = validate(frame, suite=suite(in_set("x")))

    assert [True] == [f.broken for f in findings]
    assert "nothing to judge" in findings[0].consequence


def test_a_sum_over_nulls_is_a_failure(suite: Callable[..., Any]):
    """The sum of no value is 0, which passes many a bound."""
    total = {
        "type": "expect_column_sum_to_be_between",
        "kwargs": {"column": "x", "max_value": 5},
    }
    frame = pd.DataFrame({"where": ["a:1"], "x": [float("nan")]})

    assert [True] == [f.broken for f in validate(frame, suite=suite(total))]


def test_a_missing_column_is_reported_as_a_broken_check(suite: Callable[..., Any]):
    """A misspelt column is the suite's fault; the data may be fine."""
    frame = pd.DataFrame({"where": ["a:1"], "x": [1]})
    findings = validate(frame, suite=suite(in_set("x"), in_set("y")))

    assert [("critical", True)] == [(f.severity, f.broken) for f in findings]


def test_an_expectation_that_allows_everything_is_a_failure(suite: Callable[..., Any]):
    """``mostly: 0`` switches a check off without saying so."""
    frame = pd.DataFrame({"where": ["a:1"], "x": [0]})

    findings = validate(frame, suite=suite(in_set("x", mostly=0)))

    assert [True] == [f.broken for f in findings]


def test_a_parameter_that_nobody_gave_is_a_broken_check(suite: Callable[..., Any]):
    """A limit without a value is no limit."""
    most = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "x", "max_value": {"$PARAMETER": "most"}},
    }
    frame = pd.DataFrame({"where": ["a:1"], "x": [1]})

    assert [True] == [f.broken for f in validate(frame, suite=suite(most))]


@pytest.mark.parametrize(
    "content",
    [
        '{"name": "t", "expectations": []}',
        '{"name": "t"}',
        "[]",
        "{",
        '{"name": "t", "expectations": [{"type": "expect_miracles", "kwargs": {}}]}',
        '{"name": "t", "expectations": [{"type": '
        '"expect_column_values_to_be_in_set", "kwargs": {"colum": "x"}}]}',
    ],
)
def test_a_suite_that_is_none_is_refused(tmp_path: Path, content: str):
    """Zero expectations all hold."""
    path = tmp_path / "suite.json"
    path.write_text(content)

    with pytest.raises(UnusableInput, match=r"suite\.json"):
        load(path)
