"""
What went wrong beside being wrong: answers not in the wanted form, prompts too long.

Both are counted from the stored outcomes; the form is learned from training answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from suffice.measuring.demonstrations import json_objects
from suffice.measuring.formats import fixed_values, is_number
from suffice.results import Outcome

_TOO_LONG = re.compile(
    r"context.length|context.window|maximum context|prompt is too long|too many tokens",
    re.IGNORECASE,
)


def n_malformed(outcomes: Sequence[Outcome], answers: Sequence[str]) -> int:
    """
    Answers that lost score and are not in the form of the training *answers*.

    The form is a fixed list of labels, a JSON object with known fields, or a number;
    0 where the training answers have none of these.
    """
    well_formed = _form(answers)
    if well_formed is None:
        return 0
    lost = (o for o in outcomes if o.score is not None and o.score < 1)
    return sum(not well_formed(o.answer or "") for o in lost)


def n_too_long(outcomes: Sequence[Outcome]) -> int:
    """Calls that stayed unanswered because the prompt exceeded the model's context."""
    return sum(o.score is None and bool(_TOO_LONG.search(o.reason)) for o in outcomes)


def _form(answers: Sequence[str]) -> Callable[[str], bool] | None:
    objects = json_objects(answers)
    if objects:
        fields = set.intersection(*(set(o) for o in objects))
        return lambda text: _has_fields(text, fields)
    labels = fixed_values(answers)
    if labels:
        known = {_plain(label) for label in labels}
        return lambda text: _plain(text) in known
    if answers and all(is_number(a) for a in answers):
        return is_number
    return None


def _has_fields(text: str, fields: set[str]) -> bool:
    found = json_objects([text])
    return found is not None and fields <= set(found[0])


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold().rstrip(".")
