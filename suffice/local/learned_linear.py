"""
A linear layer that learns all of its weight, multiplied in a faster precision.

What learns, its gradient's sum and the optimiser stay float32; the three products of a
step (forward, and back to the input and to the weight) are of bfloat16 copies where
the processor multiplies that in hardware.  The copies are made once a step.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn


class _Learned(torch.autograd.Function):
    """y = x Wᵀ, computed with the copy of W, with gradients for x and W."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, copy: Tensor) -> Tensor:
        flat = x.reshape(-1, x.shape[-1]).to(copy.dtype)
        ctx.save_for_backward(flat, copy)
        return (flat @ copy.t()).to(weight.dtype).view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        flat, copy = ctx.saved_tensors
        grad = grads[0].reshape(-1, copy.shape[0]).to(copy.dtype)
        grad_x = (grad @ copy).to(grads[0].dtype).view(*grads[0].shape[:-1], -1)
        return grad_x, (grad.t() @ flat).to(grads[0].dtype), None


class LearnedLinear(nn.Module):
    """Computes what a linear layer without bias computes, and learns as it does."""

    def __init__(self, layer: nn.Linear, precision: torch.dtype) -> None:
        super().__init__()
        # The same parameter under the same name: published is what it is called.
        self.weight = layer.weight
        self._copy = layer.weight.detach().to(precision)

    def forward(self, x: Tensor) -> Tensor:
        """Map *x* of shape (..., in) to (..., out)."""
        y = _Learned.apply(  # type: ignore[no-untyped-call]
            x, self.weight, self._copy
        )
        return cast(Tensor, y)

    def renew(self) -> None:
        """Copy the weight again, which has changed."""
        self._copy.copy_(self.weight.detach())


def quicken_learned(model: nn.Module, precision: torch.dtype) -> None:
    """Replace the linear layers of *model* that learn, in place."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Linear) and _learns(child):
                setattr(parent, name, LearnedLinear(child, precision))


def _learns(layer: nn.Linear) -> bool:
    return layer.bias is None and layer.weight.requires_grad


def renew(model: nn.Module) -> None:
    """Let the layers of *model* compute with what their weights are now."""
    for layer in model.modules():
        if isinstance(layer, LearnedLinear):
            layer.renew()
