"""
Direct preference optimisation (DPO): to prefer one answer to another.

The loss of Rafailov et al., https://arxiv.org/abs/2305.18290, as TRL's "sigmoid"::

    -log sigmoid(beta * ((log p(preferred) - log p(other))
                         - (log p0(preferred) - log p0(other))))

where p is the model that learns and p0 the one it began as.  Training starts at p0,
so what p0 says is written down first, and no second model is kept in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor

from suffice.local.batches import Item, Sample
from suffice.local.network import Network, Outcome


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two answers to one prompt."""

    preferred: Sample
    other: Sample
    began_at: float = 0.0
    """log p0(preferred) - log p0(other), in nats."""

    @property
    def ids(self) -> tuple[int, ...]:
        """The tokens of both."""
        return self.preferred.ids + self.other.ids

    @property
    def rows(self) -> tuple[Sample, ...]:
        """Both."""
        return self.preferred, self.other

    @property
    def n_learned(self) -> int:
        """A pair counts once, however long its answers are."""
        return 1


@dataclass(frozen=True)
class Preferring:
    """What DPO asks of a network; stands in for `Network.outcome`."""

    beta: float

    def __call__(
        self, network: Network, items: Sequence[Item], keys: Sequence[int]
    ) -> Outcome:
        """Summed loss of the pairs, and how many are preferred more than at first."""
        pairs = cast(Sequence[Pair], items)
        began = torch.tensor([pair.began_at for pair in pairs])
        moved = _margins(network, pairs, keys) - began.to(network.device)
        loss = -torch.nn.functional.logsigmoid(self.beta * moved).sum()
        n_right = int((moved > 0).sum())
        return Outcome(loss=loss, n_tokens=len(pairs), n_right=n_right)


def beginning(network: Network, pairs: Sequence[Pair]) -> list[Pair]:
    """The *pairs*, with what the network says of them now as where they began."""
    with torch.no_grad():
        margins = _margins(network, pairs, [-1] * len(pairs)).tolist()
    return [replace(p, began_at=m) for p, m in zip(pairs, margins, strict=True)]


def _margins(network: Network, pairs: Sequence[Pair], keys: Sequence[int]) -> Tensor:
    """log p(preferred) - log p(other) of each."""
    samples = [s for pair in pairs for s in (pair.preferred, pair.other)]
    twice = [k if k < 0 else 2 * k + n for k in keys for n in (0, 1)]
    surprise = network.surprises(samples, twice)
    return surprise[1::2] - surprise[::2]
