"""Rows that ask the same as an earlier row, and whether their answers agree."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from suffice.data.twins import Twins
from suffice.examples import Example

MIN_QUOTED = 20
"""Characters from which a question that stands elsewhere is no coincidence."""


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """For rows that repeat a question, the earlier row."""

    duplicate: dict[int, int] = field(default_factory=dict)
    """An earlier row with the same answer."""
    conflict: dict[int, int] = field(default_factory=dict)
    """An earlier row with another answer, which neither lists as as good."""
    near_conflict: dict[int, int] = field(default_factory=dict)
    """An earlier row that asks nearly the same and has another label."""


def find_repeats(
    examples: Sequence[Example], twins: Twins, labels: Sequence[str] = ()
) -> Repeats:
    """
    Rows of *examples* that repeat a question.

    The same question is one with the same text, system message and tools.  Near twins
    contradict each other only where the answers are *labels*: in free text another
    number in the question makes another answer right.
    """
    members: dict[int, list[int]] = defaultdict(list)
    for i, first in enumerate(twins.copy_of):
        if first >= 0:
            members[first] = members[first] or [first]
            members[first].append(i)
    repeats = Repeats()
    for rows in members.values():
        given: dict[tuple[object, ...], dict[str, int]] = defaultdict(dict)
        for i in rows:
            tools = json.dumps(examples[i].tools, sort_keys=True)
            answers = given[examples[i].system, tools]
            same, other = _earlier(answers, i, examples)
            if same >= 0:
                repeats.duplicate[i] = same
            if other >= 0:
                repeats.conflict[i] = other
    repeats.near_conflict.update(
        (i, twin)
        for i, twin in enumerate(twins.twin_of)
        if twin >= 0
        and labels
        and labels[i] != labels[twin]
        and examples[i].system == examples[twin].system
    )
    return repeats


def quoted(
    examples: Sequence[Example], parts: Sequence[str], instructions: str
) -> list[int]:
    """Indices of the test examples whose question stands in the *instructions*."""
    told = _folded(instructions)
    return [
        i
        for i, part in enumerate(parts)
        if part == "test"
        and len(question := _folded(examples[i].question)) >= MIN_QUOTED
        and question in told
    ]


def _earlier(
    answers: dict[str, int], i: int, examples: Sequence[Example]
) -> tuple[int, int]:
    """
    Earlier rows that ask the same as row *i*: one that agrees and one that does not.

    *answers* holds each answer that was given so far, and gains this one.
    """
    mine = _plain(examples[i].answer)
    allowed = {mine, *map(_plain, examples[i].references)}
    same = answers.get(mine, -1)
    other = -1
    for given, j in answers.items():
        if given not in allowed and mine not in map(_plain, examples[j].references):
            other = j
            break
    answers.setdefault(mine, i)
    return same, other


def _plain(answer: str) -> str:
    """An answer without what does not change its meaning, as far as form tells."""
    try:
        value = json.loads(answer)
    except (ValueError, RecursionError):
        return _folded(answer)
    return json.dumps(value, sort_keys=True)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
