"""
Published tables through the engine: rules kept, regret, forecasts, speed.

``python -m benchmarks.replay TABLE.csv...`` writes Markdown to standard output.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from suffice.economics.choice import Standard
from suffice.economics.learning import LearningPoint, forecast
from suffice.economics.prices import load_prices
from suffice.economics.rehearse import rehearse
from suffice.economics.rehearse import to_markdown as rehearsed_markdown
from suffice.economics.replay import Assumptions, Replayed, replay, to_markdown
from suffice.economics.replay_rows import Outcome, read_outcomes
from suffice.economics.risk import draw, outlooks
from suffice.economics.rungs import tuned
from suffice.economics.terms import Terms
from suffice.results import Measured

ON = date(2026, 11, 21)
LEAST_SEEN = 4
"""Points of a learning curve that are shown before the next one is forecast."""


def main(paths: Sequence[Path]) -> None:
    """Print every table's verdicts, then the checks over all of them."""
    book, kept = load_prices(), []
    for path in paths:
        tasks = read_outcomes(path.read_text("utf-8-sig").splitlines())
        found = replay(tasks, book=book, on=ON)
        print(f"## {path.name}\n")
        print(to_markdown(found))
        kept += [(tasks[one.task], one) for one in found]
        few = dict(list(tasks.items())[:20])
        rng = np.random.default_rng(7)
        drawn = rehearse(few, book=book, on=ON, rng=rng, n=300, repeats=20)
        print(f"Rehearsed on test sets of 300 (first {len(few)} tasks):\n")
        print(rehearsed_markdown(drawn))
        _forecasts(tasks)
    _rules(kept)
    _speed()


def _rules(kept: Sequence[tuple[Sequence[Outcome], Replayed]]) -> None:
    """How often each rule could apply, and how often it was broken."""
    margin = Assumptions().margin
    n_worse = n_cannot = n_only = n_both = broken = 0
    for rows, one in kept:
        good = [r for r in rows if r.quality >= one.bar - margin]
        prompts = [r.quality for r in good if not tuned(r.rung)]
        trained = [r.quality for r in good if tuned(r.rung)]
        chose = one.chosen is not None and tuned(one.chosen.rung)
        worse = bool(prompts and trained) and max(trained) < max(prompts)
        n_worse += worse
        n_cannot += bool(prompts and trained)
        n_only += bool(trained and not prompts)
        n_both += any(r.rung == "fine-tuned-rag" for r in good)
        broken += (worse and chose) or (bool(trained and not prompts) and not chose)
        if chose and prompts and one.chosen and one.oracle_usd is not None:
            broken += (one.chosen_usd or 0.0) > one.oracle_usd * (1 + 1e-9)
    print(
        f"{len(kept)} tasks. Tuned and prompted both reach the bar in {n_cannot}, "
        f"every tuned one worse in {n_worse} of them. Only tuned ones reach it in "
        f"{n_only}; retrieval and tuning together in {n_both}. "
        f"Rules broken: {broken}.\n"
    )


def _forecasts(tasks: Mapping[str, Sequence[Outcome]]) -> None:
    """The next point of each learning curve from those before it."""
    rng, hits, errors = np.random.default_rng(7), 0, []
    for rows in tasks.values():
        seen = sorted(
            (r for r in rows if r.rung == "fine-tuned" and r.labels),
            key=lambda r: r.labels or 0,
        )
        points = [
            LearningPoint(
                n_train=round(r.labels or 0),
                quality=r.quality,
                n_test=round(r.n or 250),
            )
            for r in seen
        ]
        for k in range(LEAST_SEEN, len(points)):
            after = points[k]
            found = forecast(points[:k], after.n_train, wanted=0.9, rng=rng)
            if found is not None:
                hits += found.low <= after.quality <= found.high
                errors.append(found.middle - after.quality)
    if errors:
        print(
            f"Learning curves: {hits} of {len(errors)} next points inside the 90 % "
            f"range; mean error {np.mean(errors):+.3f}, spread {np.std(errors):.3f}.\n"
        )


def _speed() -> None:
    """Seconds for 10,000 possible years of six candidates."""
    models = ("gpt-4.1-mini", "gpt-6-luna", "gpt-4o", "gpt-5", "gpt-6-sol", "gpt-5.5")
    ladder = [
        Measured(
            rung="few-shot",
            name=model,
            model=model,
            candidate_key=model,
            ruling="passed",
            n=200,
            n_available=200,
            quality=0.93,
            quality_low=0.9,
            quality_high=0.96,
            usd_per_request=None,
            input_tokens=3200,
            static_tokens=3000,
            output_tokens=100,
        )
        for model in models
    ]
    terms = Terms(requests_per_month=1e5, horizon_months=12, on=ON, book=load_prices())
    standard = Standard(bar=0.9, measured_bar=0.9, margin=0.03)
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        outlooks(draw(ladder, terms, rng=np.random.default_rng(7)), standard)
        took.append(time.perf_counter() - begun)
    print(
        f"10,000 possible years of {len(models)} candidates: {np.median(took):.3f} s."
    )


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
