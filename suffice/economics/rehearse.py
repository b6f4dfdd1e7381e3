"""
Rehearsal: how often the engine would have decided rightly on a test set of its own.

A replay takes published numbers for the truth.  Here they are the truth that nobody
sees: test sets of *n* answers are drawn from them, ruled on by the same statistics as
in a climb, and the choice is compared with that of an oracle that knows the truth.
Answers of different candidates are drawn independently, which is harder than life,
where the same question is easy or hard for all; graded scores are drawn as 0 or 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from suffice.economics.choice import Choice, Standard, choose, is_tuned
from suffice.economics.prices import PriceBook
from suffice.economics.replay import Assumptions, cheapest_true, ladder_of
from suffice.economics.replay_rows import Outcome
from suffice.results import Measured
from suffice.statistics.acceptance import Design, alpha_share, look, non_inferior

CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """One task over all drawn test sets."""

    task: str
    bar: float
    p_wrong: float
    """Share in which what was chosen is truly below the bar, less the margin."""
    p_undecided: float
    """Share in which nothing was proved though something truly reaches the bar."""
    p_needless_tune: float
    """Share in which a tuned model was chosen though the oracle prompts."""
    regret_usd: float | None
    """Mean extra USD over the horizon where the choice was right; below 0 where a
    cheaper candidate between the edge and the bar was proved.  ``None`` where the
    choice never was right, or a price is unknown."""


def rehearse(
    tasks: Mapping[str, Sequence[Outcome]],
    *,
    book: PriceBook,
    on: date,
    rng: np.random.Generator,
    assumed: Assumptions | None = None,
    n: int = 500,
    repeats: int = 50,
) -> tuple[Rehearsed, ...]:
    """
    Every task of a table, *repeats* times with *n* test examples.

    The bar is the best measured quality less twice the margin, unless it is given:
    what is just as good as the bar can be proved with no test set.
    """
    assumed = assumed or Assumptions()
    return tuple(
        _Stage(task, rows, book=book, on=on, assumed=assumed, n=n).rehearsed(
            rng, repeats
        )
        for task, rows in tasks.items()
    )


class _Stage:
    """One task, ready to be drawn from."""

    def __init__(
        self,
        task: str,
        rows: Sequence[Outcome],
        *,
        book: PriceBook,
        on: date,
        assumed: Assumptions,
        n: int,
    ) -> None:
        best = max(r.quality for r in rows)
        bar = assumed.bar if assumed.bar is not None else best - 2 * assumed.margin
        self.task, self.margin, self.n = task, assumed.margin, n
        self.bar = max(bar, assumed.margin + 0.01)
        self.ladder, self.terms = ladder_of(
            rows, self.bar, book=book, on=on, assumed=assumed
        )
        self.design = Design(
            bar=self.bar,
            margin=self.margin,
            alpha=alpha_share(CONFIDENCE, len(rows)),
            n_max=n,
        )

    def rehearsed(self, rng: np.random.Generator, repeats: int) -> Rehearsed:
        known = choose(self.ladder, self.terms, self._standard({}))
        oracle = cheapest_true(self.ladder, known, self.bar)
        possible = oracle.quality >= self.bar
        wrong = undecided = needless = 0
        regrets: list[float | None] = []
        for _ in range(repeats):
            chosen = self._drawn(rng)
            if chosen is None:
                undecided += possible
                continue
            if chosen.quality < self.bar - self.margin:
                wrong += 1
                continue
            needless += is_tuned(chosen) and not is_tuned(oracle)
            regrets.append(self._regret(known, chosen, oracle))
        told = [r for r in regrets if r is not None]
        return Rehearsed(
            task=self.task,
            bar=self.bar,
            p_wrong=wrong / repeats,
            p_undecided=undecided / repeats,
            p_needless_tune=needless / repeats,
            regret_usd=sum(told) / len(told) if told else None,
        )

    def _drawn(self, rng: np.random.Generator) -> Measured | None:
        """The choice on one test set, at the true numbers of the chosen one."""
        scores, ladder = {}, []
        for m in self.ladder:
            drawn = (rng.random(self.n) < m.quality).astype(float).tolist()
            standing = look(drawn, self.design, final=True)
            scores[m.candidate_key] = drawn
            ladder.append(replace(m, ruling=standing.ruling or "inconclusive"))
        choice = choose(ladder, self.terms, self._standard(self._shown(ladder, scores)))
        if choice.chosen is None:
            return None
        key = choice.chosen.candidate_key
        return next(m for m in self.ladder if m.candidate_key == key)

    def _shown(
        self, ladder: Sequence[Measured], scores: Mapping[str, Sequence[float]]
    ) -> dict[str, bool]:
        passed = [m for m in ladder if m.ruling == "passed"]
        prompts = [m for m in passed if not is_tuned(m)]
        if not prompts:
            return {}
        best = max(prompts, key=lambda m: sum(scores[m.candidate_key]))
        theirs = scores[best.candidate_key]
        return {
            m.candidate_key: non_inferior(
                scores[m.candidate_key],
                theirs,
                margin=self.margin,
                alpha=1 - CONFIDENCE,
            ).passed
            for m in passed
            if is_tuned(m)
        }

    def _standard(self, shown: Mapping[str, bool]) -> Standard:
        return Standard(
            bar=self.bar, measured_bar=self.bar, margin=self.margin, non_inferior=shown
        )

    def _regret(
        self, known: Choice, chosen: Measured, oracle: Measured
    ) -> float | None:
        mine = known.ownership[chosen.candidate_key].total_usd
        least = known.ownership[oracle.candidate_key].total_usd
        if mine is None or least is None:
            return 0.0 if chosen is oracle else None
        return mine - least


def to_markdown(rehearsals: Sequence[Rehearsed]) -> str:
    """One row a task, and the means."""
    lines = [
        "| task | bar | wrong | undecided | needless tune | extra $ |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for r in rehearsals:
        extra = "unknown" if r.regret_usd is None else f"{r.regret_usd:,.2f}"
        lines.append(
            f"| {r.task} | {r.bar:.3f} | {r.p_wrong:.1%} | {r.p_undecided:.1%} | "
            f"{r.p_needless_tune:.1%} | {extra} |"
        )
    return "\n".join(lines) + "\n"
