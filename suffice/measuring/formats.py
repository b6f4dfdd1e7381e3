"""
The format of the answers, told in a sentence, mined from the answers themselves.

It looks at training answers only and never invents: a field is said to be one of a
few values only where the values repeat often enough to believe that.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from suffice.candidates import AnswerRule
from suffice.measuring.demonstrations import json_objects

_MOST_LABELS = 60
_REPEATS = 3
"""Each value must occur so often, on average, to count as one of a fixed list."""


def describe_format(answers: Sequence[str]) -> str:
    """
    One or two sentences that say how an answer must look; empty without answers.

    >>> describe_format(["yes", "no", "yes", "yes", "no", "no"])
    'Answer with exactly one of: no, yes. Nothing else.'
    """
    if not answers:
        return ""
    objects = json_objects(answers)
    if objects:
        return _describe_objects(objects)
    labels = fixed_values(answers)
    if labels:
        return f"Answer with exactly one of: {', '.join(labels)}. Nothing else."
    if all(is_number(a) for a in answers):
        return "Answer with a number only. Nothing else."
    lengths = sorted(len(a.split()) for a in answers)
    longest = lengths[int(0.95 * (len(lengths) - 1))]
    lines = "one line of " if one_line(answers) else ""
    return f"Answer with {lines}at most {max(1, longest)} words, and nothing else."


def natural_rule(answers: Sequence[str]) -> AnswerRule:
    """How to take such answers out of a reply that may say more than was asked."""
    if json_objects(answers):
        return "json"
    return "first-line" if answers and one_line(answers) else "whole"


def one_line(answers: Sequence[str]) -> bool:
    """Whether no answer has a line break."""
    return not any("\n" in a.strip() for a in answers)


def fixed_values(values: Sequence[str]) -> list[str] | None:
    """The values, sorted, where they seem to come from a fixed list; else ``None``."""
    distinct = sorted({" ".join(v.split()) for v in values})
    few = len(distinct) <= _MOST_LABELS and len(distinct) * _REPEATS <= len(values)
    return distinct if few else None


def _describe_objects(objects: Sequence[dict[str, object]]) -> str:
    keys = list(dict.fromkeys(key for o in objects for key in o))
    told = []
    for key in keys:
        values = [o[key] for o in objects if key in o]
        always = "" if len(values) == len(objects) else ", left out where it is unknown"
        told.append(f"{json.dumps(key)} ({_describe_values(values)}{always})")
    return (
        "Answer with one line of JSON with these keys, in this order: "
        f"{', '.join(told)}. Nothing before it, nothing after it."
    )


def _describe_values(values: Sequence[object]) -> str:
    shown = [json.dumps(v, ensure_ascii=False) for v in values]
    fixed = fixed_values(shown)
    if fixed:
        return f"one of {', '.join(fixed)}" if len(fixed) > 1 else f"always {fixed[0]}"
    kinds = {type(v) for v in values}
    names = {
        str: "text",
        int: "a whole number",
        float: "a number",
        bool: "true or false",
    }
    names |= {list: "a list", dict: "an object"}
    return names.get(next(iter(kinds)), "null") if len(kinds) == 1 else "any value"


def is_number(text: str) -> bool:
    """Whether *text* is one number; thousands may be set apart by commas."""
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True
