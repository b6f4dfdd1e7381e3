"""
Scorers: how well an answer matches the wanted one, from 0 to 1, and why not better.

A scorer is a function ``(answer, example) -> Score``.  Other answers that are as
good (an example's references) count as well: the best match is the score.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from suffice.brief import ScorerName
from suffice.examples import Example

_WORD = re.compile(r"\w+")
_SHOWN = 60


@dataclass(frozen=True)
class Score:
    """How good one answer is."""

    value: float
    """0 to 1."""
    reason: str = ""
    """Why it is not 1; empty when it is."""


Scorer = Callable[[str, Example], Score]
Match = Callable[[str, str], Score]
"""Compares an answer with one wanted answer."""


def scorer(name: ScorerName) -> Scorer:
    """The scorer of that name."""
    return _best_of(_MATCHES[name])


def is_graded(name: ScorerName) -> bool:
    """Whether its scores lie between 0 and 1, rather than being one of the two."""
    return name in _GRADED


def match_exact(answer: str, wanted: str) -> Score:
    """
    The same words in the same order; spacing does not matter.

    >>> match_exact(" 42\\n", "42").value
    1.0
    """
    if answer.split() == wanted.split():
        return Score(1.0)
    return Score(0.0, f"got {_short(answer)}, wanted {_short(wanted)}")


def match_json(answer: str, wanted: str) -> Score:
    """
    The same JSON value; spacing and the order of keys do not matter.

    >>> match_json('{"b": 1, "a": "x"}', '{"a":"y","b":1}').reason
    'a: got "x", wanted "y"'
    """
    want = _parsed(wanted)
    if want is _NOT_JSON:
        return match_exact(answer, wanted)
    got = _parsed(answer)
    if got is _NOT_JSON:
        return Score(0.0, f"not JSON: {_short(answer)}")
    faults = _differences(got, want)
    return Score(0.0, "; ".join(faults)) if faults else Score(1.0)


def match_token_f1(answer: str, wanted: str) -> Score:
    """
    Harmonic mean of precision and recall over words; case and punctuation aside.

    >>> match_token_f1("The cat sat.", "the cat slept").value
    0.6666666666666666
    """
    got, want = _words(answer), _words(wanted)
    if not got or not want:
        same = got == want
        return Score(float(same), "" if same else "no words in common")
    n_common = (got & want).total()
    value = 2 * n_common / (got.total() + want.total())
    if value == 1:
        return Score(1.0)
    return Score(value, f"{n_common} words in common of {want.total()} wanted")


def match_chrf(answer: str, wanted: str) -> Score:
    """Character n-gram F-score (chrF2, sacrebleu's), from 0 to 1."""
    from sacrebleu.metrics.chrf import CHRF

    if answer == wanted:
        return Score(1.0)
    value = CHRF().sentence_score(answer, [wanted]).score / 100
    value = min(1.0, max(0.0, value))
    return Score(value, "" if value == 1 else f"chrF {value:.3f}")


def _best_of(match: Match) -> Scorer:
    def scored(answer: str, example: Example) -> Score:
        best = match(answer, example.answer)
        for reference in example.references:
            if best.value == 1:
                break
            other = match(answer, reference)
            best = other if other.value > best.value else best
        return best

    return scored


_NOT_JSON = object()


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _NOT_JSON


def _differences(got: Any, want: Any) -> list[str]:
    """What is wrong, field by field where both are objects."""
    if not (isinstance(got, dict) and isinstance(want, dict)):
        return (
            [] if same_json(got, want) else [f"got {_dump(got)}, wanted {_dump(want)}"]
        )
    faults = []
    for key, value in want.items():
        if key not in got:
            faults.append(f"{key}: missing")
        elif not same_json(got[key], value):
            faults.append(f"{key}: got {_dump(got[key])}, wanted {_dump(value)}")
    return faults + [f"{key}: not wanted" for key in got if key not in want]


def same_json(a: Any, b: Any) -> bool:
    """Equal as JSON: 1 and 1.0 are the same number, 1 and true are not the same."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same_json(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same_json, a, b))
    return bool(a == b)


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.casefold()))


def _dump(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "...")


_MATCHES: dict[ScorerName, Match] = {
    "exact": match_exact,
    "json": match_json,
    "token-f1": match_token_f1,
    "chrf": match_chrf,
}
_GRADED = frozenset({"token-f1", "chrf"})
