"""What the gate finds in a file of examples."""

from __future__ import annotations

from typing import Any

from expectations.gate import check
from suffice.brief import Brief
from suffice.data.checking import CheckReport, Finding


def checked(source: str, test: str | None = None, **more: Any) -> CheckReport:
    brief = Brief(
        name="x",
        instructions="x",
        examples=source,
        test_examples=test,
        severities=more.pop("severities", ()),
    )
    return check(brief, **more).report


def found(report: CheckReport, words: str) -> Finding:
    return next(f for f in report.findings if words in f.check)
