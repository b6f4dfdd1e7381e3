"""
Scorers: how well an answer matches the wanted one, from 0 to 1, and why not better.

A scorer is a function ``(answer, example) -> Score``.  Other answers that are as
good (an example's references) count as well: the best match is the score.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import partial
from importlib import import_module

from suffice.errors import BadBrief
from suffice.examples import Example
from suffice.measuring.json_matching import (
    match_json,
    match_json_fields,
    match_tool_call,
)
from suffice.measuring.matching import (
    Score,
    match_captured,
    match_chrf,
    match_edit,
    match_exact,
    match_label,
    match_number,
    match_pattern,
    match_rouge_l,
    match_token_f1,
    shorten,
)
from suffice.measuring.paid import PaidScorer
from suffice.scoring import PAID, ScorerName

__all__ = ["Match", "Pure", "Score", "Scorer", "is_graded", "scorer"]

Pure = Callable[[str, Example], Score]
Scorer = Pure | PaidScorer
Match = Callable[[str, str], Score]
"""Compares an answer with one wanted answer."""

_YES_OR_NO: dict[str, Match] = {
    "exact": match_exact,
    "label": match_label,
    "json": match_json,
    "tool-call": match_tool_call,
    "numeric": match_number,
    "regex": match_pattern,
}
_GRADED: dict[str, Match] = {
    "json-fields": match_json_fields,
    "token-f1": match_token_f1,
    "edit": match_edit,
    "rouge-l": match_rouge_l,
    "chrf": match_chrf,
}
_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    NameError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a function that somebody else wrote may raise."""


def scorer(name: ScorerName) -> Pure:
    """
    The function of that name; see `ScorerName` for the names.

    Raises `BadBrief` when the name is unknown, or names a function that is not there.
    """
    if name in PAID:
        raise BadBrief(f"the scorer {name!r} asks an endpoint; it is no function")
    kind, _, setting = name.partition(" ")
    if name in _YES_OR_NO or name in _GRADED:
        return _best_of((_YES_OR_NO | _GRADED)[name])
    if kind == "numeric":
        return _best_of(partial(match_number, tolerance=setting))
    if kind == "regex":
        match_captured("", "", setting)
        return _best_of(partial(match_captured, pattern=setting))
    return _of_the_user(name)


def is_graded(name: ScorerName) -> bool:
    """
    Whether its scores may lie between 0 and 1, rather than being one of the two.

    A function of the user's may do either: it counts as graded, which is always
    valid.  So do a judge and similarity.
    """
    return name in (*_GRADED, *PAID) or ":" in name.partition(" ")[0]


def _best_of(match: Match) -> Pure:
    def scored(answer: str, example: Example) -> Score:
        best = match(answer, example.answer)
        for reference in example.references:
            if best.value == 1:
                break
            other = match(answer, reference)
            best = other if other.value > best.value else best
        return best

    return scored


def _of_the_user(name: str) -> Pure:
    """``module:function`` of an installed package; it sees the references itself."""
    found, function = _imported(name), name.partition(":")[2]

    def scored(answer: str, example: Example) -> Score:
        try:
            given = found(answer, example)
        except _FAULTS as error:
            raise BadBrief(
                f"the scorer {name!r} failed on {example.id!r} with the answer "
                f"{shorten(answer)} ({type(error).__name__}: {error}); mend it, it "
                "must score whatever a model says"
            ) from error
        score = _as_score(name, given)
        if not (math.isfinite(score.value) and 0 <= score.value <= 1):
            raise BadBrief(
                f"the scorer {name!r} gave {score.value!r} for {example.id!r}: a score "
                "lies between 0 and 1"
            )
        if score.value < 1 and not score.reason:
            return Score(score.value, f"{function} gave {score.value:g}")
        return score

    return scored


def _imported(name: str) -> Callable[[str, Example], object]:
    module, _, function = name.partition(":")
    try:
        found = getattr(import_module(module), function)
    except (*_FAULTS, SyntaxError) as error:
        raise BadBrief(
            f"the scorer {name!r} cannot be imported ({error}); name one of "
            f"{', '.join(_YES_OR_NO | _GRADED)}, or install the package it is in"
        ) from error
    if not _takes_two(found):
        raise BadBrief(
            f"the scorer {name!r} is no function of an answer and an example; write "
            f"'def {function}(answer: str, example: Example) -> float'"
        )
    return found  # type: ignore[no-any-return]


def _takes_two(found: object) -> bool:
    """Whether it can be called with an answer and an example."""
    if not callable(found):
        return False
    try:
        inspect.signature(found).bind("", None)
    except TypeError:
        return False
    except ValueError:
        # Some functions of compiled modules do not say what they take.
        return True
    return True


def _as_score(name: str, given: object) -> Score:
    if isinstance(given, Score):
        return given
    try:
        return Score(float(given))  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise BadBrief(
            f"the scorer {name!r} gave {given!r}: give a number from 0 to 1, or a Score"
        ) from error
