"""
CPU time of scoring 10,000 pairs and of their intervals, next to the usual ways.

    python -m benchmarks.scoring [PAIRS]

Medians of five.  The slow alternatives are timed on a tenth of the pairs and shown
times ten, for their time grows with the number of pairs.  Those that are not installed
are left out: ``pip install rouge-score`` brings the published ROUGE.
"""

from __future__ import annotations

import difflib
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from statistics import median
from typing import Any

import numpy as np

from suffice.examples import Example
from suffice.measuring.scorers import scorer
from suffice.statistics.intervals import interval

SEED = 11
TIMES = 5
PART = 10
"""Slow alternatives are timed on so small a part of the pairs."""

Pair = tuple[str, Example]


def pairs(n: int) -> list[Pair]:
    """Wanted answers of 20 to 60 words, and answers that differ in a fifth of them."""
    rng = np.random.default_rng(SEED)
    letters = np.array(list("etaoinshrdlucmfw"))
    words = np.array(
        ["".join(rng.choice(letters, rng.integers(2, 9))) for _ in range(3000)]
    )
    made = []
    for i in range(n):
        wanted = rng.choice(words, rng.integers(20, 61))
        swapped = rng.random(len(wanted)) < 0.2
        answer = np.where(swapped, rng.choice(words, len(wanted)), wanted)
        example = Example(
            id=str(i),
            messages=({"role": "user", "content": "?"},),
            answer=" ".join(wanted),
        )
        made.append((" ".join(answer), example))
    return made


def cpu_s(work: Callable[[], object]) -> float:
    """Median CPU seconds of several runs, after one that does not count."""
    work()
    took = []
    for _ in range(TIMES):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return median(took)


def by_scorer(name: str, data: list[Pair]) -> None:
    """Every pair by one of suffice's scorers, reasons included."""
    score = scorer(name)
    for answer, example in data:
        score(answer, example)


def by_difflib(data: list[Pair]) -> None:
    """The similarity of the standard library, on characters."""
    for answer, example in data:
        difflib.SequenceMatcher(None, answer, example.answer).ratio()


def by_rouge_score(data: list[Pair]) -> None:
    """The published package."""
    from rouge_score.rouge_scorer import RougeScorer

    scored = RougeScorer(["rougeL"], use_stemmer=False)
    for answer, example in data:
        scored.score(example.answer, answer)


def apart(data: list[Pair]) -> float:
    """How far our ROUGE-L is from that of the published package, at most."""
    from rouge_score.rouge_scorer import RougeScorer

    theirs, ours = RougeScorer(["rougeL"], use_stemmer=False), scorer("rouge-l")
    return max(
        abs(theirs.score(e.answer, a)["rougeL"].fmeasure - ours(a, e).value)
        for a, e in data
    )


def by_bootstrap(values: Any) -> None:
    """10,000 resamples, as evaluation reports have it."""
    from scipy.stats import bootstrap

    bootstrap((values,), np.mean, method="percentile", batch=200, rng=SEED)


def by_binomtest(values: Any) -> None:
    """The exact interval of scipy."""
    from scipy.stats import binomtest

    binomtest(int(values.sum()), len(values)).proportion_ci(method="exact")


def main(n: int = 10_000) -> None:
    """Print the table."""
    data, part = pairs(n), pairs(n)[: n // PART]
    rng = np.random.default_rng(SEED)
    yes_or_no = (rng.random(n) < 0.9).astype(float)
    grades = rng.beta(9, 1, n)
    print("| what | suffice, CPU ms | the usual way, CPU ms | ratio | limit, ms |")
    print("| --- | --- | --- | --- | --- |")
    usual: Callable[[], object] | None = None
    if find_spec("rouge_score"):
        usual = partial(by_rouge_score, part)
    row("ROUGE-L", partial(by_scorer, "rouge-l", data), usual, 250, PART)
    row(
        "edit similarity",
        partial(by_scorer, "edit", data),
        partial(by_difflib, part),
        30,
        PART,
    )
    for name in ("exact", "label", "token-f1", "json"):
        row(name, partial(by_scorer, name, data), None, None)
    exact = partial(by_binomtest, yes_or_no)
    row("interval of 0/1 scores", partial(interval, yes_or_no), exact, 2)
    resampled = partial(by_bootstrap, grades)
    row("interval of grades", partial(interval, grades), resampled, 300)
    print(f"\n{n:,} pairs, seed {SEED}, medians of {TIMES}.")
    if find_spec("rouge_score"):
        print(f"Largest difference from rouge-score: {apart(part):.1e}.")


def row(
    what: str,
    ours: Callable[[], object],
    usual: Callable[[], object] | None,
    limit_ms: float | None,
    part: int = 1,
) -> None:
    """One line of the table; an alternative on a part of the pairs counts *part*."""
    own = 1000 * cpu_s(ours)
    other = 1000 * part * cpu_s(usual) if usual else None
    cells = [
        f"{own:.1f}" if own >= 10 else f"{own:.2f}",
        f"{other:,.1f}" if other is not None else "-",
        f"{other / own:,.0f}x" if other is not None else "-",
        f"{limit_ms:g}" if limit_ms is not None else "-",
    ]
    print(f"| {what} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main(*(int(n) for n in sys.argv[1:]))
