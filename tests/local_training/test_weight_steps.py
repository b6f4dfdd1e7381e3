"""Steps of weights, dealt out to threads: what comes out does not depend on them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from suffice.local.weight_steps import MAX_GRADIENT_NORM, WeightSteps

SHAPES = ((40, 30), (7,), (300,), (1,), (20, 5), (64, 8))


def weights() -> dict[str, Tensor]:
    torch.manual_seed(3)
    return {f"w{i}": torch.randn(shape) for i, shape in enumerate(SHAPES)}


def gradients(n: int) -> Iterator[tuple[Tensor, ...]]:
    """Some are longer than the norm that they are cut to, some shorter."""
    torch.manual_seed(4)
    for i in range(n):
        yield tuple(torch.randn(shape) * 0.01 * 3**i for shape in SHAPES)


def learned_with(n_threads: int, *, starts: int = 1) -> dict[str, Tensor]:
    """After six steps, begun again *starts* times with another number of threads."""
    ours, given = weights(), list(gradients(6))
    state = None
    for start in range(starts):
        steps = WeightSteps(ours, n_threads + start)
        if state is not None:
            steps.restore(state)
        for gradient in given[start * 6 // starts : (start + 1) * 6 // starts]:
            steps.step(tuple(g.clone() for g in gradient), 0.01)
        state = steps.state()
        steps.close()
    return ours


def plainly_learned() -> dict[str, Tensor]:
    theirs = weights()
    optimizer = torch.optim.AdamW(theirs.values(), lr=0.01, weight_decay=0.0)
    for gradient in gradients(6):
        for weight, value in zip(theirs.values(), gradient, strict=True):
            weight.grad = value.clone()
        torch.nn.utils.clip_grad_norm_(theirs.values(), MAX_GRADIENT_NORM)
        optimizer.step()
    return theirs


@pytest.mark.parametrize("n_threads", [1, 2, 5, 20])
def test_it_is_adamw_on_the_cut_gradient(n_threads: int) -> None:
    """Also with more threads than there are weights."""
    torch.testing.assert_close(learned_with(n_threads), plainly_learned())


def test_the_number_of_threads_changes_no_bit() -> None:
    """The same seed gives the same model on any machine of one kind."""
    alone, many = learned_with(1), learned_with(4)

    assert all(torch.equal(alone[name], many[name]) for name in alone)


def test_it_goes_on_with_another_number_of_threads() -> None:
    """A job that was killed may go on where there are more cores."""
    alone, resumed = learned_with(1), learned_with(2, starts=3)

    assert all(torch.equal(alone[name], resumed[name]) for name in alone)


def test_gradients_are_added_in_place() -> None:
    """Each thread adds those of its own weights."""
    one, two = gradients(2)
    expected = [a + b for a, b in zip(one, two, strict=True)]
    steps = WeightSteps(weights(), 3)
    steps.add(one, two)
    steps.close()

    assert all(map(torch.equal, one, expected))
