"""The possible years of a verdict, told in the words and types that are stored."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from suffice.economics import risk
from suffice.economics.choice import Choice, Standard, is_tuned
from suffice.economics.terms import Terms
from suffice.economics.wording import dollars, label, months
from suffice.results import Band, Likelihood, Measured, PaybackTime

N_DRAWS = 10_000


def likelihoods(
    measured: Sequence[Measured],
    terms: Terms,
    standard: Standard,
    choice: Choice,
    *,
    seed: int,
) -> tuple[tuple[Likelihood, ...], PaybackTime | None]:
    """
    How likely each priced candidate is the cheapest good one; how soon tuning pays.

    The payback is that of the best tuned candidate against the best prompt among those
    that are acceptable; ``None`` where either is missing.
    """
    rng = np.random.default_rng(seed)
    draws = risk.draw(measured, terms, rng=rng, n=N_DRAWS)
    told = tuple(map(_likelihood, risk.outlooks(draws, standard)))
    return told, _payback(draws, choice)


def _likelihood(found: risk.Outlook) -> Likelihood:
    return Likelihood(
        candidate_key=found.candidate_key,
        total_usd=_band(found.total_usd),
        usd_per_correct=_band(found.usd_per_correct),
        p_good_enough=found.p_good_enough,
        p_cheapest=found.p_cheapest,
    )


def _payback(draws: risk.Draws, choice: Choice) -> PaybackTime | None:
    good = [m for m in choice.acceptable if m.candidate_key in draws.monthly_usd]
    now = next((m for m in good if not is_tuned(m)), None)
    then = next((m for m in good if is_tuned(m)), None)
    if now is None or then is None:
        return None
    found = risk.payback(draws, now.candidate_key, then.candidate_key)
    return PaybackTime(
        from_key=now.candidate_key,
        to_key=then.candidate_key,
        months=_band(found.months),
        p_never=found.p_never,
    )


def told_likelihoods(
    outlook: Sequence[Likelihood],
    payback: PaybackTime | None,
    choice: Choice,
) -> list[str]:
    """One sentence on how sure the choice is, and one on the payback."""
    by_key = {m.candidate_key: m for m in choice.acceptable}
    said = []
    chosen = choice.chosen
    mine = [o for o in outlook if chosen and o.candidate_key == chosen.candidate_key]
    for o in mine:
        right = o.usd_per_correct
        said.append(
            f"In {o.p_cheapest:.0%} of {N_DRAWS:,} possible years of volume, tokens, "
            "prices and true quality it is the cheapest that is good enough; 1,000 "
            f"right answers cost {_usd(right.middle)} ({_usd(right.low)} to "
            f"{_usd(right.high)})."
        )
    if payback is not None:
        band = payback.months
        said.append(
            f"Moving from {label(by_key[payback.from_key])} to "
            f"{label(by_key[payback.to_key])} pays for itself in "
            f"{_months(band.middle)} ({_months(band.low)} to {_months(band.high)}), "
            f"and never in {payback.p_never:.0%} of the years."
        )
    return said


def _usd(usd: float | None) -> str:
    return dollars(math.inf if usd is None else 1000 * usd)


def _months(value: float | None) -> str:
    return months(math.inf if value is None else value)


def _band(found: risk.Range) -> Band:
    ends = (found.low, found.middle, found.high)
    low, middle, high = (v if math.isfinite(v) else None for v in ends)
    return Band(low=low, middle=middle, high=high)
