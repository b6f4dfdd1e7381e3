"""
Tables of measured outcomes, read into tasks and their candidates.

Two shapes are understood.  *Long*: one row a candidate (``task``, ``model``, ``rung``,
``quality``), with tokens and prices where they are known.  *Wide*: one row a task and
model pair, one column a rung (``zero_shot``, ``few_shot``, ``optimised_prompt``,
``dynamic_few_shot``, ``rag``, ``fine_tuned``, ``rag_fine_tuned``,
``big_model_zero_shot``).
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from suffice.economics.replay_columns import Column, columns_of, plain
from suffice.economics.replay_names import model_for, rung_of
from suffice.economics.rungs import tuned
from suffice.errors import UnusableInput

_WIDE = {
    "zero_shot": ("zero-shot", "model_prompt"),
    "few_shot": ("few-shot", "model_prompt"),
    "floor": ("floor", "model_prompt"),
    "structured_output": ("structured-output", "model_prompt"),
    "chain_of_thought": ("chain-of-thought", "model_prompt"),
    "cot": ("chain-of-thought", "model_prompt"),
    "optimized_prompt": ("optimised-prompt", "model_prompt"),
    "optimised_prompt": ("optimised-prompt", "model_prompt"),
    "dynamic_few_shot": ("retrieved-few-shot", "model_prompt"),
    "retrieved_few_shot": ("retrieved-few-shot", "model_prompt"),
    "rag": ("rag", "model_prompt"),
    "fine_tuned": ("fine-tuned", "model_ft"),
    "rag_fine_tuned": ("fine-tuned-rag", "model_ft"),
    "fine_tuned_rag": ("fine-tuned-rag", "model_ft"),
    "big_model_zero_shot": ("zero-shot", "big_model"),
}
_TEXTS = {"task", "model", "rung", "metric", "quality"}
_OF_THE_TASK = {"bar", "requests_per_month", "horizon_months"}
_PER_1K = re.compile(r"\$(\d+(?:\.\d+)?)/1k")
_TRAINING = re.compile(r"\b(?:train|FT)\b[^$]*\$(\d+(?:\.\d+)?)")
"""Prices in the free text of ``price_note``, where they have these shapes."""
_NAMED = re.compile(r"(?P<model>.*\S)\s+(?P<quality>0?\.\d+|1\.0+)")
"""A model's name with its quality behind it, as in ``big_model``."""
NOT_NAMED = "model not named"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One candidate of a table; ``None`` is not told."""

    task: str
    rung: str
    model: str
    quality: float
    """0 to 1; a table of percentages is read as such."""
    n: float | None = None
    shots: float | None = None
    labels: float | None = None
    """Labelled examples that training needed."""
    input_tokens: float | None = None
    output_tokens: float | None = None
    input_usd_per_mtok: float | None = None
    output_usd_per_mtok: float | None = None
    training_usd_per_mtok: float | None = None
    usd_per_request: float | None = None
    upfront_usd: float | None = None
    hosting_usd_per_hour: float | None = None
    bar: float | None = None
    """Quality wanted of the task, where its table says so."""
    requests_per_month: float | None = None
    horizon_months: float | None = None


def read_outcomes(lines: Iterable[str]) -> dict[str, list[Outcome]]:
    """
    The outcomes of a table by task, in its order.

    Cells that are no number are left out.  Raises ``UnusableInput`` for a table
    without a task or without any quality, for a rung nobody knows, and for a task
    whose numbers may be shares or percentages.
    """
    reader = _reader(lines)
    headings = [h for h in reader.fieldnames or () if h]
    wide = {plain(h): h for h in headings if plain(h) in _WIDE}
    known = columns_of(h for h in headings if h not in wide.values())
    if "task" not in known or not (wide or {"rung", "quality"} <= set(known)):
        raise UnusableInput(
            f"A table with the columns {sorted(headings)} cannot be replayed: it needs "
            "task and a column a rung, or task, model, rung and quality."
        )
    tasks: dict[str, list[Outcome]] = {}
    for number, row in enumerate(reader, 2):
        cells = _Cells(row, known, number)
        for outcome in cells.wide(wide) if wide else cells.long():
            tasks.setdefault(outcome.task, []).append(outcome)
    if not tasks:
        raise UnusableInput("The table holds no quality: give numbers from 0 to 1.")
    return {task: _as_shares(task, rows) for task, rows in tasks.items()}


def _reader(lines: Iterable[str]) -> csv.DictReader[str]:
    """Separated by what the headings are separated by; # begins a remark."""
    kept = [line for line in lines if line.strip() and not line.startswith("#")]
    head = kept[0] if kept else ""
    return csv.DictReader(kept, delimiter=max(",;\t", key=head.count))


class _Cells:
    """One row of a table."""

    def __init__(
        self, row: Mapping[str, str | None], known: Mapping[str, Column], number: int
    ) -> None:
        self.row, self.known, self.number = row, known, number

    def text(self, field: str) -> str:
        column = self.known.get(field)
        return (self.row.get(column.heading) or "").strip() if column else ""

    def plain(self, heading: str) -> str:
        for name, value in self.row.items():
            if name and plain(name) == heading:
                return (value or "").strip()
        return ""

    def quality(self) -> float | None:
        value, column = quality_of(self.text("quality")), self.known.get("quality")
        return None if value is None or column is None else value * column.factor

    def numbers(self) -> dict[str, float]:
        told: dict[str, float] = {}
        for field, column in self.known.items():
            value = number_of(self.row.get(column.heading))
            if field not in _TEXTS and value is not None:
                told[field] = value * column.factor
        note = self.plain("price_note")
        for field, pattern, factor in (
            ("usd_per_request", _PER_1K, 1e-3),
            ("upfront_usd", _TRAINING, 1.0),
        ):
            found = pattern.search(note)
            if field not in told and found:
                told[field] = float(found[1]) * factor
        return told

    def long(self) -> Iterator[Outcome]:
        quality, task = self.quality(), self.text("task")
        name = self.text("rung")
        if quality is None or not task or not name:
            return
        rung = rung_of(name)
        if rung is None:
            raise UnusableInput(
                f"Line {self.number} of the table has the rung {name!r}, which nobody "
                "knows: use zero-shot, few-shot, retrieved-few-shot, chain-of-thought, "
                "optimised-prompt, rag, fine-tuned, fine-tuned-rag or floor."
            )
        numbers = self.numbers()
        if tuned(rung) and "shots" in numbers:
            # Shots of a tuned model are the labels it was trained on.
            shots = numbers.pop("shots")
            numbers.setdefault("labels", shots)
        model = self.text("model") or NOT_NAMED
        yield Outcome(task=task, rung=rung, model=model, quality=quality, **numbers)

    def wide(self, columns: Mapping[str, str]) -> Iterator[Outcome]:
        if not self.text("task"):
            return
        task = f"{self.text('task')} ({self.text('metric') or 'quality'})"
        numbers = self.numbers()
        labels = numbers.pop("labels", None)
        trained = numbers.pop("upfront_usd", None)
        of_task = {k: v for k, v in numbers.items() if k in _OF_THE_TASK}
        for column, heading in columns.items():
            rung, model_column = _WIDE[column]
            named = self.plain(model_column) or self.text("model") or NOT_NAMED
            quality = quality_of(self.row.get(heading))
            # The row's own numbers are those of its models, not of the big one.
            told = of_task if column == "big_model_zero_shot" else numbers
            for model, share in _candidates(named, rung, quality, column):
                outcome = Outcome(
                    task=task, rung=rung, model=model, quality=share, **told
                )
                if tuned(rung):
                    outcome = replace(outcome, labels=labels, upfront_usd=trained)
                yield outcome


def _candidates(
    named: str, rung: str, quality: float | None, column: str
) -> list[tuple[str, float]]:
    """Models and qualities of one cell; a big model's may stand behind its name."""
    if quality is not None:
        return [(model_for(named, rung), quality)]
    if column != "big_model_zero_shot":
        return []
    found = (_NAMED.fullmatch(part.strip()) for part in named.split(","))
    return [(m["model"], float(m["quality"])) for m in found if m]


def _as_shares(task: str, rows: Sequence[Outcome]) -> list[Outcome]:
    """Percentages as shares, where it is plain that they are percentages."""
    told = [v for r in rows for v in (r.quality, r.bar) if v is not None]
    if max(told) <= 1:
        return list(rows)
    if max(told) > 100 or any(0 < value <= 1 for value in told):
        raise UnusableInput(
            f"The qualities of {task!r} run from {min(told):g} to {max(told):g}, which "
            "may be shares or percentages: give all from 0 to 1."
        )
    return [
        replace(r, quality=r.quality / 100, bar=None if r.bar is None else r.bar / 100)
        for r in rows
    ]


def number_of(text: str | None) -> float | None:
    """The number, where the cell is one; a range gives its middle."""
    bare = (text or "").strip().lstrip("$")
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", bare):
        bare = bare.replace(",", "")
    span = re.fullmatch(r"(\d+)\s*-\s*(\d+)", bare)
    if span:
        return (float(span[1]) + float(span[2])) / 2
    try:
        value = float(bare)
    except ValueError:
        return None
    return value if value >= 0 and math.isfinite(value) else None


def quality_of(text: str | None) -> float | None:
    """
    A quality; with a per cent sign it is a share already.

    >>> quality_of("87.5 %"), quality_of("0.9"), quality_of("+0.06 over base")
    (0.875, 0.9, None)
    """
    bare = (text or "").strip()
    # A sign marks a difference to something else, not a quality.
    if bare.startswith(("+", "~")):
        return None
    if bare.endswith("%"):
        value = number_of(bare[:-1])
        return None if value is None else value / 100
    return number_of(bare)
