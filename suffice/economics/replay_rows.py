"""
Tables of measured outcomes, read into tasks and their candidates.

Two shapes are understood.  *Wide*: one row a task and model pair, one column a rung
(``zero_shot``, ``few_shot``, ``optimised_prompt``, ``dynamic_few_shot``, ``rag``,
``fine_tuned``, ``rag_fine_tuned``, ``big_model_zero_shot``).  *Long*: one row a
candidate (``task``, ``model``, ``rung``, ``quality``; or ``dataset``, ``mode``,
``n_shots``, ``accuracy``), with tokens and prices where they are known.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from suffice.errors import UnusableInput

_WIDE = {
    "zero_shot": ("zero-shot", "model_prompt"),
    "few_shot": ("few-shot", "model_prompt"),
    "optimised_prompt": ("optimised-prompt", "model_prompt"),
    "dynamic_few_shot": ("retrieved-few-shot", "model_prompt"),
    "rag": ("rag", "model_prompt"),
    "fine_tuned": ("fine-tuned", "model_ft"),
    "rag_fine_tuned": ("rag-fine-tuned", "model_ft"),
    "big_model_zero_shot": ("zero-shot", "big_model"),
}
_RUNGS = {
    "random": "few-shot",
    "retrieved": "retrieved-few-shot",
    "dynamic-few-shot": "retrieved-few-shot",
    "optimized-prompt": "optimised-prompt",
    "rag+ft": "rag-fine-tuned",
    "finetuned": "fine-tuned",
    "ft": "fine-tuned",
}
_ALIASES = {
    "task": ("task", "dataset"),
    "rung": ("rung", "mode"),
    "quality": ("quality", "accuracy", "score"),
    "n": ("n", "n_test"),
    "shots": ("shots", "n_shots"),
    "labels": ("labels", "n_train"),
    "input_tokens": ("input_tokens", "tokens_prompt"),
    "output_tokens": ("output_tokens", "tokens_completion"),
    "input_usd_per_mtok": ("input_usd_per_mtok", "price_input"),
    "output_usd_per_mtok": ("output_usd_per_mtok", "price_output"),
    "usd_per_request": ("usd_per_request",),
    "upfront_usd": ("upfront_usd", "train_usd"),
}
"""Our name of a column, and the names it goes by."""


_PER_1K = re.compile(r"\$(\d+(?:\.\d+)?)/1k")
_TRAINING = re.compile(r"\b(?:train|FT)\b[^$]*\$(\d+(?:\.\d+)?)")
"""Prices in the free text of ``price_note``, where they have these shapes."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One candidate of a table; ``None`` is not told."""

    task: str
    rung: str
    model: str
    quality: float
    n: float | None = None
    shots: float | None = None
    labels: float | None = None
    """Labelled examples that training needed."""
    input_tokens: float | None = None
    output_tokens: float | None = None
    input_usd_per_mtok: float | None = None
    output_usd_per_mtok: float | None = None
    usd_per_request: float | None = None
    upfront_usd: float | None = None


def read_outcomes(lines: Iterable[str]) -> dict[str, list[Outcome]]:
    """
    The outcomes of a table by task, in its order.

    Cells that are no number from 0 to 1 are left out.  Raises ``UnusableInput`` for a
    table without a task or without any quality.
    """
    reader = csv.DictReader(lines)
    columns = set(reader.fieldnames or ())
    wide = bool(columns & set(_WIDE))
    if not wide and not (
        columns & set(_ALIASES["rung"]) and columns & set(_ALIASES["quality"])
    ):
        raise UnusableInput(
            f"A table with the columns {sorted(columns)} cannot be replayed: it needs "
            "task and a column a rung, or task, model, rung and quality."
        )
    tasks: dict[str, list[Outcome]] = {}
    for row in reader:
        found = _wide(row) if wide else _long(row)
        for outcome in found:
            tasks.setdefault(outcome.task, []).append(outcome)
    if not tasks:
        raise UnusableInput("The table holds no quality between 0 and 1.")
    return tasks


def _wide(row: Mapping[str, str]) -> list[Outcome]:
    numbers = _numbers(row)
    labels = numbers.pop("labels", None)
    found = []
    for column, (rung, model_column) in _WIDE.items():
        quality = _share(row.get(column))
        model = row.get(model_column) or row.get("model") or "model not named"
        if quality is not None:
            task = f"{row['task']} ({row.get('metric') or 'quality'})"
            tuned = rung.endswith("fine-tuned")
            found.append(
                Outcome(
                    task=task,
                    rung=rung,
                    model=model,
                    quality=quality,
                    labels=labels if tuned else None,
                    **numbers,
                )
            )
    return found


def _long(row: Mapping[str, str]) -> list[Outcome]:
    quality = _share(_cell(row, "quality"))
    task, name = _cell(row, "task"), (_cell(row, "rung") or "").strip().lower()
    if quality is None or not task or not name:
        return []
    rung = name.replace("_", "-")
    rung = _RUNGS.get(rung, rung)
    numbers = _numbers(row)
    if rung.endswith("fine-tuned") and "labels" not in numbers and "shots" in numbers:
        numbers["labels"] = numbers.pop("shots")
    model = row.get("model") or "model not named"
    return [Outcome(task=task, rung=rung, model=model, quality=quality, **numbers)]


def _numbers(row: Mapping[str, str]) -> dict[str, float]:
    names = set(_ALIASES) - {"task", "rung", "quality"}
    told = {name: _number(_cell(row, name)) for name in names}
    note = row.get("price_note") or ""
    per_1k = _number(row.get("usd_per_1k")) or _noted(_PER_1K, note)
    if per_1k is not None and told["usd_per_request"] is None:
        told["usd_per_request"] = per_1k / 1000
    if told["upfront_usd"] is None:
        told["upfront_usd"] = _noted(_TRAINING, note)
    return {name: value for name, value in told.items() if value is not None}


def _noted(pattern: re.Pattern[str], note: str) -> float | None:
    found = pattern.search(note)
    return None if found is None else float(found[1])


def _cell(row: Mapping[str, str], name: str) -> str | None:
    for alias in _ALIASES[name]:
        if row.get(alias):
            return row[alias]
    return None


def _number(text: str | None) -> float | None:
    """The number, where the cell is one; a range gives its middle."""
    if not text:
        return None
    span = re.fullmatch(r"\s*(\d+)\s*-\s*(\d+)\s*", text)
    if span:
        return (float(span[1]) + float(span[2])) / 2
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value >= 0 else None


def _share(text: str | None) -> float | None:
    # A sign marks a difference to something else, not a quality.
    if text is None or text.strip().startswith(("+", "~")):
        return None
    value = _number(text)
    return value if value is not None and value <= 1 else None
