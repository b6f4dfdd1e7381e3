"""
What a job of a climb is ordered with: its rung, its part of the data, its recipe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from suffice.brief import Brief
from suffice.examples import Example
from suffice.ladder import RungName
from suffice.local.passes import auto_epochs
from suffice.measuring.subsampling import part_of
from suffice.tuning.job import Method, TuneSpec
from suffice.tuning.passes import hosted_epochs, validations
from suffice.tuning.providers import EMBEDDED, provider_at

MULTIPLIER = 2.0
"""Learning rate multiplier that a search starts from where the brief names none."""
VARIATIONS: tuple[Mapping[str, float], ...] = (
    {},
    {"learning_rate_multiplier": 0.5},
    {"n_epochs": 2.0},
    {"learning_rate_multiplier": 2.0},
    {"n_epochs": 0.5},
    {"learning_rate_multiplier": 0.5, "n_epochs": 2.0},
    {"learning_rate_multiplier": 0.25, "n_epochs": 2.0},
    {"learning_rate_multiplier": 2.0, "n_epochs": 0.5},
)
"""What a search multiplies, job by job; the first is the recipe as it stands."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """One job, apart from all others of its climb."""

    rung: RungName = "fine-tuned"
    share: float = 1.0
    """Of the training examples."""
    variation: int = 0
    """Which of `VARIATIONS` its recipe is."""

    @property
    def told(self) -> str:
        """What sets it apart, in words; empty for the plain one."""
        part = "" if self.share == 1.0 else f" on {self.share:.0%} of the examples"
        factors = VARIATIONS[self.variation].items()
        words = (f"{name} x {factor:g}" for name, factor in factors)
        return part + "".join(f", {word}" for word in words)


def learned(brief: Brief, order: Order, train: Sequence[Example]) -> Sequence[Example]:
    """Those of *train* that the job of *order* is for."""
    if order.share == 1.0:
        return train
    return part_of(train, order.share, seed=brief.seed)


def spec_of(
    brief: Brief,
    order: Order,
    files: tuple[bytes, bytes],
    n_examples: int,
    endpoint_name: str,
) -> TuneSpec:
    """
    What the supervised job of *order* is known by, whoever submits it.

    *n_examples* is the number that it was planned for: a file may hold fewer.
    """
    method: Method = "lora" if brief.tuning.method == "dpo" else brief.tuning.method
    return TuneSpec.of(
        *files,
        base=brief.models.tunable or "",
        method=method,
        hyperparameters=hyperparameters(brief, n_examples, order.variation),
        seed=brief.seed,
        suffix=brief.name[:18],
        endpoint_name=endpoint_name,
    )


def trains_here(brief: Brief) -> bool:
    """Whether the embedded server trains, whoever serves."""
    return provider_at(brief.models.endpoint) in (EMBEDDED, "vllm")


def epochs_of(brief: Brief, n_examples: int, variation: int = 0) -> int:
    """
    Passes over *n_examples*: planned, reserved for and sent, whoever trains.

    What the brief says; else `auto_epochs` where our own server trains, and
    `hosted_epochs` elsewhere: every provider takes the number.

    >>> from suffice.brief import Brief
    >>> brief = Brief(name="a", instructions="b", examples="c")
    >>> [epochs_of(brief, n, variation=2) for n in (60, 240, 1000)]
    [16, 8, 6]
    """
    usual = (auto_epochs if trains_here(brief) else hosted_epochs)(n_examples)
    epochs = (brief.tuning.epochs or usual) * VARIATIONS[variation].get("n_epochs", 1.0)
    return min(50, max(1, round(epochs)))


def validations_of(brief: Brief, epochs: int) -> int:
    """Looks at the dev examples that a job of so many *epochs* may be billed for."""
    return validations(provider_at(brief.models.endpoint), epochs)


def hyperparameters(
    brief: Brief, n_examples: int, variation: int = 0
) -> dict[str, int | float]:
    """
    What the brief sets, varied, and the epochs; the rest is left to the server.

    >>> from suffice.brief import Brief
    >>> brief = Brief(name="a", instructions="b", examples="c")
    >>> hyperparameters(brief, 240, variation=2)
    {'n_epochs': 8, 'early_stopping': True}
    """
    tuning = brief.tuning
    given: dict[str, int | float | None] = {
        "n_epochs": epochs_of(brief, n_examples, variation),
        "batch_size": tuning.batch_size,
        "learning_rate_multiplier": tuning.learning_rate_multiplier,
    }
    if trains_here(brief) and tuning.early_stopping:
        given["early_stopping"] = True
    factors = VARIATIONS[variation]
    if "learning_rate_multiplier" in factors:
        start = tuning.learning_rate_multiplier or MULTIPLIER
        factor = factors["learning_rate_multiplier"]
        given["learning_rate_multiplier"] = min(100.0, start * factor)
    return {name: value for name, value in given.items() if value is not None}
