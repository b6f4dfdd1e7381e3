"""
The old verdict under today's circumstances: volume, tokens, prices, dates.

What was paid for the candidate that runs is paid; what another one would cost to set
up counts in full.  That, and a least gain, keep the choice from flapping.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from suffice.brief import Brief
from suffice.economics.choice import Choice, Standard, choose
from suffice.economics.decide import decide
from suffice.economics.ownership import total_usd
from suffice.economics.price_changes import differ
from suffice.economics.prices import PriceBook
from suffice.economics.terms import Terms, months_left, terms_of
from suffice.economics.usage import UsageSummary
from suffice.results import Measured, Verdict


@dataclass(frozen=True, kw_only=True)
class Today:
    """The old verdict, and what is known today."""

    old: Verdict
    brief: Brief
    """With today's volume in place of its own."""
    book: PriceBook
    book_then: PriceBook
    """The prices that the old verdict was made at."""
    on: date
    usage: UsageSummary | None
    terms: Terms
    standard: Standard
    champion: Measured | None
    """The candidate that runs."""
    ladder: tuple[Measured, ...]
    """As used today, without what has been paid."""
    choice: Choice

    def leans(self) -> bool:
        """Whether another measured candidate would be chosen today."""
        chosen = self.choice.chosen
        return chosen is not None and chosen.candidate_key != self.old.chosen

    def gains(self, min_gain: float) -> bool:
        """
        Whether it saves enough, or the old choice is no longer acceptable.

        It must also save something at either end of what the volume may be.
        """
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
        return then <= before * (1 - min_gain) and self._surely_cheaper()

    def _surely_cheaper(self) -> bool:
        ends = self.usage and (self.usage.requests_low, self.usage.requests_high)
        chosen, champion = self.choice.chosen, self.champion
        if not ends or chosen is None or champion is None:
            return True
        mine = next(m for m in self.ladder if m.candidate_key == champion.candidate_key)
        for volume in ends:
            if volume:
                terms = replace(self.terms, requests_per_month=volume)
                then, before = total_usd(chosen, terms), total_usd(mine, terms)
                if then is None or before is None or then >= before:
                    return False
        return True

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
            learning_curve=self.old.learning_curve,
        )
        return replace(made, ladder=self.old.ladder)

    def flips_by_usage(self) -> bool:
        """Whether today's usage alone, at the old prices, changes the choice."""
        then = replace(self.terms, on=self.old.prices_on, book=self.book_then)
        return self._flips(self.ladder, then)

    def flips_by_price(self) -> bool:
        """Whether today's prices alone, at the old usage, change the choice."""
        before = self.old.requests_per_month
        terms = replace(self.terms, requests_per_month=before, cached_shares={})
        return self._flips(_paid(self.old.ladder, self.champion, terms), terms)

    def moved_prices(self) -> list[str]:
        """Models of the ladder whose price is not what it was."""
        found = []
        for model in dict.fromkeys(m.model for m in self.old.ladder):
            before = self.book_then.price(model, self.old.prices_on)
            after = self.book.price(model, self.on)
            if before is None or after is None:
                moved = before is not after
            else:
                moved = differ(before, after)
            found += [model] if moved else []
        return found

    def alive(self, notice_days: int) -> tuple[str, ...]:
        """Models of the brief that live for longer than the notice."""
        found = []
        for model in self.brief.models.base:
            day = self.book.shutdown(model)
            if day is None or (day - self.on).days > notice_days:
                found.append(model)
        return tuple(found)

    def _flips(self, ladder: Sequence[Measured], terms: Terms) -> bool:
        chosen = choose(ladder, terms, self.standard).chosen
        return (chosen.candidate_key if chosen else None) != self.old.chosen


def today_of(
    verdict: Verdict,
    brief: Brief,
    book: PriceBook,
    on: date,
    usage: UsageSummary | None,
    *,
    book_then: PriceBook | None = None,
) -> Today:
    """
    Everything that follows from what is known today.

    *book_then* holds the prices of the old verdict, where they were kept: without it
    the book's own rows of that day are taken for them.
    """
    brief = _as_counted(brief, usage)
    champion = next(
        (m for m in verdict.ladder if m.candidate_key == verdict.chosen), None
    )
    terms = terms_of(brief, book, on)
    terms = replace(terms, cached_shares=_cached_shares(champion, usage))
    standard = Standard(
        bar=brief.bar,
        measured_bar=verdict.measured_bar or verdict.bar,
        margin=brief.margin,
        non_inferior=dict.fromkeys(verdict.non_inferior, True),
    )
    ladder = _paid(_as_used(verdict.ladder, champion, usage), champion, terms)
    return Today(
        old=verdict,
        brief=brief,
        book=book,
        book_then=book_then or book,
        on=on,
        usage=usage,
        terms=terms,
        standard=standard,
        champion=champion,
        ladder=tuple(ladder),
        choice=choose(ladder, terms, standard),
    )


def _as_counted(brief: Brief, usage: UsageSummary | None) -> Brief:
    """The brief at the volume that was counted, where any was."""
    if usage is None:
        return brief
    volume = {"requests_per_month": usage.requests_per_month}
    changed = brief.usage.model_copy(update=volume)
    return brief.model_copy(update={"usage": changed})


def _cached_shares(
    champion: Measured | None, usage: UsageSummary | None
) -> dict[str, float]:
    """The share of the champion's static prompt that the log saw in the cache."""
    if champion is None or usage is None or usage.cached_tokens is None:
        return {}
    if champion.static_tokens <= 0:
        return {}
    share = usage.cached_tokens / champion.static_tokens
    return {champion.model: min(1.0, share)}


def _paid(
    ladder: Sequence[Measured], champion: Measured | None, terms: Terms
) -> list[Measured]:
    """What was paid for the candidate that runs is gone, until its model dies."""
    if champion is None:
        return list(ladder)
    key, left = champion.candidate_key, 0.0
    life = months_left(terms.book.shutdown(champion.model), terms.on)
    if life < terms.horizon_months:
        left = 1 - life / terms.horizon_months
    return [
        replace(m, upfront_usd=m.upfront_usd * left)
        if m.candidate_key == key and m.upfront_usd is not None
        else m
        for m in ladder
    ]


def _as_used(
    ladder: Sequence[Measured], champion: Measured | None, usage: UsageSummary | None
) -> list[Measured]:
    """Tokens as the log has them, carried over to those that do not run."""
    if usage is None or champion is None:
        return list(ladder)
    if usage.input_tokens is None or usage.output_tokens is None:
        return list(ladder)
    more = usage.input_tokens - champion.input_tokens
    written = usage.output_tokens / (champion.output_tokens or 1.0)
    return [_moved(m, more, written) for m in ladder]


def _moved(measured: Measured, more_input: float, output_factor: float) -> Measured:
    read = max(measured.static_tokens, measured.input_tokens + more_input)
    written = measured.output_tokens * output_factor
    before = measured.input_tokens + measured.output_tokens
    cpu_s = measured.cpu_s
    if cpu_s is not None and before > 0:
        cpu_s *= (read + written) / before
    return replace(measured, input_tokens=read, output_tokens=written, cpu_s=cpu_s)
