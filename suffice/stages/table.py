"""
The table of a stage: its clients, its prices, and the account it pays from.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from suffice.brief import Brief
from suffice.candidates import Candidate
from suffice.economics.own_prices import prices_of
from suffice.economics.prices import PriceBook
from suffice.economics.wording import dollars
from suffice.errors import OverBudget
from suffice.ladder import RungName
from suffice.measuring.budget import Budget
from suffice.measuring.calls import Desk
from suffice.measuring.models import Model
from suffice.measuring.responses import ResponseStore
from suffice.measuring.scorers import Scorer
from suffice.stages.calibration import calibrate_once
from suffice.stages.climb import Climb, ledger_of, spent_usd, store_of
from suffice.stages.connect import connect, endpoint_name
from suffice.stages.hosting_stage import serving
from suffice.stages.means import embedder_of, sources_of
from suffice.stages.scoring import scorer_of
from suffice.stages.sources import NO_SOURCES, Sources, kept_pool
from suffice.tuning.ledger import Ledger
from suffice.tuning.ledger_gate import Gate
from suffice.tuning.visit import Stay


def today() -> date:
    """The day, in UTC, that prices and shutdowns are compared with."""
    return datetime.now(UTC).date()


def prices(brief: Brief) -> PriceBook:
    """The price book under the brief's own rows."""
    return prices_of(brief)


@dataclass(frozen=True, kw_only=True)
class Table:
    """What a measurement needs besides the candidate and the examples."""

    model: Model
    scorer: Scorer
    store: ResponseStore
    budget: Budget
    sources: Sources = NO_SOURCES
    """What candidates that retrieve search."""

    def opened(self, climb: Climb, rung: RungName, model: str) -> Table:
        """The same with what *rung* searches."""
        sources = sources_of(
            climb,
            rung,
            model,
            store=self.store,
            budget=self.budget,
            price=prices(climb.brief).price(climb.brief.embedder, today()),
        )
        return replace(self, sources=sources)

    def reopened(self, climb: Climb, candidate: Candidate) -> Table:
        """The same with the pool that *candidate* was measured with."""
        pool = kept_pool(climb.folder, candidate)
        if pool is None:
            return self
        price = prices(climb.brief).price(climb.brief.embedder, today())
        sources = Sources(
            examples=pool if pool.examples else None,
            documents=pool if pool.chunks else None,
            embedder=embedder_of(climb, self.store, self.budget, price),
        )
        return replace(self, sources=sources)

    def desk(self, climb: Climb, model: str) -> Desk:
        """
        Where *model* is asked, and on whose account.

        Raises `OverBudget` where its price is unknown: no budget can be held then.
        """
        price = prices(climb.brief).price(model, today())
        if price is None or not price.is_known:
            raise OverBudget(
                f"No price of {model!r} is known, so its answers cannot be held to the "
                f"budget of {dollars(climb.brief.budget_usd)}: add its price to "
                "price_rows or prices in the brief."
            )
        return Desk(
            model=self.model,
            scorer=self.scorer,
            endpoint_name=endpoint_name(climb.brief),
            price=price,
            store=self.store,
            budget=self.budget,
            concurrency=climb.brief.models.endpoint.concurrency,
            finds=self.sources.finder,
        )


def committed_usd(climb: Climb) -> float:
    """USD that this climb has spent or reserved so far, on calls and on all else."""
    with Ledger(ledger_of(climb.brief)) as ledger:
        return spent_usd(climb) + ledger.committed_usd(climb_id=climb.id)


@contextmanager
def desk(climb: Climb) -> Iterator[Table]:
    """The clients of one stage, and its account."""
    brief = climb.brief
    stay = Stay(hours=brief.models.endpoint.hosting.hours, climb_id=climb.id)
    with (
        account(climb) as (store, budget),
        serving(brief, connect(brief), ledger_of(brief), stay, budget=budget) as model,
    ):
        yield Table(
            model=model,
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
            others=lambda: store.others_usd,
            books=Gate(ledger_of(climb.brief), climb_id=climb.id),
        )
        try:
            calibrate_once(climb, today(), store=store, budget=budget)
            yield store, budget
        finally:
            # Paid, and no answer to show for it: the store knows of the others.
            store.book(budget.own_usd - store.own_usd)
