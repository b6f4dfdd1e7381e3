"""
Calls: a candidate asked one example after another, each answer paid for once.

An answer that is in the store is used; a new one is stored before it is used.  Money
is reserved before a call and settled after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
)
from dataclasses import dataclass, field, replace
from typing import Any

from suffice.candidates import Candidate
from suffice.economics.prices import Price
from suffice.errors import (
    CallFailed,
    EndpointDown,
    NoAnswer,
    SpendingStopped,
    SufficeError,
)
from suffice.examples import Example
from suffice.measuring.budget import Budget
from suffice.measuring.models import Model
from suffice.measuring.outcomes import missing, scored
from suffice.measuring.paid import PaidScorer
from suffice.measuring.responses import ResponseStore, response_key
from suffice.measuring.scorers import Scorer
from suffice.measuring.shelf import Shelf
from suffice.measuring.turn import Finds, Turn, take_turn
from suffice.results import Completion, Outcome

_CHARS_PER_TOKEN = 3
"""Fewer than usual: what is reserved should rather be too much."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where questions are asked, and on whose account."""

    model: Model
    scorer: Scorer
    """A function, or one that must be paid."""
    endpoint_name: str
    """What the endpoint is, wherever it listens: part of each stored answer's key."""
    store: ResponseStore | None = None
    """``None`` stores nothing."""
    price: Price | None = None
    """``None`` is unknown: then nothing can be held against the budget."""
    budget: Budget | None = None
    concurrency: int = 16
    """Most calls in flight."""
    finds: Finds | None = None
    """What candidates that retrieve search; ``None``: nothing."""

    def usd(self, completion: Completion) -> float | None:
        """What was paid for it: its cached tokens at their price, 0 when reused."""
        if completion.reused:
            return 0.0
        if self.price is None:
            return None
        return self.price.usd(
            input_tokens=completion.input_tokens,
            cached_tokens=completion.cached_tokens,
            output_tokens=completion.output_tokens,
            cpu_s=completion.cpu_s,
        )


@dataclass(kw_only=True)
class Calls:
    """The calls of one sitting at a desk, and what they came to."""

    desk: Desk
    n_made: int = 0
    n_reused: int = 0
    spent_usd: float = 0.0
    """On answers, and on scoring them."""
    _scoring_usd: float = 0.0
    _shelf: Shelf = field(init=False)
    _places: asyncio.Semaphore = field(init=False)
    _coming: dict[str, asyncio.Future[Completion]] = field(default_factory=dict)
    _over: bool = False
    _stopped: SpendingStopped | None = None
    """Why no further call will be answered."""
    _n_answered: int = 0
    _unanswered: list[NoAnswer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._shelf = Shelf(self.desk.store)
        self._places = asyncio.Semaphore(self.desk.concurrency)

    def no_more(self) -> None:
        """Calls in flight may finish; those that still wait are not made."""
        self._over = True

    def refuse_silence(self, whom: str = "", *, after: int = 1) -> None:
        """
        Raise `EndpointDown` where no call got an answer, and *after* or more got none.

        *whom* is who was called, where that is not the model that is measured.
        """
        n = len(self._unanswered)
        if n < max(1, after) or self._n_answered or self.n_reused:
            return
        asked = f" to {whom}" if whom else ""
        raise EndpointDown(
            f"Not one of {n} calls{asked} was answered ({self._unanswered[-1]}); check "
            "the address in the brief, or run again when the endpoint is there."
        ) from self._unanswered[-1]

    def put_away(self) -> None:
        """Store what has been answered and was about to be stored."""
        self._shelf.close()

    async def ask(self, candidate: Candidate, example: Example) -> Outcome:
        """
        One candidate on one example, scored; missing when the call failed.

        Raises `OverBudget` before a call that the budget does not bear, and
        `SpendingStopped` when no further call will be answered.
        """
        try:
            turn = await take_turn(candidate, example, self.completion, self.desk.finds)
        except SpendingStopped:
            raise
        except CallFailed as error:
            return missing(example, None, str(error))
        self.spent_usd += turn.finding_usd
        outcome = await self._score(candidate, example, turn)
        return replace(outcome, retrieval_hit=turn.retrieval_hit)

    async def _score(
        self, candidate: Candidate, example: Example, turn: Turn
    ) -> Outcome:
        answer, completion = turn.answer, turn.completion
        scorer = self.desk.scorer
        if not isinstance(scorer, PaidScorer):
            score = scorer(answer, example)
            return scored(candidate, example, completion, answer=answer, score=score)
        if self._over:
            return missing(example, answer, "not scored: those before it were enough")
        paid = await scorer.score(answer, example)
        self.spent_usd += paid.spent_usd
        self._scoring_usd += paid.spent_usd
        if paid.score is None:
            lost = missing(example, answer, paid.reason)
            return replace(lost, completion=completion, scoring_usd=paid.usd)
        found = scored(candidate, example, completion, answer=answer, score=paid.score)
        return replace(found, scoring_usd=paid.usd)

    async def completion(self, request: Mapping[str, Any]) -> Completion:
        """
        The stored answer to *request*; else a new one, stored before it is used.

        The same asked twice at once is bought once.  Raises `CallFailed` when it
        stays unanswered.
        """
        key = response_key(self.desk.endpoint_name, request)
        if key in self._coming:
            completion = replace(await asyncio.shield(self._coming[key]), reused=True)
            self.n_reused += 1
            return completion
        coming = asyncio.get_running_loop().create_future()
        self._coming[key] = coming
        try:
            completion = await self._got(key, request)
            coming.set_result(completion)
        except SufficeError as error:
            coming.set_exception(error)
            # Mostly nobody else waits; asyncio complains about failures left unseen.
            coming.exception()
            raise
        finally:
            del self._coming[key]
            coming.cancel()
        return completion

    async def _got(self, key: str, request: Mapping[str, Any]) -> Completion:
        completion = await self._shelf.find(key)
        if completion is not None:
            self.n_reused += 1
            return completion
        async with self._places:
            completion = await self._buy(request)
        await self._shelf.keep(key, completion)
        return completion

    async def _buy(self, request: Mapping[str, Any]) -> Completion:
        if self._over:
            raise CallFailed("not asked: the answers before it were enough")
        # Known at once: whoever waits for results in order learns of it later.
        if self._stopped is not None:
            raise SpendingStopped(*self._stopped.args)
        budget, usd = self.desk.budget, 0.0
        held = budget.reserve(self._likely_usd(request)) if budget else None
        try:
            self.n_made += 1
            answer = await self.desk.model.complete(request)
            self._n_answered += 1
            completion = replace(answer, usd=self.desk.usd(answer))
            usd = completion.usd or 0.0
            self.spent_usd += usd
        except NoAnswer as error:
            self._unanswered.append(error)
            raise
        except SpendingStopped as error:
            self._stopped = error
            raise
        finally:
            if budget and held:
                budget.settle(held, usd)
        return completion

    def _likely_usd(self, request: Mapping[str, Any]) -> float:
        """What the call may cost; before the first answer CPU time is unknown."""
        if self.desk.price is None:
            return 0.0
        chars = sum(len(str(m.get("content"))) for m in request["messages"])
        usd = self.desk.price.usd(
            input_tokens=chars / _CHARS_PER_TOKEN,
            output_tokens=request["max_tokens"],
        )
        if usd is None:
            usd = (self.spent_usd - self._scoring_usd) / max(1, self.n_made)
        return usd


@asynccontextmanager
async def sitting(desk: Desk) -> AsyncIterator[Calls]:
    """Calls at *desk*, with the model's connections open for as long as they last."""
    calls = Calls(desk=desk)
    async with AsyncExitStack() as opened:
        opened.callback(calls.put_away)
        for part in (desk.model, desk.scorer, desk.finds):
            if isinstance(part, AbstractAsyncContextManager):
                await opened.enter_async_context(part)
        yield calls
