"""
The loss at labelled positions, without ever holding all their logits.

One position has 49,152 logits.  A few rows at a time, the logits are computed,
turned into the loss and into its gradient, and forgotten; the output matrix is
frozen, so the gradient of its input is all that is wanted.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

ROWS = 64
"""Rows at a time: 12 MB of logits, which stay in the cache."""


class _HeadLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, head: Tensor, wanted: Tensor) -> Any:
        losses = hidden.new_empty(len(hidden))
        right = torch.zeros((), dtype=torch.long, device=hidden.device)
        gradient = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        for start in range(0, len(hidden), ROWS):
            rows = slice(start, start + ROWS)
            logits = (hidden[rows].to(head.dtype) @ head.t()).float()
            right += (logits.argmax(-1) == wanted[rows]).sum()
            picked = logits.gather(1, wanted[rows, None])[:, 0]
            norm = logits.logsumexp(-1)
            losses[rows] = norm - picked
            if gradient is not None:
                share = logits.sub_(norm[:, None]).exp_()
                share[torch.arange(len(share)), wanted[rows]] -= 1
                gradient[rows] = (share.to(head.dtype) @ head).float()
        if gradient is not None:
            ctx.save_for_backward(gradient)
        ctx.mark_non_differentiable(right)
        return losses, right

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        (gradient,) = ctx.saved_tensors
        return gradient * grads[0][:, None], None, None


def head_loss(hidden: Tensor, head: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """
    Cross-entropy of each of *wanted* in nats, and how many were ranked first.

    *hidden* is (n, width), *head* (vocabulary, width) and frozen, *wanted* (n,).
    """
    found = _HeadLoss.apply(hidden, head, wanted)  # type: ignore[no-untyped-call]
    return cast(tuple[Tensor, Tensor], found)
