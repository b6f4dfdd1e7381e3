"""Compares an answer with one wanted answer, as text: words, numbers, patterns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from suffice.errors import BadBrief

_WORD = re.compile(r"\w+")
_SIGN = r"(?:(?<![\w.)])-)?"
"""A minus after a number or a word is a dash: "5-10" ends with 10."""
_NUMBER = re.compile(rf"{_SIGN}\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?|{_SIGN}\.\d+")
_ROUNDING = 1e-9
_SHOWN = 60


class Score(NamedTuple):
    """How good one answer is."""

    value: float
    """0 to 1."""
    reason: str = ""
    """Why it is not 1; empty when it is."""


def match_exact(answer: str, wanted: str) -> Score:
    """
    The same words in the same order; spacing does not matter.

    >>> match_exact(" 42\\n", "42").value
    1.0
    """
    return _yes_or_no(answer.split() == wanted.split(), answer, wanted)


def match_label(answer: str, wanted: str) -> Score:
    """
    The same words; case, punctuation and spacing do not matter.

    >>> match_label('"Billing_Disputes".', "billing disputes").value
    1.0
    """
    got, want = (words(text.replace("_", " ")) for text in (answer, wanted))
    if not want:
        return match_exact(answer, wanted)
    return _yes_or_no(got == want, answer, wanted)


def match_number(answer: str, wanted: str, tolerance: str = "") -> Score:
    """
    The last number in the answer is the last one wanted, to within *tolerance*.

    "0.5" is meant absolutely, "1%" relative to the wanted number.

    >>> match_number("about $1,019.50", "1010", "1%").value
    1.0
    """
    want, got = _last_number(wanted), _last_number(answer)
    if want is None:
        return match_exact(answer, wanted)
    if got is None:
        return Score(0.0, f"no number in {shorten(answer)}")
    allowed = _ROUNDING * abs(want)
    if tolerance.endswith("%"):
        allowed += float(tolerance[:-1]) / 100 * abs(want)
    elif tolerance:
        allowed += float(tolerance)
    if got == want or abs(got - want) <= allowed:
        return Score(1.0)
    return Score(0.0, f"got {got:g}, wanted {want:g}")


def match_pattern(answer: str, wanted: str) -> Score:
    """
    The wanted answer is a regular expression that all of the answer must match.

    >>> match_pattern("order 17", r"order \\d+").value
    1.0
    """
    found = _compiled(wanted).fullmatch(answer.strip())
    return _yes_or_no(found is not None, answer, wanted)


def match_captured(answer: str, wanted: str, pattern: str) -> Score:
    """
    *pattern* finds the same in both: its first group, else all that it matches.

    The last match counts, as conclusions come last.

    >>> match_captured("6 * 7\\n#### 42", "#### 42", r"#### (\\d+)").value
    1.0
    """
    want, got = (_captured(pattern, text) for text in (wanted, answer))
    if want is None:
        return match_exact(answer, wanted)
    if got is None:
        return Score(0.0, f"nothing in {shorten(answer)} matches {shorten(pattern)}")
    return _yes_or_no(got == want, got, want)


def match_token_f1(answer: str, wanted: str) -> Score:
    """
    Harmonic mean of precision and recall over words; case and punctuation aside.

    >>> match_token_f1("The cat sat.", "the cat slept").value
    0.6666666666666666
    """
    got, want = Counter(words(answer)), Counter(words(wanted))
    if not got or not want:
        return match_exact(answer, wanted)
    n_common = (got & want).total()
    value = 2 * n_common / (got.total() + want.total())
    reason = f"{n_common} words in common of {want.total()} wanted"
    return Score(value, reason if value < 1 else "")


def match_edit(answer: str, wanted: str) -> Score:
    """
    Edit similarity: the share of characters that may stay, in their order.

    Twice the longest common subsequence, divided by both lengths; difflib's ratio is
    an approximation of it.

    >>> match_edit("kitten", "sitting").value
    0.6153846153846154
    """
    value = _same_characters()(answer, wanted)
    if value == 1:
        return Score(1.0)
    return Score(value, f"{value:.0%} of the characters may stay")


def match_rouge_l(answer: str, wanted: str) -> Score:
    """
    ROUGE-L: F1 of the longest common subsequence of words.

    >>> match_rouge_l("the cat sat there", "the cat there").value
    0.8571428571428571
    """
    got, want = words(answer), words(wanted)
    if not got or not want:
        return match_exact(answer, wanted)
    n_common = _in_common()(got, want)
    value = 2 * n_common / (len(got) + len(want))
    reason = f"{n_common} words in common in their order, of {len(want)} wanted"
    return Score(value, reason if value < 1 else "")


def match_chrf(answer: str, wanted: str) -> Score:
    """Character n-gram F-score (chrF2, sacrebleu's), from 0 to 1."""
    if answer == wanted:
        return Score(1.0)
    value = min(1.0, max(0.0, _chrf().sentence_score(answer, [wanted]).score / 100))
    return Score(value, f"chrF {value:.3f}" if value < 1 else "")


@cache
def _same_characters() -> Callable[[str, str], float]:
    from rapidfuzz.distance import Indel

    return Indel.normalized_similarity


@cache
def _in_common() -> Callable[[list[str], list[str]], int]:
    from rapidfuzz.distance import LCSseq

    return LCSseq.similarity


@cache
def _chrf() -> Any:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()


def words(text: str) -> list[str]:
    """Words in their order, without case and punctuation."""
    return _WORD.findall(text.casefold())


def shorten(text: str, *, quote: bool = True) -> str:
    """*text* for a reason: quoted, and cut where it is long."""
    cut = text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
    return repr(cut) if quote else cut


def _yes_or_no(right: bool, answer: str, wanted: str) -> Score:
    if right:
        return Score(1.0)
    return Score(0.0, f"got {shorten(answer)}, wanted {shorten(wanted)}")


def _last_number(text: str) -> float | None:
    found = _NUMBER.findall(text.replace("\N{MINUS SIGN}", "-"))
    return float(found[-1].replace(",", "")) if found else None


def _captured(pattern: str, text: str) -> str | None:
    found = list(_compiled(pattern).finditer(text))
    if not found:
        return None
    return str(found[-1].group(1 if found[-1].re.groups else 0) or "").strip()


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise BadBrief(
            f"{pattern!r} is no regular expression ({error}); correct the scorer, or "
            "the wanted answer where that is the pattern"
        ) from error
