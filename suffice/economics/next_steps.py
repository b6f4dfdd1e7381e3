"""
What the next best euro buys: test examples, training examples, another model, nothing.

Each step has a price, and a worth: what it saves over the horizon, times the chance
that it does.  Where nothing suffices yet, worth has no price; those steps come first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import betaincc

from suffice.economics.choice import Choice, Standard, is_tuned
from suffice.economics.learned import points_of, twice
from suffice.economics.learning import LEAST_POINTS, Forecast, LearningPoint
from suffice.economics.ownership import Terms, own
from suffice.economics.price import Price
from suffice.economics.prospects import Prospect, like
from suffice.economics.wording import count, dollars, label
from suffice.learning_curve import CURVE_RUNG
from suffice.results import CurvePoint, Measured, NextStep

_POWER = 0.8
"""Chance that the suggested number of examples proves what is true."""
_NOTHING = NextStep(
    what="nothing",
    text="Nothing more is worth buying: no further measurement is expected to save "
    "what it costs.",
    usd=0.0,
    worth_usd=0.0,
)


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What the next step is reckoned from."""

    choice: Choice
    measured: Sequence[Measured]
    terms: Terms
    standard: Standard
    tunable: str | None = None
    """Model that may be tuned; ``None``: tuning is ruled out."""
    provider: str | None = None
    """Provider whose other models could be tried; ``None``: any is elsewhere."""
    learning_curve: Sequence[CurvePoint] = ()
    """Models tuned on parts of the examples, where the brief asked for them."""

    @property
    def best_usd(self) -> float | None:
        """What the chosen candidate costs over the horizon."""
        chosen = self.choice.chosen
        if chosen is None:
            return None
        return self.choice.ownership[chosen.candidate_key].total_usd


def next_steps(situation: Situation) -> tuple[NextStep, ...]:
    """The steps that are worth their price, the best first; *nothing* where none is."""
    found = [
        *_test_examples(situation),
        *_training_examples(situation),
        *_models(situation),
    ]
    worth = [s for s in found if s.worth_usd is None or s.worth_usd > (s.usd or 0.0)]
    worth.sort(key=lambda s: (s.worth_usd is not None, (s.usd or 0) - _worth(s)))
    return tuple(worth) or (_NOTHING,)


def _worth(step: NextStep) -> float:
    return step.worth_usd or 0.0


def _test_examples(s: Situation) -> list[NextStep]:
    """More test examples for what could neither be proved nor ruled out."""
    found = []
    for m in s.measured:
        if m.ruling != "inconclusive" or not m.n_more:
            continue
        chance = _chance_good(m, s.standard) * _POWER
        each = (m.usd_per_request or 0.0) + (m.judge_usd_per_example or 0.0)
        usd = m.n_more * (each + s.terms.costs.usd_per_label)
        worth = _saved(m, s, chance)
        if s.choice.chosen is not None and worth is None:
            continue
        text = (
            f"{count(m.n_more)} more test examples ({dollars(usd)}) would settle "
            f"{label(m)}, which is good enough with a chance of {chance / _POWER:.0%}"
        )
        found.append(_step("test-examples", text, usd, worth))
    return found


def _training_examples(s: Situation) -> list[NextStep]:
    """Twice the training examples, where the learning curve says they may do."""
    tuned = [m for m in s.measured if is_tuned(m) and m.n_train]
    if s.tunable is None or not tuned:
        return []
    if any(m.ruling == "passed" for m in tuned):
        return []
    best, points = _points(s, tuned)
    seen, most = twice(points, wanted=s.standard.bar), best.n_train or 0
    if seen is not None:
        return _more_training(s, best, seen)
    if s.choice.chosen is not None:
        return []
    text = (
        f"What more than {count(most)} training examples would bring is not known: "
        f"tuning on parts of them ({LEAST_POINTS} sizes) would tell, "
        "see tuning.learning_curve"
    )
    return [_step("training-examples", text, None, None)]


def _points(
    s: Situation, tuned: Sequence[Measured]
) -> tuple[Measured, list[LearningPoint]]:
    """The tuned model trained on most, and the points that end with it."""
    drawn = [m for m in tuned if m.rung == CURVE_RUNG and s.learning_curve]
    same = drawn or [m for m in tuned if m.rung == tuned[-1].rung]
    best = max(same, key=lambda m: m.n_train or 0)
    if drawn:
        return best, points_of(s.learning_curve)
    return best, [
        LearningPoint(n_train=m.n_train or 0, quality=m.quality, n_test=m.n)
        for m in same
    ]


def _more_training(s: Situation, best: Measured, seen: Forecast) -> list[NextStep]:
    most = best.n_train or 0
    usd = most * s.terms.costs.usd_per_label + (best.upfront_usd or 0.0)
    text = (
        f"{count(most)} more training examples ({dollars(usd)}) would bring "
        f"{label(best)} to {seen.middle:.2f} ({seen.low:.2f} to {seen.high:.2f}), "
        f"over the bar with a chance of {seen.p_reaches:.0%}"
    )
    if s.choice.chosen is None:
        return [_step("training-examples", text, usd, None)] if seen.p_reaches else []
    worth = _saved(best, s, seen.p_reaches)
    return [] if worth is None else [_step("training-examples", text, usd, worth)]


def _models(s: Situation) -> list[NextStep]:
    """The one model of the price book that would save most if it were good enough."""
    chosen, best = s.choice.chosen, s.best_usd
    if chosen is None or best is None or s.provider is None:
        return []
    tried = {m.model for m in s.measured}
    offers = []
    for row in s.terms.book.rows:
        if row.model in tried or not _could_serve(row, s):
            continue
        one = like(Prospect(rung="zero-shot", model=row.model), chosen)
        total = own(one, s.terms).total_usd
        if total is not None and total < best:
            offers.append((total, row.model))
    if not offers:
        return []
    total, model = min(offers)
    each = chosen.usd_per_request or 0.0
    usd = chosen.n_available * each
    text = (
        f"Measuring {model} (about {dollars(usd)}) could save up to "
        f"{dollars(best - total)} over the horizon, if it is good enough; how likely "
        "that is nobody has measured."
    )
    return [NextStep(what="model", text=text, usd=usd, worth_usd=best - total)]


def _could_serve(row: Price, s: Situation) -> bool:
    """Whether this row is a live, untuned model of the same provider."""
    gone = s.terms.book.shutdown(row.model)
    return (
        row.provider == s.provider
        and row.kind == "tokens"
        and row.holds(s.terms.on)
        and not row.model.removeprefix(f"{s.provider}/").startswith(("ft:", "dec"))
        and (gone is None or gone > s.terms.on)
    )


def _chance_good(m: Measured, standard: Standard) -> float:
    """Chance that its true quality reaches the bar, less the margin (Jeffreys)."""
    right = m.quality * m.n
    edge = max(0.0, standard.bar - standard.margin)
    # As scipy.stats.beta.sf, without the second that scipy.stats takes to load.
    return float(betaincc(right + 0.5, m.n - right + 0.5, edge))


def _saved(m: Measured, s: Situation, chance: float) -> float | None:
    """Expected saving over the horizon; ``None``: nothing suffices yet, or unknown."""
    best, total = s.best_usd, own(m, s.terms).total_usd
    if best is None or total is None:
        return None
    return chance * max(0.0, best - total)


def _step(what: str, text: str, usd: float | None, worth: float | None) -> NextStep:
    end = "." if worth is None else f": worth {dollars(worth)}."
    return NextStep(
        what=what,  # type: ignore[arg-type]
        text=text + end,
        usd=usd,
        worth_usd=worth,
    )
