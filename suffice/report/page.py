"""
Puts the report together: a page that needs no network and escapes all it shows.

It decides nothing: every number comes from the verdict and the stored answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from suffice.examples import Example
from suffice.report import plots
from suffice.results import Measured, Outcome, Verdict


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One test question that two candidates answered differently."""

    question: str
    wanted: str
    chosen_answer: str | None
    chosen_score: float | None
    other_answer: str | None
    other_score: float | None


@dataclass(frozen=True, kw_only=True)
class Side:
    """The candidate that the chosen one is shown beside, and where they differ."""

    other: Measured
    differences: tuple[Difference, ...]


def page(
    verdict: Verdict, *, side: Side | None = None, data_findings: Sequence[str] = ()
) -> str:
    """The whole report as HTML, self-contained, well under 2 MB."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["usd"] = _usd
    environment.filters["seconds"] = lambda s: "-" if s is None else f"{s:.2f} s"
    template = resources.files("suffice.report").joinpath("page.html")
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        v=verdict,
        chosen=chosen(verdict),
        ladder_svg=plots.ladder(verdict),
        price_svg=plots.price(verdict),
        cumulative_svg=plots.cumulative(verdict),
        pareto=[r.candidate_key for r in _priced_front(verdict)],
        side=side,
        findings=data_findings,
        calls=sum(r.n_calls for r in verdict.ladder),
        reused=sum(r.n_reused for r in verdict.ladder),
        full=sum(r.n_available for r in verdict.ladder if r.rung != "floor"),
        judged=sum(r.n for r in verdict.ladder if r.rung != "floor"),
    )


def chosen(verdict: Verdict) -> Measured | None:
    """The measurement of the chosen candidate."""
    for row in verdict.ladder:
        if row.candidate_key == verdict.chosen:
            return row
    return None


def differences(
    examples: Sequence[Example],
    chosen_outcomes: Sequence[Outcome],
    other_outcomes: Sequence[Outcome],
    *,
    limit: int = 10,
) -> tuple[Difference, ...]:
    """Up to *limit* examples where the two answered differently, in test order."""
    ours = {o.example_id: o for o in chosen_outcomes}
    theirs = {o.example_id: o for o in other_outcomes}
    found = [
        Difference(
            question=example.question,
            wanted=example.answer,
            chosen_answer=ours[example.id].answer,
            chosen_score=ours[example.id].score,
            other_answer=theirs[example.id].answer,
            other_score=theirs[example.id].score,
        )
        for example in examples
        if example.id in ours
        and example.id in theirs
        and ours[example.id].answer != theirs[example.id].answer
    ]
    return tuple(found[:limit])


def _priced_front(verdict: Verdict) -> list[Measured]:
    return plots.pareto([r for r in verdict.ladder if r.usd_per_request is not None])


def _usd(value: float | None, scale: float = 1.0) -> str:
    """Dollars with as many digits as say something; unknown stays unknown."""
    if value is None:
        return "unknown"
    amount = value * scale
    if amount == 0:
        return "$0"
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.4g}"
