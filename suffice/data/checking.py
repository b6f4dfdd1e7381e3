"""
What the check of the data found, and what follows from it.

The findings come from the expectations; here they are put in order, turned into
words, and, where one is critical, into a refusal before anything is spent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from suffice.brief import Adjustment
from suffice.data.charts import Chart
from suffice.errors import BadBrief, BadExamples
from suffice.examples import Split

Severity = Literal["critical", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
"""Worst first. A critical finding stops the climb, a warning travels with it."""
SCHEMA = "suffice.data-check/1"
"""Version of the JSON result; a field that changes its meaning raises the number."""
MAX_ROWS = 20
"""Rows that one finding names."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row that a finding is about."""

    where: str
    """File and line."""
    detail: str = ""
    """What is the matter with it, or the other row it goes with."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One expectation that does not hold."""

    name: str = ""
    """Short name of the check, by which a brief may change its severity."""
    check: str
    """What was expected, in a few words."""
    wrong: str = ""
    """What is the case instead, as somebody says it who reads it for the first time."""
    severity: Severity
    count: int
    """Rows concerned; 0 where the finding is about the set as a whole."""
    rows: tuple[Row, ...] = ()
    """The first of them, at most `MAX_ROWS`."""
    consequence: str = ""
    """What it does to the climb if nothing is changed."""
    remedy: str = ""
    """What to do about it."""
    broken: bool = False
    """Whether the check itself failed, so that nothing is known about the data."""
    reason: str = ""
    """Why the brief has changed the severity; empty where it has not."""


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """The data's state before a climb."""

    n_rows: int
    """Lines read, bad ones included."""
    findings: tuple[Finding, ...]
    """Worst first."""
    n_by_part: Mapping[str, int] = field(default_factory=dict)
    """Usable examples in train, dev and test."""
    facts: tuple[str, ...] = ()
    """What is worth knowing about the set, in sentences."""
    charts: tuple[Chart, ...] = ()
    """What the set is made of."""
    cleaning: tuple[str, ...] = ()
    """What ``suffice check --fix`` would do, in sentences."""

    @property
    def passed(self) -> bool:
        """Whether the climb may start."""
        return all(f.severity != "critical" for f in self.findings)


def report(
    findings: Iterable[Finding],
    split: Split,
    *,
    n_rows: int,
    facts: Sequence[str] = (),
    charts: Sequence[Chart] = (),
    cleaning: Sequence[str] = (),
) -> CheckReport:
    """The findings in order of severity, then of size."""
    ordered = sorted(
        findings, key=lambda f: (SEVERITIES.index(f.severity), -f.count, f.check)
    )
    parts = {
        "train": len(split.train),
        "dev": len(split.dev),
        "test": len(split.test),
    }
    return CheckReport(
        n_rows=n_rows,
        findings=tuple(ordered),
        n_by_part=parts,
        facts=tuple(facts),
        charts=tuple(charts),
        cleaning=tuple(cleaning),
    )


def to_json(report: CheckReport) -> str:
    """The report for other programs to read; `SCHEMA` names its fields' meaning."""
    content = {"schema": SCHEMA, "passed": report.passed, **asdict(report)}
    return json.dumps(content, ensure_ascii=False)


def adjust(
    findings: Iterable[Finding], adjustments: Sequence[Adjustment], known: Sequence[str]
) -> list[Finding]:
    """
    The findings with the severities that the brief has set, and its reasons.

    A check that is broken stays critical.  Raises `BadBrief` for a name that is not
    among *known*, since a misspelt one would change nothing in silence.
    """
    wanted = {a.check: a for a in adjustments}
    for name in wanted:
        if name not in known:
            raise BadBrief(
                f"There is no check {name!r} whose severity could be changed; "
                f"there are {', '.join(known)}."
            )
    return [
        replace(f, severity=a.severity, reason=a.reason)
        if (a := wanted.get(f.name)) and not f.broken
        else f
        for f in findings
    ]


def raise_if_critical(report: CheckReport) -> None:
    """Raise `BadExamples` for the worst finding, where it is critical."""
    if report.passed:
        return
    worst = report.findings[0]
    others = sum(f.severity == "critical" for f in report.findings) - 1
    message = sentence(worst)
    if others:
        message += f" ({others} more critical finding{'s' * (others > 1)})"
    raise BadExamples(f"{message}.")


def sentence(finding: Finding) -> str:
    """
    A finding as one sentence without its full stop, starting with the place.

    >>> sentence(Finding(
    ...     check="the last message is the assistant's", severity="critical", count=3,
    ...     rows=(Row(where="a.jsonl:7", detail="the last message is from 'user'"),),
    ...     remedy="add the wanted answer",
    ... ))
    "a.jsonl:7: the last message is from 'user', and 2 more rows; add the wanted answer"
    """
    wrong = finding.wrong or f"not met: {finding.check}"
    if not finding.rows:
        said = wrong
        if finding.consequence:
            said += f"; {finding.consequence}"
    else:
        first = finding.rows[0]
        more = finding.count - 1
        said = f"{first.where}: {first.detail or wrong}"
        if more:
            said += f", and {more:,} more row{'s' * (more > 1)}"
    if finding.remedy:
        said += f"; {finding.remedy}"
    if finding.reason:
        said += f" (severity set by the brief: {finding.reason})"
    return said


def to_markdown(report: CheckReport) -> str:
    """The report as a table, for an artifact or a terminal."""
    parts = ", ".join(f"{n} {part}" for part, n in report.n_by_part.items())
    can = "A climb can" if report.passed else "No climb can"
    lines = [f"{report.n_rows:,} lines read ({parts}). {can} start with this data.", ""]
    lines += [f"- {_cell(fact)}" for fact in report.facts] + [""] * bool(report.facts)
    if not report.findings:
        return "\n".join([*lines, "Every expectation holds.", ""])
    lines += [
        "| severity | finding | rows | first rows | consequence | remedy |",
        "| --- | --- | ---: | --- | --- | --- |",
    ]
    for f in report.findings:
        places = "; ".join(
            f"{r.where} ({r.detail})" if r.detail else r.where for r in f.rows[:5]
        )
        wrong = f.wrong or f"not met: {f.check}"
        severity = (
            f"{f.severity} (set by the brief: {f.reason})" if f.reason else f.severity
        )
        cells = (severity, wrong, str(f.count or ""), places, f.consequence, f.remedy)
        lines.append("| " + " | ".join(map(_cell, cells)) + " |")
    return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    """Text that cannot break out of its table cell."""
    text = " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
    return text.replace("<", "&lt;")
