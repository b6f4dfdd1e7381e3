"""
The floor: what no language model at all achieves on the same examples.

Majority, TF-IDF with logistic regression, and the answer of the nearest training
example.  Answers that are JSON objects are predicted field by field.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from suffice.candidates import Candidate
from suffice.errors import BadExamples
from suffice.examples import Example, Split
from suffice.journal import Journal
from suffice.measuring.calls import Desk
from suffice.measuring.choosing import choose
from suffice.measuring.demonstrations import json_objects
from suffice.measuring.fields import as_fields, from_fields
from suffice.measuring.measure import measure
from suffice.measuring.scorers import Scorer
from suffice.results import Completion, Measured, Outcome
from suffice.statistics.acceptance import Design

MAJORITY, TFIDF, NEAREST = "majority", "tf-idf + regression", "nearest neighbour"
_FEATURES = 30_000
_NOTE = "no model is called: a fraction of a CPU-millisecond per request, counted as $0"

Predict = Callable[[Sequence[str]], list[str]]
"""From questions to answers."""


def floor_methods(train: Sequence[Example]) -> list[str]:
    """The methods that can be tried on such examples, the simplest first."""
    if not train:
        return []
    learnable = any(_is_label(column) for column in _columns(train).values())
    return [MAJORITY, *([TFIDF] if learnable else []), NEAREST]


def floor_candidates(train: Sequence[Example]) -> list[Candidate]:
    """One candidate for each method; ``model`` is its name."""
    return [
        Candidate(rung="floor", name=name, model=name, tags=("no LLM",))
        for name in floor_methods(train)
    ]


def measure_floor(
    split: Split, *, scorer: Scorer, design: Design, journal: Journal | None = None
) -> tuple[Candidate, Measured, tuple[Outcome, ...]]:
    """
    The best method on dev, judged on test by the same rule as every other rung.

    Raises `BadExamples` without training examples.
    """
    if not split.train:
        raise BadExamples("the floor has nothing to learn from: 0 training examples")
    desk = Desk(model=FloorModel(split.train), scorer=scorer, endpoint_name="floor")
    chosen = choose(floor_candidates(split.train), split.dev, desk=desk).winner
    measured, outcomes = measure(
        chosen, split.test, desk=desk, design=design, journal=journal
    )
    note = "; ".join(filter(None, (measured.note, _NOTE)))
    free = replace(measured, usd_per_request=0.0, n_calls=0, note=note)
    return chosen, free, outcomes


class FloorModel:
    """Answers chat requests without a language model; ``model`` names the method."""

    def __init__(self, train: Sequence[Example]) -> None:
        """Learns from *train*, each method when it is first asked."""
        self._train = train
        self._learned: dict[str, Predict] = {}

    async def complete(self, request: Mapping[str, Any]) -> Completion:
        """Answer the user's messages of *request*; no tokens, no cost."""
        begun = time.perf_counter()
        text = self.predict(request["model"], [_asked(request["messages"])])[0]
        return Completion(
            text=text,
            model=request["model"],
            finish_reason="stop",
            input_tokens=0,
            latency_s=time.perf_counter() - begun,
        )

    def predict(self, method: str, questions: Sequence[str]) -> list[str]:
        """What *method* answers to *questions*."""
        if method not in self._learned:
            learn = {
                MAJORITY: self._majority,
                TFIDF: self._regression,
                NEAREST: self._nearest,
            }[method]
            self._learned[method] = learn()
        return self._learned[method](questions)

    def _majority(self) -> Predict:
        common = {
            key: Counter(column).most_common(1)[0][0]
            for key, column in _columns(self._train).items()
        }
        answer = from_fields(common, self._train[0].answer)
        return lambda questions: [answer] * len(questions)

    def _regression(self) -> Predict:
        from sklearn.linear_model import LogisticRegression

        models: dict[str, Any] = {}
        fixed: dict[str, str] = {}
        for key, column in _columns(self._train).items():
            if _is_label(column):
                model = LogisticRegression(C=10.0, max_iter=500)
                models[key] = model.fit(self._rows, column)
            else:
                fixed[key] = Counter(column).most_common(1)[0][0]
        order = list(_columns(self._train))
        like = self._train[0].answer

        def predict(questions: Sequence[str]) -> list[str]:
            rows = self._features.transform(questions)
            told = {key: list(model.predict(rows)) for key, model in models.items()}
            told |= {key: [value] * len(questions) for key, value in fixed.items()}
            return [
                from_fields({key: str(told[key][i]) for key in order}, like)
                for i in range(len(questions))
            ]

        return predict

    def _nearest(self) -> Predict:
        known = self._rows

        def predict(questions: Sequence[str]) -> list[str]:
            likeness = self._features.transform(questions) @ known.T
            return [
                self._train[int(i)].answer for i in likeness.toarray().argmax(axis=1)
            ]

        return predict

    @cached_property
    def _features(self) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer

        return TfidfVectorizer(
            ngram_range=(1, 2),
            sublinear_tf=True,
            max_features=_FEATURES,
            token_pattern=r"\w+|[^\w\s]",
        ).fit(map(_question, self._train))

    @cached_property
    def _rows(self) -> Any:
        return self._features.transform(map(_question, self._train))


def _columns(train: Sequence[Example]) -> dict[str, list[str]]:
    """The answers by field; one field, named "", when they are no JSON objects."""
    answers = [e.answer for e in train]
    return as_fields(answers) if json_objects(answers) else {"": answers}


def _is_label(column: Sequence[str]) -> bool:
    """Whether values repeat, so that there is something to learn."""
    return 1 < len(set(column)) <= len(column) / 2


def _question(example: Example) -> str:
    return _asked(example.messages)


def _asked(messages: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(str(m.get("content")) for m in messages if m["role"] == "user")
