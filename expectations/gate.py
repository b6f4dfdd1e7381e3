"""The data gate: judges the examples of a brief, read and measured."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from expectations.suite import CHAT, WHOLE_SET, load, names, validate
from suffice.brief import Brief
from suffice.data.checking import CheckReport, Finding, adjust, report
from suffice.data.cleaning import Change, plan, told
from suffice.data.examining import Seen, examine
from suffice.data.needs import Proof
from suffice.data.reading import ReadExamples
from suffice.data.tokens import TokenCounter, TokenRules
from suffice.examples import Split, fingerprint

UNLIMITED = 1e9
"""Tokens, where no limit is known: nothing is longer."""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What came through, what was found, and a digest of the data."""

    split: Split
    report: CheckReport
    changes: tuple[Change, ...]
    """What cleaning the files would drop or mask."""
    fingerprint: str
    """Changes whenever an example changes or moves to another part."""


def check(
    brief: Brief,
    rules: TokenRules | None = None,
    proof: Proof | None = None,
    *,
    tell: Callable[[str], None] | None = None,
) -> Gate:
    """
    Read, split and judge what *brief* names; nothing is spent and nothing written.

    Raises `UnusableInput` where nothing can be read.  What is wrong with the rows is
    in the report, which says whether the climb may start.
    """
    seen = examine(brief, rules, proof, tell=tell)
    split = seen.examined.divided.split
    changes = plan(seen.frame)
    judged = report(
        _judge(seen, brief),
        split,
        n_rows=len(seen.frame),
        facts=seen.summary.facts,
        charts=seen.summary.charts,
        cleaning=told(changes),
    )
    return Gate(
        split=split,
        report=judged,
        changes=changes,
        fingerprint=digest(split),
    )


def _judge(seen: Seen, brief: Brief) -> list[Finding]:
    """What both suites find, with the severities that the brief has set."""
    of_rows, of_set = load(CHAT), load(WHOLE_SET)
    findings = validate(seen.frame, suite=of_rows, parameters=_limits(seen.rules))
    findings += validate(seen.summary.frame(), suite=of_set)
    findings += [f for read in seen.examined.reads for f in _unknown_keys(read)]
    return adjust(findings, brief.severities, (*names(of_rows, of_set), UNKNOWN_KEYS))


def _limits(rules: TokenRules) -> dict[str, float]:
    told = TokenCounter(rules.model).count(rules.instructions)
    context, training = rules.context_tokens, rules.training_tokens
    return {
        "context_tokens": UNLIMITED if context is None else context - told,
        "training_tokens": UNLIMITED if training is None else training,
    }


def digest(split: Split) -> str:
    """A digest of the three parts, 64 hexadecimal digits."""
    parts = (fingerprint(p) for p in (split.train, split.dev, split.test))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


UNKNOWN_KEYS = "unknown-keys"
"""Name of the one check that is no expectation: what it is about is no column."""


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
