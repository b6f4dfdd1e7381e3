"""
The verdict: what to run, why, and what would change it.

Pure: the day, the prices and the measurements come in as values.  Whether to go on
climbing or to tune is asked in ``prospects``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

from suffice.brief import Brief
from suffice.economics.choice import (
    TUNED,
    Choice,
    Standard,
    choose,
    is_tuned,
)
from suffice.economics.flips import flip_points, turning
from suffice.economics.learned import told_curve
from suffice.economics.likelihoods import likelihoods, told_likelihoods
from suffice.economics.motives import given_up, motive_of
from suffice.economics.next_steps import Situation, next_steps
from suffice.economics.ownership import Terms
from suffice.economics.prices import PriceBook
from suffice.economics.prospects import (
    Prospect,
    TuneDecision,
    circumstances,
    enough,
    should_tune,
)
from suffice.economics.reasons import reasons_of, tell
from suffice.economics.wording import digits
from suffice.results import CurvePoint, FlipPoint, Measured, Verdict

__all__ = ["Prospect", "TuneDecision", "decide", "enough", "should_tune"]

Action = Literal["run", "nothing-suffices", "need-more-examples"]


def decide(
    measured: Sequence[Measured],
    *,
    brief: Brief,
    book: PriceBook,
    on: date,
    climb_id: str,
    data_fingerprint: str,
    warnings: Sequence[str] = (),
    non_inferior: Mapping[str, bool] | None = None,
    measured_bar: float | None = None,
    tune: TuneDecision | None = None,
    spent_usd: float = 0.0,
    elapsed_s: float = 0.0,
    shutdowns_told: Mapping[str, date] | None = None,
    cached_shares: Mapping[str, float] | None = None,
    learning_curve: Sequence[CurvePoint] = (),
) -> Verdict:
    """
    The cheapest candidate to own among those proved good enough.

    *non_inferior* says, by candidate key, whether a tuned candidate was shown to be no
    worse than a prompt that passed; without that it is not chosen over one.
    *measured_bar* is the bar the rulings were made at, where it is not the brief's.
    *tune* adds the volume from which fine-tuning could pay to the flip points.
    *shutdowns_told* are the endpoint's own, by model; they win over the price rows.
    *cached_shares* are those of the static prompts, by model, where they are known.
    *learning_curve* tells what more training examples would bring, and chooses nothing.
    """
    book = replace(book, shutdowns={**(shutdowns_told or {}), **book.shutdowns})
    terms, standard = circumstances(brief, book, on)
    terms = replace(terms, cached_shares=cached_shares or {})
    bar = brief.bar if measured_bar is None else measured_bar
    shown = non_inferior or {}
    standard = replace(standard, measured_bar=bar, non_inferior=shown)
    choice = choose(measured, terms, standard)
    flips = flip_points(measured, terms, standard)
    chosen = choice.chosen
    verdict = Verdict(
        name=brief.name,
        climb_id=climb_id,
        action=_action(choice, measured),
        chosen=chosen.candidate_key if chosen else None,
        rung=chosen.rung if chosen else None,
        model=chosen.model if chosen else None,
        motive="none",
        text=_text(choice, measured, terms, standard, flips),
        reasons=reasons_of(choice, measured, terms, standard, tune),
        flip_points=(*flips, *_tuning_flip(tune, measured, terms)),
        ladder=tuple(measured),
        bar=brief.bar,
        margin=brief.margin,
        confidence=brief.confidence,
        requests_per_month=terms.requests_per_month,
        horizon_months=terms.horizon_months,
        decided_on=on,
        data_fingerprint=data_fingerprint,
        prices_on=on,
        shutdown_on=book.shutdown(chosen.model) if chosen else None,
        spent_usd=spent_usd,
        elapsed_s=elapsed_s,
        warnings=tuple(warnings),
        non_inferior=tuple(key for key, good in shown.items() if good),
        measured_bar=measured_bar,
        cached_shares=dict(terms.cached_shares),
        shutdowns_told=dict(book.shutdowns),
        learning_curve=tuple(learning_curve),
    )
    return _looking_ahead(verdict, choice, terms, standard, brief)


def _looking_ahead(
    verdict: Verdict, choice: Choice, terms: Terms, standard: Standard, brief: Brief
) -> Verdict:
    """The verdict with its motive, how sure it is, and what to buy next."""
    measured = verdict.ladder
    reasoned = motive_of(choice, measured, standard)
    outlook, payback = likelihoods(measured, terms, standard, choice, seed=brief.seed)
    situation = Situation(
        choice=choice,
        measured=measured,
        terms=terms,
        standard=standard,
        tunable=brief.models.tunable,
        provider=terms.book.provider,
        learning_curve=verdict.learning_curve,
    )
    sure = told_likelihoods(outlook, payback, choice)
    learned = told_curve(verdict.learning_curve, bar=standard.bar)
    return replace(
        verdict,
        motive=reasoned.motive,
        indicators=reasoned.indicators,
        given_up=given_up(choice),
        reasons=(*verdict.reasons, *sure, *learned),
        outlook=outlook,
        payback=payback,
        next_steps=next_steps(situation),
    )


def _text(
    choice: Choice,
    measured: Sequence[Measured],
    terms: Terms,
    standard: Standard,
    flips: Sequence[FlipPoint],
) -> str:
    told = tell(choice, measured, _action(choice, measured), terms, standard)
    return " ".join(filter(None, (told, turning(flips, measured))))


def _action(choice: Choice, measured: Sequence[Measured]) -> Action:
    if choice.chosen is not None:
        return "run"
    if any(m.ruling == "inconclusive" for m in measured):
        return "need-more-examples"
    return "nothing-suffices"


def _tuning_flip(
    tune: TuneDecision | None, measured: Sequence[Measured], terms: Terms
) -> tuple[FlipPoint, ...]:
    if tune is None or tune.from_requests_per_month is None:
        return ()
    if any(is_tuned(m) for m in measured):
        return ()
    at = tune.from_requests_per_month
    return (
        FlipPoint(
            quantity="requests_per_month",
            now=terms.requests_per_month,
            at=at,
            to=TUNED,
            text=(
                f"From {digits(at)} requests a month fine-tuning could pay; "
                "it has not been measured."
            ),
        ),
    )
