"""
What a judge said, read strictly: one JSON object and nothing else.

Anything else is no verdict, and the score is missing.  A judge that was talked into
something seldom keeps to the form, and one that only repeats what the answer told it
to say lacks the code of the case.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

_IN_A_BLOCK = re.compile(r"```(?:json)?\s*\n(.*)\n```", re.DOTALL)
_LONGEST_REASON = 200


class NoVerdict(ValueError):
    """The judge's reply cannot be read as one verdict."""


def read_grade(text: str, *, case: str, grades: int) -> tuple[int, str]:
    """
    Grade and reason in a reply such as ``{"case": "3f...", "grade": 4}``.

    Raises `NoVerdict`.

    >>> read_grade('{"case": "3f", "grade": 4, "reason": "fine"}', case="3f", grades=5)
    (4, 'fine')
    """
    said = _object(text, case, {"case", "grade", "reason"})
    grade = said.get("grade")
    if isinstance(grade, bool) or not isinstance(grade, int):
        raise NoVerdict(f"its grade is {grade!r}, which is no whole number")
    if not 0 <= grade < grades:
        raise NoVerdict(f"its grade is {grade!r}, not one of 0 to {grades - 1}")
    return grade, _reason(said)


def read_choice(text: str, *, case: str, choices: Sequence[str]) -> tuple[str, str]:
    """
    Choice and reason in a reply such as ``{"case": "3f...", "better": "first"}``.

    Raises `NoVerdict`.
    """
    said = _object(text, case, {"case", "better", "reason"})
    choice = said.get("better")
    if choice not in choices:
        raise NoVerdict(f"it chose {choice!r}, not one of {', '.join(choices)}")
    return str(choice), _reason(said)


def _object(text: str, case: str, keys: set[str]) -> dict[str, Any]:
    stripped = text.strip()
    block = _IN_A_BLOCK.fullmatch(stripped)
    try:
        said = json.loads(
            block.group(1) if block else stripped, object_pairs_hook=_once
        )
    except (ValueError, RecursionError) as error:
        raise NoVerdict(f"it is not one JSON object: {stripped[:60]!r}") from error
    if not isinstance(said, dict):
        raise NoVerdict(f"it is not one JSON object: {stripped[:60]!r}")
    if said.get("case") != case:
        raise NoVerdict(f"it speaks of case {said.get('case')!r}, not of {case!r}")
    if more := said.keys() - keys:
        raise NoVerdict(f"it says more than it was asked: {', '.join(sorted(more))}")
    return said


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) < len(pairs):
        raise ValueError("a key is given twice")
    return said


def _reason(said: dict[str, Any]) -> str:
    return str(said.get("reason") or "")[:_LONGEST_REASON]
