"""
One pass of a Llama-like model for training: what need not be computed is not.

The layers below the first adapted one never change, so their output is computed
once per example and kept.  Logits over the vocabulary, the widest product of
all, are computed only at positions that carry a label.  Padding is on the right:
with causal attention no token ever sees it, so no mask is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from suffice.local.batches import Sample
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
        hidden = torch.nn.utils.rnn.pad_sequence(lower, batch_first=True)
        hidden = self._through(hidden, position, self._first, None)
        return self._judge(hidden, samples)

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
        self, hidden: Tensor, position: Tensor, start: int, stop: int | None
    ) -> Tensor:
        rotary = self._inner.rotary_emb(hidden, position)
        for layer in self._inner.layers[start:stop]:
            hidden = layer(
                hidden,
                attention_mask=None,
                position_ids=position,
                position_embeddings=rotary,
            )
        return hidden

    def _judge(
        self, hidden: Tensor, samples: Sequence[Sample]
    ) -> tuple[Tensor, Tensor, int]:
        """Loss of each learned token, the sample it is of, how many came first."""
        rows, columns, targets = [], [], []
        for row, sample in enumerate(samples):
            for column in range(1, len(sample.ids)):
                if sample.learned[column]:
                    rows.append(row)
                    columns.append(column - 1)
                    targets.append(sample.ids[column])
        wanted = torch.tensor(targets, device=self.device)
        final = self._inner.norm(hidden[rows, columns])
        losses, right = head_loss(final, self._head.weight, wanted)
        return losses, torch.tensor(rows, device=self.device), int(right)
