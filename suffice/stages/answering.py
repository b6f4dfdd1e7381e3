"""
Asks a registered champion: one question, or all of a file's.

As in a climb, answers are stored before they are used, money is reserved before a
call, and what was interrupted goes on where it was.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from suffice.economics.own_prices import prices_of
from suffice.economics.prices import Price
from suffice.errors import EnvironmentFailed
from suffice.examples import Example
from suffice.measuring.budget import Budget
from suffice.measuring.calls import Calls, Desk, sitting
from suffice.measuring.embedder import Embedder, Embeds
from suffice.measuring.in_order import in_order
from suffice.measuring.models import Model
from suffice.measuring.responses import ResponseStore
from suffice.measuring.scorers import Score
from suffice.registry.loading import Loaded
from suffice.registry.recipe import Recipe
from suffice.results import Outcome
from suffice.retrieval.finding import Finder
from suffice.stages.climb import ledger_of, store_of
from suffice.stages.connect import endpoint_name
from suffice.stages.table import today
from suffice.tuning.ledger_gate import Gate

T = TypeVar("T")


@dataclass(kw_only=True)
class Tally:
    """What asking came to so far."""

    n: int = 0
    n_missing: int = 0
    n_reused: int = 0
    """Answers that had been paid for before."""
    spent_usd: float = 0.0
    price_known: bool = True


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Whom to ask, and on which account."""

    champion: Loaded
    output: Path
    """Folder of the stored answers, where the brief names no store."""
    budget_usd: float
    account: str = "answers"
    """What is spent is added up by it, over all runs."""

    @property
    def concurrency(self) -> int:
        """Questions under way at once."""
        return self.champion.brief.models.endpoint.concurrency


def ask_all(
    asking: Asking, items: Iterable[tuple[T, Example]], tally: Tally
) -> Iterator[tuple[T, Outcome]]:
    """
    The answer to each item's example, in their order; *tally* is kept up to date.

    For a thread without a running event loop.  Raises `OverBudget` where the budget
    ends and `SpendingStopped` where the provider answers no more; what was answered
    is stored.
    """
    with _desk(asking) as desk, asyncio.Runner() as runner:
        answers = _answers(asking, desk, items, tally)
        try:
            while (got := runner.run(anext(answers, None))) is not None:
                yield got
        finally:
            runner.run(answers.aclose())


async def _answers(
    asking: Asking, desk: Desk, items: Iterable[tuple[T, Example]], tally: Tally
) -> AsyncGenerator[tuple[T, Outcome], None]:
    candidate = asking.champion.recipe.candidate

    async with sitting(desk) as calls:

        async def work(item: tuple[T, Example]) -> tuple[T, Outcome]:
            return item[0], await calls.ask(candidate, item[1])

        answers = in_order(
            work, items, ahead=asking.concurrency, on_leaving=calls.no_more
        )
        async with aclosing(answers):
            async for item, outcome in answers:
                tally.n += 1
                tally.n_missing += outcome.completion is None
                _count(tally, calls)
                yield item, outcome


def _count(tally: Tally, calls: Calls) -> None:
    tally.spent_usd, tally.n_reused = calls.spent_usd, calls.n_reused


@contextmanager
def _desk(asking: Asking) -> Iterator[Desk]:
    model = asking.champion.recipe.connect()
    if asking.champion.is_floor:
        yield _plain(asking, model)
        return
    brief = asking.champion.brief.model_copy(update={"output": str(asking.output)})
    with ResponseStore(store_of(brief), account=asking.account) as store:
        budget = Budget(
            asking.budget_usd,
            others=lambda: store.others_usd,
            books=Gate(ledger_of(brief)),
        )
        try:
            yield replace(
                _plain(asking, model),
                price=price_of(asking.champion),
                store=store,
                budget=budget,
                finds=_finder(asking.champion, model, store, budget),
            )
        finally:
            # Paid, and no answer to show for it.
            store.book(budget.own_usd - store.own_usd)


def _plain(asking: Asking, model: Model) -> Desk:
    return Desk(
        model=model,
        scorer=_unscored,
        endpoint_name=endpoint_name(asking.champion.brief),
        concurrency=asking.concurrency,
    )


def _unscored(answer: str, example: Example) -> Score:
    """Nobody knows how good it is: that was measured before."""
    return Score(1.0)


def price_of(champion: Loaded) -> Price | None:
    """What the champion's model costs today; ``None`` is unknown."""
    return prices_of(champion.brief).price(champion.recipe.candidate.model, today())


def _finder(
    champion: Loaded, model: Model, store: ResponseStore, budget: Budget
) -> Finder | None:
    """What searches the recipe's pool, its questions embedded on the same account."""
    recipe: Recipe = champion.recipe
    retrieval = recipe.candidate.retrieval
    if recipe.pool is None or retrieval is None:
        return None
    by = retrieval.embedding_model
    if by is None:
        return Finder([recipe.pool])
    if not isinstance(model, Embeds):
        raise EnvironmentFailed(f"{model!r} cannot embed questions by {by!r}.")
    embedder = Embedder(
        by,
        model,
        endpoint_name=endpoint_name(champion.brief),
        store=store,
        price=prices_of(champion.brief).price(by, today()),
        budget=budget,
    )
    return Finder([recipe.pool], embedder)


def account_of(champion: Loaded, source: str) -> str:
    """The account of one file's answers: the same file again goes on with it."""
    said = f"{champion.recipe.candidate.key} {source}"
    return f"answers-{hashlib.sha256(said.encode()).hexdigest()[:10]}"
