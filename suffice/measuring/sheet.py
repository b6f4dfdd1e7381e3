"""The sheet of one candidate: outcomes in frozen order, and what they amount to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from suffice.candidates import Candidate
from suffice.economics.prices import Price
from suffice.examples import Example, Message
from suffice.measuring.demonstrations import n_tokens
from suffice.measuring.slices import WORST, slices
from suffice.results import Completion, Measured, Outcome, Ruling
from suffice.statistics.acceptance import Design, Standing, look

MOST_MISSING = 0.05
"""Share of unanswered calls above which nothing is certified."""

_RARER = 50
"""Looks are at least so large a part of the scores apart: 2 % more calls at most."""


@dataclass(kw_only=True)
class Sheet:
    """Outcomes so far; looked at whenever the design says so."""

    candidate: Candidate
    examples: Sequence[Example]
    """The frozen test order."""
    design: Design
    outcomes: list[Outcome] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    standing: Standing | None = None
    note: str = ""
    _next_look: int = field(init=False)
    _clustered: bool = field(init=False)

    def __post_init__(self) -> None:
        self._next_look = self.design.look_every
        self._clustered = any(e.cluster for e in self.examples)

    @property
    def n_missing(self) -> int:
        """Calls that stayed unanswered: neither right nor wrong."""
        return len(self.outcomes) - len(self.scores)

    @property
    def too_many_missing(self) -> bool:
        """Whether too few answers came for anything to be certified."""
        return self.n_missing > MOST_MISSING * len(self.outcomes)

    @property
    def settled(self) -> bool:
        """Whether going on can change nothing, or nothing that matters."""
        if self.n_missing > MOST_MISSING * len(self.examples):
            return True
        ruled = self.standing.ruling if self.standing else None
        return ruled is not None and not (ruled == "passed" and self.too_many_missing)

    def add(self, outcome: Outcome) -> bool:
        """Enter the next outcome; whether that called for a look."""
        self.outcomes.append(outcome)
        if outcome.score is None:
            return False
        self.scores.append(outcome.score)
        if len(self.scores) < self._next_look:
            return False
        self.look()
        return True

    def look(self, *, final: bool = False) -> None:
        """Where the candidate stands after the outcomes so far."""
        # A look takes longer the more there is to see: after hundreds, rarer ones do.
        n = len(self.scores)
        self._next_look = n + max(self.design.look_every, n // _RARER)
        if self.scores:
            self.standing = look(
                self.scores,
                self.design,
                final=final,
                clusters=self._clusters(),
                limits=final,
            )

    def _clusters(self) -> list[str] | None:
        """Of the scored examples; one without a cluster is one of its own."""
        if not self._clustered:
            return None
        pairs = zip(self.examples, self.outcomes, strict=False)
        return [e.cluster or f"\0{e.id}" for e, o in pairs if o.score is not None]

    def ruling(self) -> Ruling:
        """Passed, failed or inconclusive; never passed with too many missing."""
        ruled = (self.standing and self.standing.ruling) or "inconclusive"
        doubtful = ruled == "passed" and self.too_many_missing
        return "inconclusive" if doubtful else ruled

    def measured(self, price: Price | None) -> Measured:
        """What the sheet says, without what the calls of this run cost."""
        answered = [o.completion for o in self.outcomes if o.completion]
        cpu = [c.cpu_s for c in answered if c.cpu_s is not None]
        # Answers of a batch took nobody knows how long.
        latencies = [c.latency_s for c in answered if c.latency_s]
        first_tokens = [c.ttft_s for c in answered if c.ttft_s is not None]
        return replace(
            self._judged(),
            usd_per_request=_mean_usd(answered, price),
            input_tokens=_mean(answered, lambda c: c.input_tokens),
            cached_tokens=_mean(answered, lambda c: c.cached_tokens),
            output_tokens=_mean(answered, lambda c: c.output_tokens),
            static_tokens=self._static_tokens(),
            cpu_s=sum(cpu) / len(cpu) if cpu else None,
            latency_p50_s=quantile(latencies, 0.50),
            latency_p95_s=quantile(latencies, 0.95),
            latency_p99_s=quantile(latencies, 0.99),
            ttft_p50_s=quantile(first_tokens, 0.50),
            retrieval_hit=self._retrieval_hit(),
            note="; ".join(filter(None, (self.note, self._missing_note()))),
            judge_usd_per_example=_mean_or_none([o.scoring_usd for o in self.outcomes]),
            slices=slices(self.outcomes, self.examples)[:WORST],
        )

    def _judged(self) -> Measured:
        """Whose sheet it is, and how that was ruled on."""
        standing, ruling = self.standing, self.ruling()
        return Measured(
            rung=self.candidate.rung,
            name=self.candidate.name,
            model=self.candidate.model,
            candidate_key=self.candidate.key,
            ruling=ruling,
            n=len(self.scores),
            n_available=len(self.examples),
            n_missing=self.n_missing,
            n_more=standing.n_more if standing and ruling == "inconclusive" else None,
            quality=standing.quality if standing else 0.0,
            quality_low=standing.low if standing else 0.0,
            quality_high=standing.high if standing else 1.0,
            usd_per_request=None,
        )

    def _retrieval_hit(self) -> float | None:
        hits = [o.retrieval_hit for o in self.outcomes if o.retrieval_hit is not None]
        return sum(hits) / len(hits) if hits else None

    def _missing_note(self) -> str:
        if not self.n_missing:
            return ""
        why = next(o.reason for o in reversed(self.outcomes) if o.score is None)
        text = f"{self.n_missing} of {len(self.outcomes)} calls stayed unanswered"
        if self.too_many_missing:
            text += f", more than {MOST_MISSING:.0%}, so that nothing is certified"
        return f"{text} (the last: {why})"

    def _static_tokens(self) -> float:
        """
        Tokens of the prompt that are the same in every request, on average.

        An estimate: of each prompt's tokens as reported, the share of its characters
        that do not come from the example.
        """
        if self.candidate.retrieval is not None:
            return _fixed_tokens(self.candidate)
        total = 0.0
        pairs = [
            (e, o.completion)
            for e, o in zip(self.examples, self.outcomes, strict=False)
            if o.completion
        ]
        for example, completion in pairs:
            n_chars = _chars(self.candidate.prompt(example))
            share = 1 - _chars(example.messages) / n_chars if n_chars else 0.0
            total += share * completion.input_tokens
        return total / len(pairs) if pairs else 0.0


def _fixed_tokens(candidate: Candidate) -> float:
    """Of a prompt that retrieves: what stands before what is retrieved."""
    shown = sum(_chars(d.messages) + len(d.answer) for d in candidate.demonstrations)
    return n_tokens(len(candidate.system or "") + shown)


def quantile(values: Iterable[float], share: float) -> float | None:
    """
    The smallest value that so large a share does not exceed; ``None`` of nothing.

    >>> quantile([3.0, 1.0, 2.0], 0.5)
    2.0
    """
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _chars(messages: Iterable[Message]) -> int:
    return sum(len(str(m.get("content") or "")) for m in messages)


def _mean(answered: Sequence[Completion], of: Callable[[Completion], float]) -> float:
    return sum(map(of, answered)) / len(answered) if answered else 0.0


def _mean_or_none(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _mean_usd(answered: Sequence[Completion], price: Price | None) -> float | None:
    """At list prices with nothing cached across requests."""
    if price is None or not answered:
        return None
    total = 0.0
    for c in answered:
        usd = price.usd(
            input_tokens=c.input_tokens, output_tokens=c.output_tokens, cpu_s=c.cpu_s
        )
        if usd is None:
            return None
        total += usd + c.side_usd
    return total / len(answered)
