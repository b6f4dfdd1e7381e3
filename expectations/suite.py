"""
Runs a suite of expectations on the table of features, never in vain.

A suite is a JSON file beside this module that Great Expectations itself loads; adding
an expectation to it needs no code.  What an expectation is about stands in its
``meta``: ``name`` (of several of one name that fail, the worst is reported), ``check``,
``wrong`` (what is the case where it does not hold; ``{number}`` or ``{share}`` stands
for what was observed), ``consequence``, ``remedy``, ``detail`` (the column that says
what is the matter with a row), ``found`` (that in words, ``{}`` standing for the
column's value) and ``optional`` (whether a column may be all null, since not every set
has it).

Great Expectations passes an expectation that had nothing to judge, and reports one
that crashed as one that does not hold.  Both are findings of their own here.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Iterable, Mapping
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suffice.data.checking import MAX_ROWS, SEVERITIES, Finding, Row, Severity
from suffice.errors import UnusableInput

if TYPE_CHECKING:
    import great_expectations as gx
    import pandas as pd

CHAT = Path(__file__).with_name("chat.json")
"""The suite for single chat examples."""
WHOLE_SET = Path(__file__).with_name("set.json")
"""The suite for a set as a whole, which is one row of numbers."""


def load(path: Path = CHAT) -> gx.ExpectationSuite:
    """The suite in *path*; `UnusableInput` where it is none or expects nothing."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.exceptions.exceptions import GreatExpectationsError

    importlib.import_module("expectations.custom")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        suite = gx.ExpectationSuite(
            name=content["name"], expectations=content["expectations"]
        )
    except (OSError, ValueError, KeyError, TypeError, GreatExpectationsError) as error:
        raise UnusableInput(
            f"The suite {str(path)!r} cannot be loaded: {error!r:.300}; mend it."
        ) from error
    if not suite.expectations:
        raise UnusableInput(
            f"The suite {str(path)!r} expects nothing, so nothing would be checked; "
            "add expectations."
        )
    return suite


def validate(
    frame: pd.DataFrame,
    *,
    suite: gx.ExpectationSuite | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> list[Finding]:
    """
    What in *frame* is not as the suite expects; empty where all of it is.

    *parameters* are the values of the suite's ``$PARAMETER`` names.
    """
    suite = suite or load()
    results = _run(frame, suite, dict(parameters or {}))
    if isinstance(results, str):
        return [_broken(f"all of the suite {suite.name!r}", results)]
    if len(results) < len(suite.expectations):
        return [_broken(f"all of the suite {suite.name!r}", "some gave no result")]
    findings: list[Finding] = []
    idle: list[str] = []
    for result in results:
        meta = result.expectation_config.meta or {}
        check = meta.get("check") or result.expectation_config.type
        reason = _crash(result)
        if reason:
            findings.append(_broken(check, reason))
        elif _is_vacuous(result, frame):
            idle += [] if meta.get("optional") and len(frame) else [check]
        elif not result.success:
            findings.append(_finding(result, check, frame))
    if idle:
        shown = "; ".join(sorted(set(idle)))
        findings.append(_broken(shown, "there was nothing to judge"))
    return _worst_of_each(findings)


def _run(
    frame: pd.DataFrame, suite: gx.ExpectationSuite, parameters: dict[str, Any]
) -> list[Any] | str:
    """One result for each expectation, or why there is none at all."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.exceptions.exceptions import GreatExpectationsError

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("examples")
    asset = source.add_dataframe_asset("features")
    whole = asset.add_batch_definition_whole_dataframe("whole")
    slim = _judged_columns(frame, suite).reset_index(drop=True)
    batch = whole.get_batch({"dataframe": slim})
    try:
        validation = batch.validate(
            suite,
            result_format={"result_format": "COMPLETE"},
            expectation_parameters=parameters,
        )
    except GreatExpectationsError as error:
        return str(error)
    return list(validation.results)


def _judged_columns(frame: pd.DataFrame, suite: gx.ExpectationSuite) -> pd.DataFrame:
    """Only the columns that some expectation names, since the others cost memory."""
    named: set[Any] = set()
    for expectation in suite.expectations:
        kwargs = expectation.configuration.kwargs
        if "column" not in kwargs and expectation.expectation_type not in _OF_ROWS:
            return frame
        if kwargs.get("row_condition"):
            return frame
        named.add(kwargs.get("column"))
    return frame[[name for name in frame.columns if name in named]]


_OF_ROWS = ("expect_table_row_count_to_be_between", "expect_table_row_count_to_equal")


def _crash(result: Any) -> str:
    """Why the expectation could not be judged; empty where it could."""
    info = result.exception_info or {}
    entries = [info, *(v for v in info.values() if isinstance(v, dict))]
    for entry in entries:
        if entry.get("raised_exception"):
            return str(entry.get("exception_message") or "it raised an exception")
    return ""


def _is_vacuous(result: Any, frame: pd.DataFrame) -> bool:
    """Whether nothing was there that could have failed."""
    if len(frame) == 0 or result.expectation_config.kwargs.get("mostly") == 0:
        return True
    judged = result.result.get("element_count")
    if judged is not None and judged == result.result.get("missing_count", 0):
        return True
    column = result.expectation_config.kwargs.get("column")
    return column is not None and bool(frame[column].isna().all())


def _finding(result: Any, check: str, frame: pd.DataFrame) -> Finding:
    meta = result.expectation_config.meta or {}
    places = [int(i) for i in result.result.get("unexpected_index_list") or ()]
    details = frame.get(meta.get("detail", ""))
    rows = tuple(
        Row(where=str(frame["where"].iloc[i]), detail=_detail(meta, details, i))
        for i in places[:MAX_ROWS]
        if "where" in frame
    )
    observed = result.result.get("observed_value")
    return Finding(
        name=meta.get("name") or result.expectation_config.type,
        check=check,
        wrong=_wrong(meta, check, observed),
        severity=_severity(result),
        count=len(places),
        rows=rows,
        consequence=meta.get("consequence", ""),
        remedy=meta.get("remedy", ""),
    )


def _wrong(meta: Mapping[str, Any], check: str, observed: object) -> str:
    """What is the case instead, with the number that was observed."""
    number = share = ""
    if isinstance(observed, Real) and not isinstance(observed, bool):
        number = f"{float(observed):.3g}"
        share = f"{float(observed):.0%}".replace("%", " %")
    if "wrong" in meta:
        return str(meta["wrong"]).format(number=number, share=share)
    return f"not met: {check}" + f" (found {number})" * bool(number)


def _detail(meta: Mapping[str, Any], details: Any, i: int) -> str:
    """What is the matter with row *i*, in the words of the suite."""
    found = str(meta.get("found", "{}" if details is not None else ""))
    if details is None or "{}" not in found:
        return found
    value = details.iloc[i]
    text = f"{float(value):,.0f}" if _is_number(value) else str(value)
    return found.replace("{}", text) if text else ""


def _is_number(value: object) -> bool:
    """Whether it can be shown as one; numpy's numbers are none of Python's."""
    return isinstance(value, Real) and not isinstance(value, bool)


def _severity(result: Any) -> Severity:
    given = str(result.expectation_config.severity or "critical").lower()
    name = given.rpartition(".")[2]
    return next((s for s in SEVERITIES if s == name), "critical")


def _broken(check: str, reason: str) -> Finding:
    return Finding(
        name="broken-check",
        check=check,
        wrong=f"the check is broken: {check}",
        severity="critical",
        count=0,
        consequence=f"nothing is known about this, because {reason[:300]}",
        remedy="mend the suite or the data, then check again",
        broken=True,
    )


def _worst_of_each(findings: Iterable[Finding]) -> list[Finding]:
    """Of the findings of one name the worst; broken checks are all kept."""
    worst: dict[str, Finding] = {}
    for finding in findings:
        key = finding.check if finding.broken else finding.name
        known = worst.get(key)
        if known is None or _rank(finding) < _rank(known):
            worst[key] = finding
    return list(worst.values())


def _rank(finding: Finding) -> int:
    return SEVERITIES.index(finding.severity)


def names(*suites: gx.ExpectationSuite) -> tuple[str, ...]:
    """The names by which a brief may speak of the checks of *suites*."""
    given = ((e.meta or {}).get("name") for s in suites for e in s.expectations)
    return tuple(sorted({str(name) for name in given if name}))
