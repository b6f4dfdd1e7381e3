"""What the training jobs of a climb may cost, before one of them is submitted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from suffice.brief import Brief
from suffice.economics.plan import MeanTokens
from suffice.economics.prices import Price
from suffice.economics.prospects import Prospect
from suffice.economics.terms import preparation_usd
from suffice.errors import TrainingUnavailable
from suffice.ladder import RungName
from suffice.local.passes import preference_epochs
from suffice.measuring.tuned_rungs import SHOWN
from suffice.stages.climb import Climb
from suffice.stages.orders import Order, epochs_of, learned, validations_of
from suffice.stages.table import prices, today
from suffice.stages.tokens import counter, mean_tokens
from suffice.tuning.estimates import CPU_S_PER_TOKEN
from suffice.tuning.providers import provider_at
from suffice.tuning.quoting import QUOTE


def training_estimate(climb: Climb, rung: RungName = "fine-tuned") -> Prospect:
    """The tuned candidate that nobody has trained yet, at the least it could cost."""
    brief = climb.brief
    mean = mean_tokens(brief, climb.split.train)
    shown = _shown_tokens(brief, rung, mean)
    training = _usd(brief, trained_tokens(climb, Order(rung=rung)))
    return Prospect(
        rung=rung,
        model=f"ft:{brief.models.tunable or ''}",
        static_tokens=mean.tuned_instructions,
        input_tokens=mean.tuned_instructions + shown + mean.question,
        output_tokens=mean.answer,
        upfront_usd=None if training is None else training + preparation_usd(brief),
    )


def most_usd(climb: Climb, order: Order) -> float | None:
    """
    What the job of *order* may cost; what preparing the examples takes is not in it.

    ``None`` and raises as `usd_of`.
    """
    return usd_of(climb.brief, trained_tokens(climb, order))


def usd_of(brief: Brief, tokens: float) -> float | None:
    """
    USD for a job of so many trained tokens; ``None``: the provider will say.

    Raises `TrainingUnavailable` where nobody will, or would say it to a person who has
    to approve the plan before; and where what asking its model will cost is unknown:
    an unknown price is never 0.
    """
    base = brief.models.tunable
    usd = _usd(brief, tokens)
    told = provider_at(brief.models.endpoint) in QUOTE
    if usd is None and (not told or brief.auto_approve_usd is not None):
        raise TrainingUnavailable(
            f"What training {base} costs is unknown, so that no budget can hold it: "
            "add its price to price_rows or prices in the brief."
        )
    tuned = prices(brief).price(f"ft:{base}", today())
    if tuned is None or not tuned.is_known:
        raise TrainingUnavailable(
            f"What a model that is tuned on {base} costs to ask is unknown, so that "
            f"no budget can hold it: add a price for 'ft:{base}' to price_rows or "
            "prices in the brief."
        )
    return usd


def trained_tokens(climb: Climb, order: Order) -> float:
    """
    Tokens of the rows that the job of *order* learns from, times its passes.

    Those that it is validated on are among them where looking at them is billed.
    """
    brief, train = climb.brief, climb.split.train
    n = len(learned(brief, order, train))
    epochs = epochs_of(brief, n, order.variation)
    rows = n * epochs + len(climb.split.dev) * validations_of(brief, epochs)
    mean = mean_tokens(brief, train)
    shown = _shown_tokens(brief, order.rung, mean)
    return mean.row(mean.tuned_instructions + shown) * rows


def preference_tokens(brief: Brief, rows: Iterable[Mapping[str, Any]]) -> float:
    """Of learning these preferences: each of both answers is read with its prompt."""
    given, count = list(rows), counter(brief).count
    tokens = sum(
        count(str(row["input"])) + count(json.dumps(row, ensure_ascii=False))
        for row in given
    )
    return float(tokens * preference_epochs(len(given)))


def training_usd(
    price: Price | None, tokens: float | None, cpu_s: float | None
) -> float | None:
    """Of a job: by CPU-seconds where we train ourselves, by tokens elsewhere."""
    if price is None:
        return None
    if price.kind == "cpu":
        return price.usd(input_tokens=0, output_tokens=0, cpu_s=cpu_s)
    return None if tokens is None else price.training_usd(tokens)


def _usd(brief: Brief, tokens: float) -> float | None:
    price = prices(brief).price(brief.models.tunable or "", today())
    return training_usd(price, tokens, tokens * CPU_S_PER_TOKEN)


def _shown_tokens(brief: Brief, rung: RungName, mean: MeanTokens) -> float:
    """Tokens of what is retrieved for one question, estimated."""
    if rung == "fine-tuned-rag":
        return float(SHOWN * brief.chunks.tokens)
    if rung == "fine-tuned-few-shot":
        return SHOWN * (mean.question + mean.answer)
    return 0.0
