"""
The form that the answers share, and the rows that are off it.

Discovered, not declared: JSON with these keys and types, one of a few labels, a list
of bullets, a number, or plain text of some length in one language.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suffice.data.languages import COMMON, language

DOMINANT = 0.8
"""Share of the answers from which a form is the form of the set."""
USUAL = 0.95
"""Share of the answers from which a key or a type belongs to the form."""
FEW_LABELS = 30
MIN_ROWS = 20
"""Fewer have no form to speak of."""
_BULLET = re.compile(r"^\s*(?:[-*\u2022]|\d+[.)])\s+\S", re.MULTILINE)
_NUMBER = re.compile(r"[-+]?[\d.,]*\d\s*%?")


@dataclass(frozen=True, kw_only=True)
class Form:
    """What the answers look like."""

    name: str
    """Such as ``JSON with category, severity`` or ``one of 7 labels``."""
    off: Mapping[int, str]
    """Index of each answer that is off it, and in what."""
    drift: float
    """How far the first and the second half differ in form, 0 (not) to 1."""


def discover(answers: Sequence[str]) -> Form | None:
    """The form of *answers*; ``None`` where there are too few to have one."""
    if len(answers) < MIN_ROWS:
        return None
    parsed = [_parse(answer) for answer in answers]
    kinds = [_kind(a, p) for a, p in zip(answers, parsed, strict=True)]
    if kinds.count("a number") < DOMINANT * len(kinds):
        # Among short answers in words a number is nothing unusual.
        kinds = ["plain text" if kind == "a number" else kind for kind in kinds]
    labels = Counter(answers)
    common = Counter(kinds).most_common(1)[0]
    share = common[1] / len(answers)
    off = {
        i: f"{kind}, where {share:.0%} are {common[0]}"
        for i, kind in enumerate(kinds)
        if kind != common[0] and share >= DOMINANT
    }
    name = common[0] if share >= DOMINANT else "mixed forms"
    if common[0] == "a JSON object" and share >= DOMINANT:
        rows = {i: p for i, p in enumerate(parsed) if isinstance(p, dict)}
        name, wrong = _judge_objects(rows)
        off |= wrong
    elif _are_labels(labels, len(answers)):
        name = f"one of {sum(n >= 3 for n in labels.values())} labels"
        off |= _odd_values(dict(enumerate(answers)), "the label")
    elif common[0] == "plain text" and share >= DOMINANT:
        off |= _odd_lengths(answers, off) | _odd_languages(answers)
    return Form(name=name, off=dict(sorted(off.items())), drift=_drift(kinds, parsed))


def _parse(answer: str) -> Any:
    if answer.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(answer)
    except (ValueError, RecursionError):
        return None


def _kind(answer: str, parsed: Any) -> str:
    if isinstance(parsed, dict):
        return "a JSON object"
    if isinstance(parsed, list):
        return "a JSON list"
    text = answer.strip()
    if text.startswith("```"):
        return "a code block"
    if text.startswith("{"):
        return "damaged JSON"
    if "\n" in text and len(_BULLET.findall(text)) >= 2:
        return "a list of points"
    return "a number" if text and _NUMBER.fullmatch(text) else "plain text"


def _are_labels(labels: Counter[str], n: int) -> bool:
    """Whether nearly all answers are a few values again and again."""
    common = [(v, k) for v, k in labels.most_common(FEW_LABELS) if k >= 3]
    covered = sum(k for _, k in common)
    short = all(len(v) <= 80 for v, _ in common)
    return short and covered >= DOMINANT * n and n >= 5 * len(common)


def _judge_objects(rows: Mapping[int, dict[str, Any]]) -> tuple[str, dict[int, str]]:
    """The keys and types that the objects share, and the rows that differ."""
    n = len(rows)
    keys = Counter(key for row in rows.values() for key in row)
    usual = [key for key, count in keys.items() if count >= USUAL * n]
    known = {key for key, count in keys.items() if count > 0.02 * n or count >= 5}
    off: dict[int, str] = {}
    for i, row in rows.items():
        missing = [key for key in usual if key not in row]
        foreign = [key for key in row if key not in known]
        if missing:
            off[i] = f"the key {missing[0]!r:.60} is missing"
        elif foreign:
            off[i] = f"the key {foreign[0]!r:.60} is unusual"
    for key in usual:
        values = {i: row[key] for i, row in rows.items() if key in row}
        off |= {i: said for i, said in _odd_types(values, key).items() if i not in off}
        texts = {i: v for i, v in values.items() if isinstance(v, str)}
        if len(texts) == len(values) and _are_labels(Counter(texts.values()), n):
            odd = _odd_values(texts, repr(key))
            off |= {i: said for i, said in odd.items() if i not in off}
    return f"JSON with {', '.join(usual) or 'no common key'}", off


def _odd_types(values: Mapping[int, Any], key: str) -> dict[int, str]:
    types = {i: _type(value) for i, value in values.items()}
    common, count = Counter(types.values()).most_common(1)[0]
    if count < USUAL * len(types):
        return {}
    return {
        i: f"{key!r:.60} is {kind}, where it mostly is {common}"
        for i, kind in types.items()
        if kind != common and "null" not in (kind, common)
    }


def _type(value: Any) -> str:
    names = {bool: "true or false", dict: "an object", list: "a list", str: "text"}
    return "null" if value is None else names.get(type(value), "a number")


def _odd_values(values: Mapping[int, str], what: str) -> dict[int, str]:
    """Rare values that are a slip of the pen from a common one, or hold one."""
    counts = Counter(values.values())
    common = [v for v, n in counts.items() if n >= 5]
    slips = {}
    for value, n in counts.items():
        near = [c for c in common if counts[c] >= 5 * n and _slipped(value, c)]
        if near:
            slips[value] = near[0]
    return {
        i: f"{what} {value!r:.60} is rare and looks like {slips[value]!r:.60}"
        for i, value in values.items()
        if value in slips
    }


def _slipped(value: str, label: str) -> bool:
    """Whether *value* may be meant as *label*."""
    from rapidfuzz import fuzz

    a, b = value.casefold().strip(), label.casefold().strip()
    if value == label:
        return False
    return a == b or fuzz.ratio(a, b) >= 85 or (len(b) >= 4 and b in a)


def _odd_lengths(answers: Sequence[str], off: Mapping[int, str]) -> dict[int, str]:
    """Answers far longer or shorter than the others, by the quartiles of log length."""
    import numpy as np

    logs = np.log([max(1, len(answer)) for answer in answers])
    low, high = np.quantile(logs, [0.25, 0.75])
    reach = 3 * max(high - low, math.log(1.5))
    return {
        i: f"{len(answers[i])} characters, where most have "
        f"{math.exp(low):.0f} to {math.exp(high):.0f}"
        for i in np.flatnonzero((logs < low - reach) | (logs > high + reach)).tolist()
        if i not in off
    }


def _odd_languages(answers: Sequence[str]) -> dict[int, str]:
    step = max(1, len(answers) // 2000)
    known = [lang for a in answers[::step] if (lang := language(a))]
    if len(known) < MIN_ROWS:
        return {}
    common, count = Counter(known).most_common(1)[0]
    share = count / len(known)
    if share < 0.9:
        return {}
    usual = COMMON.get(common, frozenset())
    return {
        i: f"in {lang}, where {share:.0%} are in {common}"
        for i, answer in enumerate(answers)
        # Most answers show by a few words that they are in the common language.
        if len(usual.intersection(answer.split())) < 3
        and (lang := language(answer)) not in ("", common)
    }


def _drift(kinds: Sequence[str], parsed: Sequence[Any]) -> float:
    """Total variation between the forms of the first and the second half."""
    marks = [
        f"{kind} {sorted((k, _type(v)) for k, v in p.items())}"
        if isinstance(p, dict) and len(p) <= 50
        else kind
        for kind, p in zip(kinds, parsed, strict=True)
    ]
    middle = len(marks) // 2
    first, second = Counter(marks[:middle]), Counter(marks[middle:])
    halves = (middle, len(marks) - middle)
    return 0.5 * sum(
        abs(first[m] / halves[0] - second[m] / halves[1]) for m in {*first, *second}
    )
