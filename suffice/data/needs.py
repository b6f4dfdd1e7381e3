"""What the brief needs of the data, in words: examples to prove with, tokens to pay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suffice.data.features import Examined
from suffice.data.tokens import TokenRules
from suffice.errors import UnusableInput
from suffice.statistics import acceptance
from suffice.statistics.designs import Design
from suffice.statistics.power import examples_more, smallest_provable_quality

if TYPE_CHECKING:
    from suffice.brief import Brief

MOST_TO_PROVE = 1000
"""Longest test order for which the smallest provable quality is worked out."""
MINIMUM, BEST = 50, 500
"""Examples from which fine-tuning is worth trying, and from which it does best."""
_TARGETS = (0.92, 0.95, 0.97, 0.99)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """How a candidate's quality is proven on the test examples."""

    design: Callable[[int], Design]
    """The test on so many examples."""

    @staticmethod
    def of(
        brief: Brief, *, n_attempts: int | None = None, graded: bool = False
    ) -> Proof:
        """
        The test of *brief*, its error shared evenly by *n_attempts* (its rungs).

        *graded* says that scores lie between 0 and 1, which needs more examples.
        """
        n = n_attempts or len(brief.rungs)
        alpha = acceptance.alpha_share(brief.confidence, n)
        return Proof(
            design=lambda n_test: Design(
                bar=brief.bar,
                margin=brief.margin,
                alpha=alpha,
                n_max=n_test,
                graded=graded,
            )
        )


def provable(proof: Proof, n_test: int) -> float | None:
    """
    The smallest quality that so many test examples can prove against the bar.

    Of more than `MOST_TO_PROVE`, what that many can prove; ``None`` where there is no
    test example, or the brief's bar leaves nothing to prove.
    """
    if n_test <= 0:
        return None
    try:
        return smallest_provable_quality(proof.design(min(n_test, MOST_TO_PROVE)))
    except UnusableInput:
        return None


def size_facts(brief: Brief, proof: Proof, n_train: int, n_test: int) -> list[str]:
    """Whether the examples are enough, by the rules of thumb and by the statistics."""
    said = []
    if n_train < BEST:
        enough = "below" if n_train < MINIMUM else "above"
        said.append(
            f"{n_train} training examples are {enough} the 50 to 100 that fine-tuning "
            f"needs at least, and {BEST - n_train} short of the 500 where it does best."
        )
    least = provable(proof, n_test)
    if least is None:
        return said
    at_most = "at most " if n_test > MOST_TO_PROVE else ""
    bar = f"a bar of {brief.bar:g} (margin {brief.margin:g})"
    proven = (
        f"With {n_test:,} test examples the smallest quality you can prove against "
        f"{bar} is {at_most}{least:.3f}"
    )
    if least >= 1:
        proven = f"{n_test:,} test examples prove {bar} for a perfect model at most"
    for target in _TARGETS:
        more = _more(proof, n_test, target) if brief.bar < target < least else None
        if more:
            return [*said, f"{proven}; {more} more would prove {target:g}."]
    return [*said, f"{proven}."]


def token_facts(examined: Examined, rules: TokenRules) -> list[str]:
    """How many tokens the examples are, and what training on them would take."""
    measures = examined.measures
    total = float(measures.tokens.sum(dtype="float64"))
    parts = zip(measures.tokens.tolist(), examined.divided.parts, strict=True)
    train = [float(n) for n, part in parts if part == "train"]
    learned, epochs = sum(train), rules.epochs_of(len(train))
    error = f"\u00b1 {measures.token_error:.1%}, from a sample, "
    how = f"{error if measures.token_error else ''}counted with {measures.counted_by}"
    said = [f"All examples together are about {total:,.0f} tokens ({how})."]
    if rules.tunable is None:
        return said
    trained = learned * epochs
    cost = "its price by the token is not known"
    if rules.priced_by_time:
        cost = "it is priced by computing time"
    if rules.training_usd_per_mtok is not None:
        usd = trained / 1e6 * rules.training_usd_per_mtok
        cost = f"${usd:,.2f} at ${rules.training_usd_per_mtok:g} a million"
    return [
        *said,
        f"Training {rules.tunable} on the training examples would take about "
        f"{learned:,.0f} tokens an epoch, {trained:,.0f} in {epochs} epochs "
        f"({cost}).",
    ]


def _more(proof: Proof, n_test: int, target: float) -> int | None:
    """How many more test examples would prove *target*."""
    import numpy as np

    n = max(n_test, 20)
    units = np.array([1.0] * round(n * target) + [0.0] * (n - round(n * target)))
    more = examples_more(units, proof.design(n))
    return more + n - n_test if more else None
