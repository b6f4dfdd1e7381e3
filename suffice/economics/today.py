"""
The old verdict under today's circumstances: volume, tokens, prices, dates.

What was paid for the candidate that runs is paid; what another one would cost to set
up counts in full.  That, and a least gain, keep the choice from flapping.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from suffice.brief import Brief
from suffice.economics.choice import Standard, choose
from suffice.economics.decide import decide
from suffice.economics.ownership import Terms, months_left
from suffice.economics.prices import PriceBook
from suffice.economics.usage import UsageSummary
from suffice.economics.wording import count, digits
from suffice.results import Measured, Verdict


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """One reason to look again, and what it saw."""

    name: Literal["usage", "price", "drift", "retirement"]
    fired: bool
    """Whether it alone would change the choice, or calls for a climb."""
    saw: str
    needs: str = "nothing"
    """What it would have run again."""


class Today:
    """The old verdict under today's circumstances."""

    def __init__(
        self,
        verdict: Verdict,
        brief: Brief,
        book: PriceBook,
        on: date,
        usage: UsageSummary | None,
    ) -> None:
        self.old, self.book, self.on, self.usage = verdict, book, on, usage
        volume = usage.requests_per_month if usage else brief.usage.requests_per_month
        changed = brief.usage.model_copy(update={"requests_per_month": volume})
        self.brief = brief.model_copy(update={"usage": changed})
        self.champion = next(
            (m for m in verdict.ladder if m.candidate_key == verdict.chosen), None
        )
        self.terms = Terms(
            requests_per_month=volume,
            horizon_months=brief.horizon_months,
            on=on,
            book=book,
        )
        self.standard = Standard(
            bar=brief.bar,
            measured_bar=verdict.measured_bar or verdict.bar,
            margin=brief.margin,
            non_inferior=dict.fromkeys(verdict.non_inferior, True),
        )
        self.ladder = self._paid(self._as_used(verdict.ladder))
        self.choice = choose(self.ladder, self.terms, self.standard)

    def leans(self) -> bool:
        """Whether another measured candidate would be chosen today."""
        chosen = self.choice.chosen
        return chosen is not None and chosen.candidate_key != self.old.chosen

    def gains(self, min_gain: float) -> bool:
        """Whether it saves enough, or the old choice is no longer acceptable."""
        if self.champion is None or self.nothing_left():
            return self.champion is None
        kept = {m.candidate_key for m in self.choice.acceptable}
        if self.champion.candidate_key not in kept:
            return True
        assert self.choice.chosen is not None
        then = self.choice.ownership[self.choice.chosen.candidate_key].total_usd
        before = self.choice.ownership[self.champion.candidate_key].total_usd
        if then is None or before is None:
            return False
        return then <= before * (1 - min_gain)

    def nothing_left(self) -> bool:
        """Whether a verdict that stood has nothing acceptable left."""
        return self.old.chosen is not None and self.choice.chosen is None

    def verdict(self) -> Verdict:
        """The verdict as of today, on the same measurements."""
        made = decide(
            self.ladder,
            brief=self.brief,
            book=self.book,
            on=self.on,
            climb_id=self.old.climb_id,
            data_fingerprint=self.old.data_fingerprint,
            warnings=self.old.warnings,
            non_inferior=self.standard.non_inferior,
            measured_bar=self.standard.measured_bar,
        )
        return replace(made, ladder=self.old.ladder)

    def usage_trigger(self) -> Trigger:
        before, volume = self.old.requests_per_month, self.terms.requests_per_month
        saw = f"{count(volume)} requests a month ({count(before)} at the verdict)"
        if self.usage is None:
            saw += ", by the brief: no log was given"
        else:
            saw += (
                f", {digits(self.usage.input_tokens)} tokens in and "
                f"{digits(self.usage.output_tokens)} out each, over "
                f"{digits(self.usage.days)} days"
            )
        terms = replace(self.terms, on=self.old.prices_on)
        return Trigger(
            name="usage", fired=self._flips(self.ladder, terms), saw=saw + "."
        )

    def price_trigger(self) -> Trigger:
        models = dict.fromkeys(m.model for m in self.old.ladder)
        moved = [
            model
            for model in models
            if self.book.price(model, self.old.prices_on)
            != self.book.price(model, self.on)
        ]
        saw = f"no price changed between {self.old.prices_on} and {self.on}"
        if moved:
            saw = f"other prices since {self.old.prices_on} for {', '.join(moved)}"
        terms = replace(self.terms, requests_per_month=self.old.requests_per_month)
        fired = bool(moved) and self._flips(self._paid(self.old.ladder), terms)
        return Trigger(name="price", fired=fired, saw=saw[0].upper() + saw[1:] + ".")

    def retirement_trigger(self, notice_days: int) -> Trigger:
        day = self.book.shutdown(self.champion.model) if self.champion else None
        if day is None:
            return Trigger(
                name="retirement", fired=False, saw="No shutdown date is known."
            )
        left = (day - self.on).days
        fired = left <= notice_days
        return Trigger(
            name="retirement",
            fired=fired,
            saw=f"The model that runs is switched off on {day}, in {left} days.",
            needs="a climb without that model" if fired else "nothing",
        )

    def _flips(self, ladder: Sequence[Measured], terms: Terms) -> bool:
        chosen = choose(ladder, terms, self.standard).chosen
        return (chosen.candidate_key if chosen else None) != self.old.chosen

    def _paid(self, ladder: Sequence[Measured]) -> list[Measured]:
        """What was paid for the candidate that runs is gone, until its model dies."""
        if self.champion is None:
            return list(ladder)
        key, left = self.champion.candidate_key, 0.0
        life = months_left(self.book.shutdown(self.champion.model), self.on)
        if life < self.terms.horizon_months:
            left = 1 - life / self.terms.horizon_months
        return [
            replace(m, upfront_usd=m.upfront_usd * left)
            if m.candidate_key == key and m.upfront_usd is not None
            else m
            for m in ladder
        ]

    def _as_used(self, ladder: Sequence[Measured]) -> list[Measured]:
        """Tokens as the log has them, carried over to those that do not run."""
        if self.usage is None or self.champion is None:
            return list(ladder)
        more = self.usage.input_tokens - self.champion.input_tokens
        written = self.usage.output_tokens / (self.champion.output_tokens or 1.0)
        return [_moved(m, more, written) for m in ladder]


def _moved(measured: Measured, more_input: float, output_factor: float) -> Measured:
    read = max(measured.static_tokens, measured.input_tokens + more_input)
    written = measured.output_tokens * output_factor
    before = measured.input_tokens + measured.output_tokens
    cpu_s = measured.cpu_s
    if cpu_s is not None and before > 0:
        cpu_s *= (read + written) / before
    return replace(measured, input_tokens=read, output_tokens=written, cpu_s=cpu_s)
