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
from suffice.data.drift import Drift, question_drift
from suffice.data.features import Examined
from suffice.data.needs import Proof, provable, size_facts, token_facts
from suffice.data.tokens import TokenRules

if TYPE_CHECKING:
    import pandas as pd

    from suffice.brief import Brief

DRIFT_LEVEL = 0.01
"""p-value from which test and train are said to differ."""
NOISY = 0.01
"""Share of wrong labels that must be certain before single rows are suspected."""


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


@dataclass(frozen=True, kw_only=True)
class _Looked:
    """What was found in the set as a whole; ``None`` where it cannot be told."""

    form: forms.Form | None
    noisy: noise.Noise | None
    rare: list[str] | None
    distinct: float
    """How many questions there effectively are."""
    n_learned: int
    n_asked: int
    covered: float | None
    moved: Drift | None


def summarise(
    examined: Examined,
    brief: Brief,
    rules: TokenRules | None = None,
    proof: Proof | None = None,
) -> Summary:
    """What *examined* is like as a set, judged by what *brief* wants to prove."""
    proof = proof or Proof.of(brief)
    found = _look(examined, brief.seed)
    noisy, n = found.noisy, len(examined.everything)
    numbers = {
        "provable_quality": provable(proof, found.n_asked),
        "noise_low": noisy.low if noisy else None,
        "form_drift": found.form.drift if found.form else None,
        "rare_labels": len(found.rare) if found.rare is not None else None,
        "distinct_share": found.distinct / n if n else None,
        "coverage": found.covered,
        "drift": _sure(found.moved) if found.moved else None,
    }
    suspected = noisy.suspects if noisy and noisy.low >= NOISY else ()
    return Summary(
        numbers=numbers,
        off_form=found.form.off if found.form else {},
        suspects={s.index: s.label for s in suspected},
        facts=(
            *size_facts(brief, proof, found.n_learned, found.n_asked),
            *_facts(examined, found),
            *token_facts(examined, rules or TokenRules()),
        ),
        charts=_charts(examined, examined.labels),
    )


def _look(examined: Examined, seed: int) -> _Looked:
    everything, labels = examined.everything, examined.labels
    questions, parts = [e.question for e in everything], examined.divided.parts
    learned = [q for q, part in zip(questions, parts, strict=True) if part == "train"]
    asked = [q for q, part in zip(questions, parts, strict=True) if part == "test"]
    apart = len(examined.reads) > 1
    return _Looked(
        form=forms.discover([e.answer for e in everything]),
        noisy=noise.estimate(questions, labels, seed=seed) if any(labels) else None,
        rare=balance.rare_labels(labels) if any(labels) else None,
        distinct=balance.effective_number(examined.twins.group),
        n_learned=len(learned),
        n_asked=len(asked),
        covered=balance.coverage(learned, asked, seed=seed),
        moved=question_drift(learned, asked, seed=seed) if apart else None,
    )


def _facts(examined: Examined, found: _Looked) -> list[str]:
    labels, n = examined.labels, len(examined.everything)
    told = found.rare or not _tells_labels(found.form)
    return [
        *_on_form(found.form),
        *_on_noise(found.noisy, labels),
        *(_on_labels(labels, found.rare) if told else ()),
        f"{found.distinct:.0f} of {n} questions are effectively distinct.",
        *_on_parts(found.covered, found.moved),
        *_on_review([e.reviewed for e in examined.everything]),
    ]


def _sure(moved: Drift) -> float:
    """How far test is from train, where that is no accident."""
    return moved.effect if moved.p_value <= DRIFT_LEVEL else 0.0


def _charts(examined: Examined, labels: Sequence[str]) -> tuple[Chart, ...]:
    answers = [len(e.answer) for e in examined.everything]
    return (
        counted("Examples", examined.divided.parts),
        *([counted("Labels", labels)] if any(labels) else []),
        spread("Tokens of an example", examined.measures.tokens.tolist()),
        spread("Characters of an answer", answers),
    )


def _on_form(form: forms.Form | None) -> list[str]:
    return [f"The answers are {form.name}."] if form else []


def _on_noise(noisy: noise.Noise | None, labels: Sequence[str]) -> list[str]:
    if noisy is None and len(labels) >= noise.MIN_ROWS and any(labels):
        return [
            "Whether labels are wrong cannot be told: the words of the questions say "
            "too little about them, or the rows are too few."
        ]
    if noisy is None:
        return []
    if noisy.low == 0:
        return [
            "No label is surely wrong, as far as the texts tell; at most about "
            f"{noisy.high:.0%} are."
        ]
    return [
        f"About {noisy.rate:.0%} of the labels are probably wrong ({noisy.low:.0%} to "
        f"{noisy.high:.0%})."
    ]


def _tells_labels(form: forms.Form | None) -> bool:
    return form is not None and form.name.startswith("one of ")


def _on_labels(labels: Sequence[str], rare: list[str] | None) -> list[str]:
    if rare is None:
        return []
    few = f"{', '.join(repr(r)[:40] for r in rare[:5])} have fewer than 5 examples"
    return [f"There are {len(set(labels))} labels{f'; {few}' if rare else ''}."]


def _on_parts(covered: float | None, moved: Drift | None) -> list[str]:
    said = []
    if covered is not None:
        said.append(
            f"{covered:.0%} of the test questions have a training question nearby "
            "(90% would be usual)."
        )
    if moved is not None and moved.p_value <= DRIFT_LEVEL:
        said.append(
            "Test and training questions differ by more than chance: how well a "
            f"question shows where it is from is {moved.effect:.2f} (0: not at all, "
            f"1: surely; p = {moved.p_value:.1g})."
        )
    return said


def _on_review(reviewed: Sequence[bool | None]) -> list[str]:
    said = [r for r in reviewed if r is not None]
    if not said:
        return []
    return [
        f"A person has reviewed {sum(said):,} of the {len(reviewed):,} answers "
        f"({sum(said) / len(reviewed):.0%})."
    ]
