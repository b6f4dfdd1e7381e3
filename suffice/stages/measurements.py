"""
The stages of a climb up to its measurements: plan, prompting, tuning.

Each is one call for a Prefect task: it opens the clients, asks the library, stores
what came out and tells the journal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from suffice.brief import Brief
from suffice.candidates import Candidate
from suffice.economics.plan import (
    Effort,
    MeanTokens,
    Pace,
    Plan,
    Sizes,
    refuse_over_budget,
)
from suffice.economics.plan import plan as plan_of
from suffice.economics.prices import PriceBook, load_prices
from suffice.economics.wording import ruled
from suffice.examples import Example
from suffice.ladder import RungName
from suffice.measuring.budget import Budget
from suffice.measuring.calls import Desk
from suffice.measuring.choosing import Choice, choose
from suffice.measuring.demonstrations import n_tokens
from suffice.measuring.floor import measure_floor
from suffice.measuring.measure import measure
from suffice.measuring.models import Model
from suffice.measuring.proposing import propose
from suffice.measuring.responses import ResponseStore
from suffice.measuring.rungs import alternatives
from suffice.measuring.scorers import Scorer
from suffice.measuring.tuned_rungs import tuned_candidate
from suffice.results import Measured, Outcome
from suffice.stages.calibration import calibrate_once, corrected_note
from suffice.stages.climb import (
    Climb,
    keep,
    spent_usd,
    store_of,
)
from suffice.stages.connect import connect, endpoint_name
from suffice.stages.judging import design
from suffice.stages.library import NO_LIBRARY, Library, embedding_model, keep_pool
from suffice.stages.means import library_of, means_of
from suffice.stages.scoring import scorer_of
from suffice.stages.scoring_plan import with_scoring
from suffice.statistics.acceptance import smallest_provable_quality
from suffice.tuning.ledger import Ledger

_EMBEDDED_PACE = Pace(seconds_per_call=2.0, concurrency=16, training_tokens_per_s=250)
"""Assumed before the first call, on two CPU cores; the plan says so."""
_EMBEDDED_CPU_S = 0.5


def today() -> date:
    """The day, in UTC, that prices and shutdowns are compared with."""
    return datetime.now(UTC).date()


def prices(brief: Brief) -> PriceBook:
    """The price book under the brief's own rows."""
    return load_prices(
        Path(brief.prices) if brief.prices else None,
        brief.cpu_usd_per_hour,
        brief.models.endpoint.base_url,
    )


def plan(climb: Climb) -> Plan:
    """
    Calls, dollars and minutes of every rung, before the first call.

    Raises `OverBudget` when they exceed the brief's budget.
    """
    brief, split = climb.brief, climb.split
    embedded = brief.models.endpoint.base_url is None
    sizes = Sizes(train=len(split.train), dev=len(split.dev), test=len(split.test))
    tokens = mean_tokens(brief, split.train)
    pace = _EMBEDDED_PACE if embedded else None
    planned = plan_of(
        brief,
        sizes,
        tokens,
        prices(brief),
        today(),
        effort=_effort(brief),
        pace=pace,
        cpu_s_per_call=_EMBEDDED_CPU_S if embedded else None,
        smallest_provable=smallest_provable_quality(design(climb, "")),
    )
    planned = with_scoring(planned, brief, sizes, tokens, today(), pace=pace)
    refuse_over_budget(planned, brief)
    climb.journal.write(
        "plan",
        rows=[asdict(row) for row in planned.rows],
        n_calls=planned.n_calls,
        usd=planned.usd,
        seconds=planned.seconds,
        assumptions=planned.assumptions,
    )
    return planned


def _effort(brief: Brief) -> Effort:
    """How hard the rungs try, as far as the brief has a say in it."""
    return Effort(
        passage_tokens=float(brief.chunks.tokens),
        retrievers=1 if embedding_model(brief) is None else 2,
        search_calls=brief.optimiser.max_metric_calls if brief.optimiser else 0,
        epochs=brief.tuning.epochs or Effort().epochs,
    )


def measure_rung(climb: Climb, rung: RungName, model: str) -> Measured:
    """Choose the rung's candidate on dev, judge it on test, store the result."""
    climb.journal.write("stage", text=rung if rung == "floor" else f"{rung}, {model}")
    if rung == "floor":
        with account(climb) as (store, budget):
            candidate, measured, outcomes = measure_floor(
                climb.split,
                scorer=scorer_of(climb.brief, today(), store=store, budget=budget),
                design=design(climb, rung),
                journal=climb.journal,
            )
        return _kept(climb, candidate, measured, outcomes, None)
    with desk(climb) as at:
        at = at.opened(climb, rung, model)
        choice = choose(
            _tried(climb, rung, model, at),
            climb.split.dev,
            keep_first=rung == "optimised-prompt",
            bar=climb.brief.bar,
            **at.arguments(climb, model),
        )
        return _judge(climb, choice.winner, at, choice)


def _tried(climb: Climb, rung: RungName, model: str, at: Table) -> list[Candidate]:
    """The candidates of *rung*; the start of the optimised prompt comes first."""
    brief, split = climb.brief, climb.split
    desk = at.desk(climb, model)
    means = means_of(climb, rung, model, at.library, desk)
    found = alternatives(rung, brief, split, model, means)
    if rung != "optimised-prompt" or brief.optimiser is None:
        return found
    proposed = propose(
        found[0],
        split.train,
        split.dev,
        optimiser=brief.optimiser,
        desk=desk,
        proposers_desk=at.desk(climb, brief.optimiser.proposer),
        seed=brief.seed,
        journal=climb.journal,
    )
    means = replace(means, proposed=proposed)
    return alternatives(rung, brief, split, model, means)


def measure_tuned(
    climb: Climb,
    model: str,
    upfront_usd: float | None,
    rung: RungName = "fine-tuned",
) -> Measured:
    """Judge the tuned *model* with the prompt it was trained on, like every other."""
    climb.journal.write("stage", text=f"{rung}, {model}")
    with desk(climb) as at:
        at = at.opened(climb, rung, model)
        means = means_of(climb, rung, model, at.library)
        candidate = tuned_candidate(climb.brief, model, rung, means)
        return _judge(climb, candidate, at, None, upfront_usd=upfront_usd)


@dataclass(frozen=True, kw_only=True)
class Table:
    """What a measurement needs besides the candidate and the examples."""

    model: Model
    scorer: Scorer
    store: ResponseStore
    budget: Budget
    library: Library = NO_LIBRARY
    """What candidates that retrieve search."""

    def opened(self, climb: Climb, rung: RungName, model: str) -> Table:
        """The same with what *rung* searches."""
        library = library_of(
            climb,
            rung,
            model,
            store=self.store,
            budget=self.budget,
            price=prices(climb.brief).price(climb.brief.embedder, today()),
        )
        return replace(self, library=library)

    def desk(self, climb: Climb, model: str) -> Desk:
        """Where single questions are asked."""
        arguments = self.arguments(climb, model)
        del arguments["journal"]
        return Desk(**arguments)

    def arguments(self, climb: Climb, model: str) -> dict[str, Any]:
        """Keyword arguments that choosing and measuring share."""
        return {
            "model": self.model,
            "scorer": self.scorer,
            "endpoint_name": endpoint_name(climb.brief),
            "price": prices(climb.brief).price(model, today()),
            "store": self.store,
            "budget": self.budget,
            "journal": climb.journal,
            "concurrency": climb.brief.models.endpoint.concurrency,
            "finds": self.library.finder,
        }


def committed_usd(climb: Climb) -> float:
    """USD that this climb has spent or reserved so far, on calls and on training."""
    return spent_usd(climb) + _training_usd(climb)


def _training_usd(climb: Climb) -> float:
    with Ledger(climb.workspace.ledger) as ledger:
        return ledger.committed_usd(climb_id=climb.id)


@contextmanager
def desk(climb: Climb) -> Iterator[Table]:
    """The clients of one stage, and its account."""
    with account(climb) as (store, budget):
        yield Table(
            model=connect(climb.brief),
            scorer=scorer_of(climb.brief, today(), store=store, budget=budget),
            store=store,
            budget=budget,
        )


@contextmanager
def account(climb: Climb) -> Iterator[tuple[ResponseStore, Budget]]:
    """Where one stage stores and pays; what it spends is stored with the answers."""
    with ResponseStore(store_of(climb.brief), account=climb.id) as store:
        budget = Budget(
            climb.brief.budget_usd,
            spent_usd=_training_usd(climb),
            others=lambda: store.others_usd,
        )
        try:
            calibrate_once(climb, today(), store=store, budget=budget)
            yield store, budget
        finally:
            # Paid, and no answer to show for it: the store knows of the others.
            store.book(budget.own_usd - store.own_usd)


def _judge(
    climb: Climb,
    candidate: Candidate,
    at: Table,
    choice: Choice | None,
    *,
    upfront_usd: float | None = 0.0,
) -> Measured:
    tried = choice.won if choice else None
    keep_pool(climb.folder, candidate, at.library)
    arguments = at.arguments(climb, candidate.model)
    measured, outcomes = measure(
        candidate,
        climb.split.test,
        design=design(climb, candidate.rung, candidate.model, tried),
        **arguments,
    )
    return _kept(climb, candidate, measured, outcomes, choice, upfront_usd=upfront_usd)


def _kept(
    climb: Climb,
    candidate: Candidate,
    measured: Measured,
    outcomes: tuple[Outcome, ...],
    choice: Choice | None,
    *,
    upfront_usd: float | None = 0.0,
) -> Measured:
    """Stored and told; what choosing took is part of what measuring took."""
    if choice is not None:
        measured = replace(
            measured,
            note="; ".join(filter(None, (measured.note, choice.note))),
            spent_usd=measured.spent_usd + choice.spent_usd,
            n_calls=measured.n_calls + choice.n_calls,
            n_reused=measured.n_reused + choice.n_reused,
            dev_quality=choice.won.quality if choice.won else None,
            dev_n=choice.won.n if choice.won else 0,
        )
    notes = (measured.note, corrected_note(climb, outcomes))
    measured = replace(
        measured, upfront_usd=upfront_usd, note="; ".join(filter(None, notes))
    )
    keep(climb, candidate, measured, outcomes)
    climb.journal.write(
        "done", rung=measured.rung, usd=measured.spent_usd, text=told(measured)
    )
    return measured


def told(measured: Measured) -> str:
    """One line on a measurement: ruling, quality, how much was asked and reused."""
    calls = ""
    if measured.n_calls or measured.n_reused:
        calls = f"; {measured.n_calls} calls, {measured.n_reused} reused"
    return f"{ruled(measured)}{calls}"


def mean_tokens(brief: Brief, examples: Sequence[Example]) -> MeanTokens:
    """Estimated tokens of the parts of a prompt."""
    asked = [
        n_tokens(sum(len(str(m.get("content") or "")) for m in e.messages))
        for e in examples
    ]
    return MeanTokens(
        question=fmean(asked),
        answer=fmean(n_tokens(len(e.answer)) for e in examples),
        instructions=n_tokens(len(brief.instructions)),
        tuned_instructions=n_tokens(len(brief.tuning.instructions or brief.name)),
    )
