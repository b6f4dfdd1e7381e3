"""
The columns of a table of outcomes: what each is called, and in which unit it stands.

Headings are compared in lower case, by their words; prices are recognised by what they
say (``price_in``, ``usd_per_1k_tokens_output``, ``train_usd``).  Columns that mean
nothing here are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NAMES = {
    "task": ("task", "dataset", "benchmark", "use_case"),
    "model": ("model", "base_model", "llm"),
    "rung": ("rung", "mode", "method", "approach", "technique", "strategy"),
    "quality": ("quality", "accuracy", "score", "f1", "exact_match", "mean_score"),
    "metric": ("metric",),
    "n": ("n", "n_test", "test_n", "n_examples", "test_size"),
    "shots": ("shots", "n_shots", "k", "k_shots"),
    "labels": ("labels", "n_train", "n_labels", "train_size", "training_examples"),
    "input_tokens": (
        "input_tokens",
        "tokens_prompt",
        "prompt_tokens",
        "tokens_in",
        "tokens_input",
        "tokens",
    ),
    "output_tokens": (
        "output_tokens",
        "tokens_completion",
        "completion_tokens",
        "tokens_out",
        "tokens_output",
    ),
    "bar": ("bar", "quality_bar", "target"),
    "requests_per_month": ("requests_per_month", "volume", "monthly_requests"),
    "horizon_months": ("horizon_months", "horizon"),
}
_PERCENT = {"pct", "percent", "percentage"}
_MONEY = {"price", "prices", "usd", "cost", "dollars"}
_SIDES = (
    ("hosting_usd_per_hour", {"hosting", "hour", "hourly"}),
    ("training", {"train", "training", "tuning", "finetuning", "upfront"}),
    ("usd_per_request", {"request", "requests", "req", "call", "calls"}),
    ("cached", {"cached", "cache"}),
    ("input_usd_per_mtok", {"in", "input", "prompt"}),
    ("output_usd_per_mtok", {"out", "output", "completion"}),
)
_TOKENS = {"tok", "tokens", "token", "mtok", "ktok"}
_THOUSAND = {"1k", "k", "ktok", "1000"}
_MILLION = {"1m", "m", "mtok", "million"}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table that means something."""

    heading: str
    field: str
    """Our name of it."""
    factor: float = 1.0
    """From the table's unit to ours."""


def columns_of(headings: Iterable[str]) -> dict[str, Column]:
    """By our name; where two columns mean the same, the first."""
    found: dict[str, Column] = {}
    for heading in headings:
        column = _meaning(heading)
        if column is not None:
            found.setdefault(column.field, column)
    return found


def plain(heading: str) -> str:
    """
    A heading as it is compared.

    >>> plain(" Input price (USD/1M) ")
    'input_price_usd_1m'
    """
    return re.sub(r"[^a-z0-9]+", "_", heading.lower()).strip("_")


def _meaning(heading: str) -> Column | None:
    name = plain(heading)
    for field, names in _NAMES.items():
        if name in names:
            return Column(heading=heading, field=field)
    words = set(name.split("_"))
    if words & _PERCENT and words & set(_NAMES["quality"]):
        return Column(heading=heading, field="quality", factor=0.01)
    if not words & _MONEY or "note" in words:
        return None
    for field, said in _SIDES:
        if words & said:
            return _money(heading, field, words)
    if name == "usd_per_1k":
        return Column(heading=heading, field="usd_per_request", factor=1e-3)
    return None


def _money(heading: str, field: str, words: set[str]) -> Column | None:
    if field == "cached":
        return None
    if field == "training":
        if words & (_TOKENS | _MILLION):
            return _per_token(heading, "training_usd_per_mtok", words)
        return Column(heading=heading, field="upfront_usd")
    if field == "usd_per_request":
        factor = 1e-3 if words & _THOUSAND else 1e-6 if words & _MILLION else 1.0
        return Column(heading=heading, field=field, factor=factor)
    if field == "hosting_usd_per_hour":
        return Column(heading=heading, field=field)
    return _per_token(heading, field, words)


def _per_token(heading: str, field: str, words: set[str]) -> Column:
    factor = 1e3 if words & _THOUSAND else 1.0
    return Column(heading=heading, field=field, factor=factor)
