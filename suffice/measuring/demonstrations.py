"""
Demonstrations: which labelled examples a model is shown before the question.

Drawn at random, a fair share of each kind of answer, the same for the same seed.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

from suffice.candidates import Demonstration
from suffice.examples import Example, Message

_CHARS_PER_TOKEN = 3.5
_TOKENS_PER_MESSAGE = 8
"""What chat templates put around each message."""


def draw_demonstrations(
    train: Sequence[Example], k: int, *, seed: int, draw: int
) -> tuple[Demonstration, ...]:
    """
    *k* examples of *train*: as many kinds of answer as fit, then round again.

    Fewer than *k* when there are not so many.  Different *draw*, different examples.
    """
    rng = random.Random(f"{seed}/{draw}")
    kinds = [list(kind) for kind in by_kind(train)]
    for kind in kinds:
        rng.shuffle(kind)
    rng.shuffle(kinds)
    picked: list[Example] = []
    while len(picked) < k and any(kinds):
        for kind in kinds:
            if kind and len(picked) < k:
                picked.append(kind.pop())
    rng.shuffle(picked)
    return tuple(map(as_demonstration, picked))


def as_demonstration(example: Example) -> Demonstration:
    """The example as it is shown: without what is for training only."""
    messages: tuple[Message, ...] = tuple(
        {k: v for k, v in m.items() if k != "weight"} for m in example.messages
    )
    return Demonstration(messages=messages, answer=example.answer)


def by_kind(train: Sequence[Example]) -> list[tuple[Example, ...]]:
    """
    The examples by their answer, where answers repeat.

    Answers that are JSON objects count as alike when their first repeating field is;
    where nothing repeats, all examples are of one kind.
    """
    for kinds in _ways_to_tell(train):
        if 1 < len(set(kinds)) <= len(train) / 2:
            groups: dict[str, list[Example]] = {}
            for kind, example in zip(kinds, train, strict=True):
                groups.setdefault(kind, []).append(example)
            return [tuple(groups[kind]) for kind in sorted(groups)]
    return [tuple(train)]


def n_tokens(chars: int, n_messages: int = 0) -> int:
    """Estimate for English text: good enough to stay inside a context."""
    return int(chars / _CHARS_PER_TOKEN) + _TOKENS_PER_MESSAGE * n_messages


def _ways_to_tell(train: Sequence[Example]) -> list[list[str]]:
    ways = [[" ".join(e.answer.split()) for e in train]]
    objects = json_objects([e.answer for e in train])
    if objects:
        ways += [[json.dumps(o.get(key)) for o in objects] for key in objects[0]]
    return ways


def json_objects(answers: Sequence[str]) -> list[dict[str, object]] | None:
    """The answers as JSON objects; ``None`` unless all of them are."""
    objects = []
    for answer in answers:
        try:
            value = json.loads(answer)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, dict):
            return None
        objects.append(value)
    return objects or None
