"""
A linear layer with an adapter, computed with as few passes as it takes.

The frozen weight may be kept in bfloat16, which is twice as fast on processors
that multiply it in hardware; the adapter, the sums and the gradients that flow
between layers stay float32.  Only what the gradient of the adapter needs is
kept for the way back.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Any, cast

import torch
from torch import Tensor, nn

_CLEARLY = 1.2
"""How many times as fast bfloat16 must be: it rounds, and a tie may fall either way."""
_TRIES = 10


class _Adapted(torch.autograd.Function):
    """y = x Wᵀ + scale · (x Aᵀ) Bᵀ, with gradients for x, A and B only."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, a: Tensor, b: Tensor, scale: float
    ) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        low = flat @ a.t()
        y = _product(flat, weight.t()).addmm_(low, b.t(), alpha=scale)
        ctx.save_for_backward(flat, low, weight, a, b)
        ctx.scale = scale
        return y.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        flat, low, weight, a, b = ctx.saved_tensors
        grad = grads[0].reshape(-1, weight.shape[0])
        grad_low = (grad @ b).mul_(ctx.scale)
        grad_x = None
        if ctx.needs_input_grad[0]:
            grad_x = _product(grad, weight).addmm_(grad_low, a)
            grad_x = grad_x.view(*grads[0].shape[:-1], -1)
        grad_b = (grad.t() @ low).mul_(ctx.scale)
        return grad_x, None, grad_low.t() @ flat, grad_b, None


class _Frozen(torch.autograd.Function):
    """y = x Wᵀ, with a gradient for x only."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(weight)
        return _product(x, weight.t())

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        (weight,) = ctx.saved_tensors
        return _product(grads[0], weight), None


class AdaptedLinear(nn.Module):
    """Computes what a PEFT LoRA layer without dropout computes."""

    def __init__(self, layer: nn.Module, precision: torch.dtype) -> None:
        super().__init__()
        self.weight = _frozen_copy(cast(Any, layer).base_layer, precision)
        self.a = cast(Any, layer).lora_A["default"].weight
        self.b = cast(Any, layer).lora_B["default"].weight
        self.scale = float(cast(Any, layer).scaling["default"])

    def forward(self, x: Tensor) -> Tensor:
        """Map *x* of shape (..., in) to (..., out)."""
        y = _Adapted.apply(  # type: ignore[no-untyped-call]
            x, self.weight, self.a, self.b, self.scale
        )
        return cast(Tensor, y)


class FrozenLinear(nn.Module):
    """Computes what a linear layer without bias computes, and never learns."""

    def __init__(self, layer: nn.Module, precision: torch.dtype) -> None:
        super().__init__()
        self.weight = _frozen_copy(layer, precision)

    def forward(self, x: Tensor) -> Tensor:
        """Map *x* of shape (..., in) to (..., out)."""
        y = _Frozen.apply(x, self.weight)  # type: ignore[no-untyped-call]
        return cast(Tensor, y)


def quicken(model: nn.Module, precision: torch.dtype) -> None:
    """Replace the adapted and the frozen linear layers of *model* in place."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if hasattr(child, "lora_A"):
                setattr(parent, name, AdaptedLinear(child, precision))
            elif type(child) is nn.Linear and _is_plain(child):
                setattr(parent, name, FrozenLinear(child, precision))


@cache
def fast_precision() -> torch.dtype:
    """
    The precision in which this machine multiplies frozen weights fastest.

    Tried, not asked: there are processors that multiply bfloat16 in hardware, and
    take twice as long for it as for float32.
    """
    if torch.cuda.is_available():
        return torch.bfloat16
    if not torch.cpu._is_avx512_bf16_supported():
        return torch.float32
    quicker = _product_s(torch.bfloat16) * _CLEARLY < _product_s(torch.float32)
    return torch.bfloat16 if quicker else torch.float32


def _product_s(precision: torch.dtype) -> float:
    """Seconds of one product as in a small model, at the best of several tries."""
    x, matrix = torch.ones(192, 576), torch.ones(1536, 576, dtype=precision)
    tries = []
    for _ in range(_TRIES):
        begun = time.perf_counter()
        _product(x, matrix.t())
        tries.append(time.perf_counter() - begun)
    return min(tries)


def _is_plain(layer: nn.Linear) -> bool:
    return layer.bias is None and not layer.weight.requires_grad


def _frozen_copy(layer: nn.Module, precision: torch.dtype) -> Tensor:
    return cast(Tensor, layer.weight).detach().to(precision)


def _product(x: Tensor, matrix: Tensor) -> Tensor:
    if matrix.dtype == x.dtype:
        return x @ matrix
    return (x.to(matrix.dtype) @ matrix).to(x.dtype)
