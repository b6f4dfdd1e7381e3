"""
The set of examples as one row of numbers, and the rows that stand out in it.

What it tells of a set (noise, form, balance, drift) needs all rows at once; the
features of single rows are elsewhere.  A number that does not apply is null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suffice.data import balance, forms, noise
from suffice.data.charts import Chart, counted, spread
from suffice.data.features import Examined
from suffice.data.splitting import strata
from suffice.errors import UnusableInput
from suffice.statistics import acceptance
from suffice.statistics.designs import Design
from suffice.statistics.power import examples_more, smallest_provable_quality

if TYPE_CHECKING:
    import pandas as pd

    from suffice.brief import Brief

NOISY = 0.05
"""Share of wrong labels that must be certain before single rows are suspected."""
MOST_TO_PROVE = 2000
"""Longest test order for which the smallest provable quality is worked out."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What the set as a whole is like."""

    numbers: Mapping[str, float | None]
    """By the name of the column that the expectations speak of."""
    off_form: Mapping[int, str]
    """Index of each answer that is off the common form, and in what."""
    suspects: Mapping[int, str]
    """Index of each row whose label is probably wrong, and the likelier one."""
    facts: tuple[str, ...]
    """Sentences for the report."""
    charts: tuple[Chart, ...] = ()

    def frame(self) -> pd.DataFrame:
        """One row, one column for each number."""
        import pandas as pd

        return pd.DataFrame([dict(self.numbers)]).astype("float64")


def summarise(examined: Examined, brief: Brief) -> Summary:
    """What *examined* is like as a set, judged by what *brief* wants to prove."""
    everything = examined.everything
    parts = examined.divided.parts
    questions = [e.question for e in everything]
    labels = strata(everything)
    form = forms.discover([e.answer for e in everything])
    noisy = noise.estimate(questions, labels, seed=brief.seed) if any(labels) else None
    learned = [q for q, part in zip(questions, parts, strict=True) if part == "train"]
    asked = [q for q, part in zip(questions, parts, strict=True) if part == "test"]
    provable = _provable(brief, len(asked))
    distinct = balance.effective_number(examined.twins.group)
    rare = balance.rare_labels(labels) if any(labels) else None
    numbers = {
        "provable_quality": provable,
        "noise_low": noisy.low if noisy else None,
        "form_drift": form.drift if form else None,
        "rare_labels": len(rare) if rare is not None else None,
        "distinct_share": distinct / len(everything) if everything else None,
        "coverage": balance.coverage(learned, asked, seed=brief.seed),
        "drift": balance.drift(learned, asked, seed=brief.seed)
        if len(examined.reads) > 1
        else None,
    }
    return Summary(
        numbers=numbers,
        off_form=form.off if form else {},
        suspects={s.index: s.label for s in noisy.suspects}
        if noisy and noisy.low >= NOISY
        else {},
        facts=(
            *_on_size(brief, len(asked), provable),
            *_on_form(form),
            *_on_noise(noisy),
            *_on_labels(labels, rare),
            f"{distinct:.0f} of {len(everything)} questions are effectively distinct.",
            _on_tokens(examined),
        ),
        charts=_charts(examined, labels),
    )


def _charts(examined: Examined, labels: Sequence[str]) -> tuple[Chart, ...]:
    answers = [len(e.answer) for e in examined.everything]
    return (
        counted("Examples", examined.divided.parts),
        *([counted("Labels", labels)] if any(labels) else []),
        spread("Tokens of an example", examined.measures.tokens.tolist()),
        spread("Characters of an answer", answers),
    )


def _design(brief: Brief, n_test: int) -> Design:
    alpha = acceptance.alpha_share(brief.confidence, len(brief.rungs))
    return Design(bar=brief.bar, margin=brief.margin, alpha=alpha, n_max=n_test)


def _provable(brief: Brief, n_test: int) -> float | None:
    if not 0 < n_test <= MOST_TO_PROVE:
        return None
    try:
        return smallest_provable_quality(_design(brief, n_test))
    except UnusableInput:
        return None


def _on_size(brief: Brief, n_test: int, provable: float | None) -> list[str]:
    if provable is None:
        return []
    said = (
        f"With {n_test} test examples the smallest quality that can be proven against "
        f"a bar of {brief.bar:g} (margin {brief.margin:g}) is {provable:.3f}"
    )
    for target in (0.92, 0.95, 0.97):
        more = _more(brief, n_test, target) if brief.bar < target < provable else None
        if more:
            return [f"{said}; {more} more would prove {target:g}."]
    return [f"{said}."]


def _more(brief: Brief, n_test: int, target: float) -> int | None:
    """How many more test examples would prove *target*."""
    import numpy as np

    n = max(n_test, 20)
    units = np.array([1.0] * round(n * target) + [0.0] * (n - round(n * target)))
    more = examples_more(units, _design(brief, n))
    return more + n - n_test if more else None


def _on_form(form: forms.Form | None) -> list[str]:
    return [f"The answers are {form.name}."] if form else []


def _on_noise(noisy: noise.Noise | None) -> list[str]:
    if noisy is None:
        return []
    return [
        f"About {noisy.rate:.0%} of the labels are probably wrong ({noisy.low:.0%} to "
        f"{noisy.high:.0%})."
    ]


def _on_labels(labels: Sequence[str], rare: list[str] | None) -> list[str]:
    if rare is None:
        return []
    shown = f"; {', '.join(repr(r)[:40] for r in rare[:5])} have fewer than 5 examples"
    return [f"There are {len(set(labels))} labels{shown if rare else ''}."]


def _on_tokens(examined: Examined) -> str:
    total = float(examined.measures.tokens.sum(dtype="float64"))
    return f"All examples together are about {total:,.0f} tokens (estimated by length)."
