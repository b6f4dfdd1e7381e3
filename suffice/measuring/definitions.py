"""
Labels defined by example: for each, the training question that tells it best.

Pure, and from training examples only.  A question is telling when its words stand in
questions of its label and hardly in others.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence

from suffice.examples import Example
from suffice.measuring.demonstrations import json_objects
from suffice.measuring.fields import as_fields
from suffice.measuring.formats import fixed_values
from suffice.retrieval.pools import question_of
from suffice.retrieval.words import words_of

_MOST_LABELS = 40
_LONGEST = 200
"""Characters of a question that are shown."""


def define_labels(train: Sequence[Example]) -> str:
    """
    A line for each label with its most telling question; empty without labels.

    Answers that are JSON objects are defined by each field that has labels.
    """
    lines = []
    for name, column in _columns([e.answer for e in train]).items():
        shown = [" ".join(v.split()) for v in column]
        labels = fixed_values(shown)
        if labels and len(labels) > 1:
            told = f"{name} " if name else ""
            lines += [
                f'- {told}{label}: such as "{_short(question)}"'
                for label, question in most_telling(train, shown)
            ]
    if not lines or len(lines) > _MOST_LABELS:
        return ""
    return "\n".join(("What the labels mean:", *lines))


def most_telling(
    train: Sequence[Example], labels: Sequence[str]
) -> list[tuple[str, str]]:
    """Each label, in order, with the question that tells it best."""
    questions = [question_of(e.messages) for e in train]
    words = [frozenset(words_of(q)) for q in questions]
    everywhere = Counter(w for some in words for w in some)
    found = []
    for label in sorted(set(labels) - {""}):
        own = [i for i, known in enumerate(labels) if known == label]
        inside = Counter(w for i in own for w in words[i])

        def telling(i: int, inside: Counter[str] = inside) -> float:
            """Mean log odds of its words; a longer question is not a better one."""
            odds = [
                math.log((inside[w] + 0.5) / (everywhere[w] - inside[w] + 0.5))
                for w in words[i]
            ]
            return sum(odds) / (len(odds) + 2) if odds else -math.inf

        best = max(own, key=lambda i: (telling(i), -i))
        found.append((label, questions[best]))
    return found


def _columns(answers: Sequence[str]) -> dict[str, list[str]]:
    if not json_objects(answers):
        return {"": list(answers)}
    return {json.dumps(key): column for key, column in as_fields(answers).items()}


def _short(question: str) -> str:
    text = " ".join(question.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
