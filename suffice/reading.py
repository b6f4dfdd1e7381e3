"""
Examples from files: the good ones, and every line that is none, located.

A bad line never stops the reading and is never passed over: the gate decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from suffice.chat import KNOWN_KEYS, to_example
from suffice.errors import BadExamples
from suffice.examples import Example
from suffice.lines import Limits, Line, open_lines
from suffice.parsing import Problem, parse


@dataclass(frozen=True, kw_only=True)
class ReadExamples:
    """What one source holds."""

    source: str
    examples: tuple[Example, ...]
    """In the order of the source, with ids that differ."""
    problems: tuple[Problem, ...] = ()
    """Lines that are no example, in the order of the source."""
    n_lines: int = 0
    """Lines that are not blank."""
    unknown_keys: Mapping[str, int] = field(default_factory=dict)
    """Keys of lines that mean nothing here, and how often they stand there."""


def read_examples(source: str, *, limits: Limits | None = None) -> ReadExamples:
    """
    All examples that *source* (a path, a pattern or an s3:// URL) holds.

    Raises `UnusableInput` where nothing can be read at all: no such file, not text,
    damaged, empty.  Lines that are wrong become `ReadExamples.problems`.
    """
    examples: list[Example] = []
    problems: list[Problem] = []
    unknown: Counter[str] = Counter()
    ids: dict[str, str] = {}
    for line in open_lines(source, limits):
        if line.n_bytes == len(line.data) and not line.data.strip():
            continue
        found = _read(line, unknown)
        if isinstance(found, Example):
            found = _unique(found, ids)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            examples.append(found)
    if not examples and not problems:
        raise BadExamples(f"{source!r} is empty; put one chat a line into it, as JSON.")
    return ReadExamples(
        source=source,
        examples=tuple(examples),
        problems=tuple(problems),
        n_lines=len(examples) + len(problems),
        unknown_keys=dict(unknown),
    )


def require_all(read: ReadExamples) -> tuple[Example, ...]:
    """The examples, where every line is one; else `BadExamples` for the first."""
    if read.problems:
        first, more = read.problems[0], len(read.problems) - 1
        rest = f" ({more} more lines are bad)" if more else ""
        raise BadExamples(
            f"{first.where}: {first.message}{rest}; mend or delete the line."
        )
    return read.examples


def _read(line: Line, unknown: Counter[str]) -> Example | Problem:
    row = parse(line)
    if isinstance(row, Problem):
        return row
    if not row.keys() <= KNOWN_KEYS:
        unknown.update(k[:40] for k in row.keys() - KNOWN_KEYS)
    return to_example(row, line.where)


def _unique(example: Example, ids: dict[str, str]) -> Example | Problem:
    """
    The example under an id of its own.

    Two rows that say the same have the same digest as id; the later gets a number.
    """
    first = ids.setdefault(example.id, example.where)
    if first == example.where:
        return example
    n = 2
    while f"{example.id}-{n}" in ids:
        n += 1
    ids[f"{example.id}-{n}"] = example.where
    return replace(example, id=f"{example.id}-{n}")
