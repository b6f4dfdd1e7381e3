"""
May this key train this base, until when, and how: what can be known for nothing.

The endpoint's own word comes first, then the price book's dates.  Where neither
settles it, the answer is "only trying tells", never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from suffice.economics.prices import PriceBook
from suffice.errors import BaseRetired, TrainingUnavailable
from suffice.tuning.protocol import Backend
from suffice.tuning.told import Told

May = Literal["yes", "no", "unknown"]

OPENAI_SINCE = date(2026, 7, 2)
"""Since then only organisations that used a fine-tuned model in the last 60 days may
create jobs (https://developers.openai.com/api/docs/deprecations)."""


@dataclass(frozen=True, kw_only=True)
class Ability:
    """What one key may do with one base at one endpoint."""

    account: str
    base: str
    may_train: May
    why: str
    """What the answer rests on."""
    methods: tuple[str, ...]
    bases: tuple[str, ...]
    """Bases the endpoint says can be tuned; empty where it does not say."""
    trainable_until: date | None
    """Last day on which a job may be created; ``None``: no date is known."""
    shutdown_on: date | None
    """Day the base, and by default its tuned models, are switched off."""
    limits: Mapping[str, float]
    serves_at_once: bool
    """False: a tuned model must be hosted before it answers."""
    tokens_per_s: float | None
    """Of this account's past jobs on this base."""
    retired: bool = False


def ability_of(backend: Backend, base: str, book: PriceBook, on: date) -> Ability:
    """
    What is known of training *base* there. Nothing is spent.

    Raises `CallFailed` when the endpoint does not answer.
    """
    told = backend.told(base)
    row = book.price(base, on)
    until = told.trainable_until or (row.trainable_until if row else None)
    shutdown = told.shutdown_on or book.shutdown(base)
    may, why, retired = _may(told, until, shutdown, on)
    if may == "unknown" and backend.name == "api.openai.com" and on >= OPENAI_SINCE:
        why += (
            "; since 2026-07-02 OpenAI lets only organisations train that used a "
            "fine-tuned model in the last 60 days"
        )
    return Ability(
        account=backend.name,
        base=base,
        may_train=may,
        why=why,
        methods=backend.methods,
        bases=told.bases,
        trainable_until=until,
        shutdown_on=shutdown,
        limits=told.limits,
        serves_at_once=backend.serves_at_once,
        tokens_per_s=told.tokens_per_s,
        retired=retired,
    )


def refuse_untrainable(ability: Ability) -> None:
    """
    Raise where a job would surely be refused, or its model die at birth.

    `BaseRetired` where the base is gone or closed, `TrainingUnavailable` else.
    """
    if ability.may_train != "no":
        return
    told = f"{ability.account} cannot tune {ability.base!r}: {ability.why}"
    if ability.retired:
        raise BaseRetired(f"{told}; choose a base that lives on.")
    raise TrainingUnavailable(f"{told}; choose another base, key or endpoint.")


def _may(
    told: Told, until: date | None, shutdown: date | None, on: date
) -> tuple[May, str, bool]:
    if shutdown is not None and shutdown <= on:
        return "no", f"it was switched off on {shutdown}", True
    if until is not None and until < on:
        return "no", f"no job may be created since {until}", True
    if told.may_train is False:
        return "no", told.why, False
    if told.may_train:
        return "yes", "the endpoint says so", False
    return "unknown", "the endpoint does not say: only submitting tells", False
