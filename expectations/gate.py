"""The data gate: reads, splits and judges the examples of a brief."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from expectations.suite import CHAT, WHOLE_SET, load, names, validate
from suffice.brief import Brief
from suffice.data.checking import CheckReport, Finding, adjust, report
from suffice.data.cleaning import Change, plan
from suffice.data.features import Examined, features
from suffice.data.measures import measure_texts
from suffice.data.reading import ReadExamples, read_examples
from suffice.data.splitting import asked, divide
from suffice.data.summary import Summary, summarise
from suffice.data.twins import find_twins
from suffice.examples import Split, fingerprint

if TYPE_CHECKING:
    import pandas as pd

CONTEXT_TOKENS = 8192
"""Context of the embedded model; the smallest of the hosted ones is larger."""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What came through, what was found, and a digest of the data."""

    split: Split
    report: CheckReport
    changes: tuple[Change, ...]
    """What cleaning the files would drop or mask."""
    fingerprint: str
    """Changes whenever an example changes or moves to another part."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was read, before it is judged."""

    examined: Examined
    summary: Summary
    frame: pd.DataFrame
    """One row for each line; see `suffice.features.COLUMNS`."""


def check(brief: Brief, *, context_tokens: int = CONTEXT_TOKENS) -> Gate:
    """
    Read, split and judge what *brief* names; nothing is spent and nothing written.

    Raises `UnusableInput` where nothing can be read.  What is wrong with the rows is
    in the report, which says whether the climb may start.
    """
    seen = examine(brief)
    split = seen.examined.divided.split
    findings = _judge(seen.frame, seen.summary.frame(), brief, context_tokens)
    findings += [f for read in seen.examined.reads for f in _unknown_keys(read)]
    judged = report(
        findings,
        split,
        n_rows=len(seen.frame),
        facts=seen.summary.facts,
        charts=seen.summary.charts,
    )
    return Gate(
        split=split,
        report=judged,
        changes=plan(seen.frame),
        fingerprint=digest(split),
    )


def examine(brief: Brief) -> Seen:
    """Read and split what *brief* names, and measure every row and the whole set."""
    reads = [read_examples(brief.examples, columns=brief.columns)]
    if brief.test_examples:
        reads.insert(0, read_examples(brief.test_examples, columns=brief.columns))
    everything = tuple(e for read in reads for e in read.examples)
    n_test = len(reads[0].examples) if brief.test_examples else 0
    twins = find_twins([asked(e) for e in everything], n_first=n_test)
    divided = divide(everything[n_test:], everything[:n_test], twins, seed=brief.seed)
    examined = Examined(
        reads=tuple(reads),
        everything=everything,
        twins=twins,
        divided=divided,
        measures=measure_texts(everything),
    )
    summary = summarise(examined, brief)
    marks = {"off_form": summary.off_form, "label_suspect": summary.suspects}
    return Seen(examined=examined, summary=summary, frame=features(examined, marks))


def _judge(
    rows: pd.DataFrame, whole: pd.DataFrame, brief: Brief, context_tokens: int
) -> list[Finding]:
    """What both suites find, with the severities that the brief has set."""
    of_rows, of_set = load(CHAT), load(WHOLE_SET)
    limits = {"context_tokens": context_tokens}
    findings = validate(rows, suite=of_rows, parameters=limits)
    findings += validate(whole, suite=of_set)
    return adjust(findings, brief.severities, names(of_rows, of_set))


def digest(split: Split) -> str:
    """A digest of the three parts, 64 hexadecimal digits."""
    parts = (fingerprint(p) for p in (split.train, split.dev, split.test))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _unknown_keys(read: ReadExamples) -> list[Finding]:
    if not read.unknown_keys:
        return []
    names = ", ".join(sorted(repr(k) for k in read.unknown_keys)[:10])
    return [
        Finding(
            name="unknown-keys",
            check=f"every key of {read.source} means something (found {names})",
            severity="warning",
            count=max(read.unknown_keys.values()),
            consequence="these keys are not used; one may be misspelt",
            remedy="correct or delete them",
        )
    ]
