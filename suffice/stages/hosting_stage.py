"""
Hosts the brief's tuned models while they are asked, where they need that.

A deployment is started by the first call that really goes out, so that a stage whose
answers are all stored starts and pays nothing.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from suffice.brief import Brief
from suffice.errors import OverBudget, SufficeError
from suffice.measuring.budget import Budget
from suffice.measuring.models import Model
from suffice.results import Completion
from suffice.stages.landlords import host_of
from suffice.tuning.hosting import Stay, hosted, stop_left_running
from suffice.tuning.job import Clock
from suffice.tuning.ledger import ENDED, Ledger
from suffice.tuning.providers import provider_at

NEED_HOSTING = ("azure", "nebius", "together", "fireworks", "vllm")


class HostedModel:
    """The endpoint's models; its tuned ones by the names they are hosted under."""

    def __init__(self, model: Any, served_as: Callable[[str], str]) -> None:
        """*served_as* gives the name to call a model by, and hosts it if it must."""
        self._model = model
        self._served_as = served_as
        self._starting = asyncio.Lock()

    async def __aenter__(self) -> HostedModel:
        """Open the connections; nothing is hosted yet."""
        self._starting = asyncio.Lock()
        await self._model.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections; whoever made this ends the hosting."""
        await self._model.__aexit__(kind, error, trace)

    async def complete(self, request: Mapping[str, Any]) -> Completion:
        """Answer *request*, of the model that is hosted by then."""
        async with self._starting:
            name = await asyncio.to_thread(self._served_as, str(request["model"]))
        answer: Completion = await self._model.complete({**request, "model": name})
        return answer

    async def embed(self, model: str, texts: Sequence[str]) -> Completion:
        """Vectors of *texts*: what embeds is not tuned, and not hosted by us."""
        answer: Completion = await self._model.embed(model, texts)
        return answer


@contextmanager
def serving(
    brief: Brief,
    model: Model,
    ledger_url: str | Path,
    stay: Stay,
    *,
    budget: Budget | None = None,
    clock: Clock | None = None,
) -> Iterator[Model]:
    """
    *model* as it is, or with tuned models hosted while this context is open.

    What killed processes left running is stopped first.  Hosting may hold what the
    stage's *budget* leaves for it, and is seen there from then on.  A call to a model
    that has been rented for as long as was reserved for it raises `OverBudget`.
    """
    if provider_at(brief.models.endpoint) not in NEED_HOSTING:
        yield model
        return
    with Ledger(ledger_url) as ledger, ExitStack() as open_now:
        lodgings = _Lodgings(
            brief=brief,
            ledger=ledger,
            stay=stay,
            budget=budget,
            clock=clock or Clock(),
            open_now=open_now,
            tuned=_tuned_models(ledger),
        )
        yield HostedModel(model, lodgings.served_as)


@dataclass(kw_only=True)
class _Lodgings:
    """The tuned models that are hosted while one stage lasts."""

    brief: Brief
    ledger: Ledger
    stay: Stay
    budget: Budget | None
    clock: Clock
    open_now: ExitStack
    tuned: set[str]
    names: dict[str, str] = field(default_factory=dict)
    until: dict[str, float] = field(default_factory=dict)
    """When each has run for all that is reserved for it."""

    def served_as(self, name: str) -> str:
        """What to call the model by; it is hosted from the first time on."""
        if name not in self.tuned:
            return name
        if name not in self.names:
            self.names[name] = self._hosted(name)
        if self.clock.now() > self.until[name]:
            raise OverBudget(
                f"{name} was hosted for {self.stay.hours:g} hours, as long as was "
                "reserved for it: raise models.endpoint.hosting.hours and run again."
            )
        return self.names[name]

    def _hosted(self, name: str) -> str:
        host = self.open_now.enter_context(closing(host_of(self.brief, name)))
        stop_left_running(host=host, ledger=self.ledger)
        stay = self.stay
        if self.budget is not None:
            stay = replace(stay, cap_usd=self.budget.left_for_books_usd)
        most_s = stay.hours * 3600 if host.usd_per_hour else math.inf
        self.until[name] = self.clock.now() + most_s
        opened = hosted(
            name, host=host, ledger=self.ledger, stay=stay, clock=self.clock
        )
        return self.open_now.enter_context(opened)


def stop_forgotten(
    brief: Brief, ledger_url: str | Path, tell: Callable[[str], None]
) -> None:
    """Stop what earlier runs left hosted at the brief's endpoint, and *tell* of it."""
    if provider_at(brief.models.endpoint) not in NEED_HOSTING:
        return
    with Ledger(ledger_url) as ledger:
        rows = ledger.rows(kind="hosting")
        left = {json.loads(r.pinned)["model"] for r in rows if r.state not in ENDED}
        for model in sorted(left):
            try:
                with closing(host_of(brief, model, priced=False)) as host:
                    for name in stop_left_running(host=host, ledger=ledger):
                        tell(f"{name} was left running at {host.name}: stopped")
            except SufficeError as error:
                tell(f"{model} may be left running, and was not stopped: {error}")


def _tuned_models(ledger: Ledger) -> set[str]:
    rows = ledger.rows(kind="job", state="succeeded")
    return {json.loads(row.result)["model"] for row in rows if row.result}
