"""
Puts the report together: a page that needs no network and escapes all it shows.

It decides nothing: every number comes from the verdict, the stored answers and the
price book.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources

from suffice.economics.prices import Price
from suffice.economics.wording import dollars, first_token, latencies, with_rung
from suffice.examples import Example
from suffice.report import cost_view, money, plots
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
    n_both: int = 0
    """Test questions that both have answered."""
    n_differ: int = 0
    """Of these, the ones they answered differently; the first of them are shown."""


@dataclass(frozen=True, kw_only=True)
class DataSummary:
    """What the climb was on, and what the data gate let through."""

    findings: Sequence[str] = ()
    n_by_part: Mapping[str, int] = field(default_factory=dict)
    """Examples in train, dev and test."""


@dataclass(frozen=True, kw_only=True)
class Calls:
    """What the measuring took, and what stopping early left out."""

    n_judged: int
    n_possible: int
    n_calls: int
    n_reused: int
    spent_usd: float
    saved_usd: float | None
    """List price of the judgements that were not needed; ``None``: a price is
    unknown."""


def page(
    verdict: Verdict,
    *,
    side: Side | None = None,
    data: DataSummary | None = None,
    prices: Sequence[Price] = (),
    costs: money.Costs | None = None,
) -> str:
    """The whole report as HTML, self-contained, well under 2 MB."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["usd"] = _usd
    environment.filters["seconds"] = lambda s: "-" if s is None else f"{s:.2f} s"
    environment.filters["latencies"] = latencies
    environment.filters["first_token"] = first_token
    environment.filters["shown"] = lambda m: with_rung(m.rung, m.name)
    folder = resources.files("suffice.report")
    return environment.from_string(
        folder.joinpath("page.html").read_text(encoding="utf-8")
    ).render(
        v=verdict,
        style=folder.joinpath("page.css").read_text(encoding="utf-8"),
        chosen=chosen(verdict),
        ladder_svg=plots.ladder(verdict),
        price_svg=plots.price(verdict),
        costs=costs,
        cumulative_svg=money.cumulative(verdict, costs) if costs else None,
        tornado_svg=money.tornado(costs) if costs else None,
        pareto=[r.candidate_key for r in _priced_front(verdict)],
        side=side,
        data=data or DataSummary(),
        prices=prices,
        chances=cost_view.likelihoods(verdict),
        payback=cost_view.payback_of(verdict),
        calls=calls(verdict),
        timed=any(r.ttft_p50_s is not None for r in verdict.ladder),
        sliced=[r for r in verdict.ladder if r.slices],
    )


def chosen(verdict: Verdict) -> Measured | None:
    """The measurement of the chosen candidate."""
    for row in verdict.ladder:
        if row.candidate_key == verdict.chosen:
            return row
    return None


def calls(verdict: Verdict) -> Calls:
    """What all rungs but the floor took; the floor calls no model."""
    rows = [r for r in verdict.ladder if r.rung != "floor"]
    left = [(r.n_available - r.n - r.n_missing, r.usd_per_request) for r in rows]
    known = all(usd is not None for n, usd in left if n > 0)
    return Calls(
        n_judged=sum(r.n for r in rows),
        n_possible=sum(r.n_available for r in rows),
        n_calls=sum(r.n_calls for r in rows),
        n_reused=sum(r.n_reused for r in rows),
        spent_usd=sum(r.spent_usd for r in rows),
        saved_usd=sum(max(0, n) * (usd or 0.0) for n, usd in left) if known else None,
    )


def side_by_side(
    other: Measured,
    examples: Sequence[Example],
    chosen_outcomes: Sequence[Outcome],
    other_outcomes: Sequence[Outcome],
    *,
    limit: int = 10,
) -> Side:
    """The first *limit* examples where the two answered differently, and how many."""
    ours = {o.example_id: o for o in chosen_outcomes}
    theirs = {o.example_id: o for o in other_outcomes}
    both = [e for e in examples if e.id in ours and e.id in theirs]
    differ = [e for e in both if ours[e.id].answer != theirs[e.id].answer]
    return Side(
        other=other,
        differences=tuple(
            Difference(
                question=example.question,
                wanted=example.answer,
                chosen_answer=ours[example.id].answer,
                chosen_score=ours[example.id].score,
                other_answer=theirs[example.id].answer,
                other_score=theirs[example.id].score,
            )
            for example in differ[:limit]
        ),
        n_both=len(both),
        n_differ=len(differ),
    )


def _priced_front(verdict: Verdict) -> list[Measured]:
    return plots.pareto([r for r in verdict.ladder if r.usd_per_request is not None])


def _usd(value: float | None, scale: float = 1.0) -> str:
    """Dollars with as many digits as say something; unknown stays unknown."""
    return dollars(None if value is None else value * scale)
