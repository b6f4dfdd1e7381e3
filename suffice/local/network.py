"""
One pass of a Llama-like model for training: what need not be computed is not.

The layers below the first adapted one never change, so their output is computed
once per example and kept.  What all examples begin with is computed once for all of
them, forth and back: no later token changes it.  Logits over the vocabulary, the
widest product of all, are computed only at positions that carry a label.  Padding is
on the right: with causal attention no token ever sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from suffice.local.batches import Sample, n_shared
from suffice.local.loss import head_loss

CACHE_BYTES = 600 * 2**20
"""Most memory spent on keeping the output of frozen layers."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What some examples gave; sums, so that shares of a batch can be added."""

    loss: Tensor
    """Cross-entropy in nats, summed over the learned tokens."""
    n_tokens: int
    n_right: int
    """Learned tokens that came first in the model's ranking."""


class _Beginning:
    """Keys and values of what all rows begin with, by layer: first kept, then shown."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Tensor, Tensor]] = {}

    def update(
        self, keys: Tensor, values: Tensor, layer: int, *_: object
    ) -> tuple[Tensor, Tensor]:
        """As a layer calls a cache of transformers; the same for every row."""
        if layer not in self._kept:
            self._kept[layer] = keys, values
            return keys, values
        before_keys, before_values = (
            kept.expand(len(keys), -1, -1, -1) for kept in self._kept[layer]
        )
        return torch.cat([before_keys, keys], 2), torch.cat([before_values, values], 2)


class Network:
    """The model's layers, split where learning begins."""

    def __init__(self, model: Any, first_learning: int, device: str) -> None:
        self._inner = model.model
        self._head = model.lm_head
        self._first = first_learning
        self.device = device
        self._kept: dict[int, Tensor] = {}
        self._kept_bytes = 0

    def outcome(self, samples: Sequence[Sample], keys: Sequence[int]) -> Outcome:
        """
        Loss of *samples*; *keys* name them for the memory of frozen layers.

        Keys below zero are not remembered.
        """
        losses, _, right = self._judged(samples, keys)
        return Outcome(loss=losses.sum(), n_tokens=len(losses), n_right=right)

    def surprises(self, samples: Sequence[Sample], keys: Sequence[int]) -> Tensor:
        """For each sample, its cross-entropy summed over its learned tokens."""
        losses, rows, _ = self._judged(samples, keys)
        return losses.new_zeros(len(samples)).index_add(0, rows, losses)

    def _judged(
        self, samples: Sequence[Sample], keys: Sequence[int]
    ) -> tuple[Tensor, Tensor, int]:
        length = max(len(sample.ids) for sample in samples)
        position = torch.arange(length, device=self.device)[None]
        lower = [self._lower(s, k) for s, k in zip(samples, keys, strict=True)]
        shared = n_shared(samples)
        cache, mask = None, None
        if shared:
            cache = _Beginning()
            first = lower[0][None, :shared]
            self._through(first, position[:, :shared], self._first, None, cache=cache)
            lower = [hidden[shared:] for hidden in lower]
            seen = torch.ones(length - shared, length, device=self.device)
            mask = seen.tril(shared).bool()[None, None]
        hidden = torch.nn.utils.rnn.pad_sequence(lower, batch_first=True)
        hidden = self._through(
            hidden, position[:, shared:], self._first, None, cache=cache, mask=mask
        )
        return self._judge(hidden, samples, shared)

    def _lower(self, sample: Sample, key: int) -> Tensor:
        if key in self._kept:
            return self._kept[key]
        ids = torch.tensor(sample.ids, device=self.device)[None]
        if not self._first:
            return self._inner.embed_tokens(ids)[0]  # type: ignore[no-any-return]
        with torch.no_grad():
            position = torch.arange(ids.shape[1], device=self.device)[None]
            hidden = self._inner.embed_tokens(ids)
            hidden = self._through(hidden, position, 0, self._first)[0]
        size = hidden.numel() * hidden.element_size()
        if key >= 0 and self._kept_bytes + size <= CACHE_BYTES:
            self._kept[key] = hidden
            self._kept_bytes += size
        return hidden

    def _through(
        self,
        hidden: Tensor,
        position: Tensor,
        start: int,
        stop: int | None,
        *,
        cache: _Beginning | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        rotary = self._inner.rotary_emb(hidden, position)
        for layer in self._inner.layers[start:stop]:
            hidden = layer(
                hidden,
                attention_mask=mask,
                position_ids=position,
                past_key_values=cache,
                position_embeddings=rotary,
            )
        return hidden

    def _judge(
        self, hidden: Tensor, samples: Sequence[Sample], shared: int
    ) -> tuple[Tensor, Tensor, int]:
        """
        Loss of each learned token, the sample it is of, how many came first.

        *hidden* begins behind the *shared* tokens.
        """
        rows, columns, targets = [], [], []
        for row, sample in enumerate(samples):
            for column in range(1, len(sample.ids)):
                if sample.learned[column]:
                    rows.append(row)
                    columns.append(column - 1 - shared)
                    targets.append(sample.ids[column])
        wanted = torch.tensor(targets, device=self.device)
        final = self._inner.norm(hidden[rows, columns])
        losses, right = head_loss(final, self._head.weight, wanted)
        return losses, torch.tensor(rows, device=self.device), int(right)
