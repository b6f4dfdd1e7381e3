"""The data gate: reads, splits and judges the examples of a brief."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from expectations.suite import load, names, validate
from suffice.brief import Brief
from suffice.checking import CheckReport, Finding, adjust, report
from suffice.examples import Split, fingerprint
from suffice.features import Examined, features
from suffice.reading import ReadExamples, read_examples
from suffice.splitting import asked, divide
from suffice.twins import find_twins

CONTEXT_TOKENS = 8192
"""Context of the embedded model; the smallest of the hosted ones is larger."""
UNKNOWN_KEYS = "unknown-keys"


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What came through, what was found, and a digest of the data."""

    split: Split
    report: CheckReport
    fingerprint: str
    """Changes whenever an example changes or moves to another part."""


def check(brief: Brief, *, context_tokens: int = CONTEXT_TOKENS) -> Gate:
    """
    Read, split and judge what *brief* names; nothing is spent and nothing written.

    Raises `UnusableInput` where nothing can be read.  What is wrong with the rows is
    in the report, which says whether the climb may start.
    """
    reads = [read_examples(brief.examples, columns=brief.columns)]
    if brief.test_examples:
        reads.insert(0, read_examples(brief.test_examples, columns=brief.columns))
    everything = [e for read in reads for e in read.examples]
    n_test = len(reads[0].examples) if brief.test_examples else 0
    twins = find_twins([asked(e) for e in everything], n_first=n_test)
    divided = divide(everything[n_test:], everything[:n_test], twins, seed=brief.seed)
    frame = features(Examined(reads=tuple(reads), twins=twins, divided=divided))
    suite = load()
    parameters = {"context_tokens": context_tokens}
    findings = validate(frame, suite=suite, parameters=parameters)
    findings += [f for read in reads for f in _unknown_keys(read)]
    known = (*names(suite), UNKNOWN_KEYS)
    findings = adjust(findings, brief.severities, known)
    return Gate(
        split=divided.split,
        report=report(findings, divided.split, n_rows=len(frame)),
        fingerprint=digest(divided.split),
    )


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
            name=UNKNOWN_KEYS,
            check=f"every key of {read.source} means something (found {names})",
            severity="warning",
            count=max(read.unknown_keys.values()),
            consequence="these keys are not used; one may be misspelt",
            remedy="correct or delete them",
        )
    ]
