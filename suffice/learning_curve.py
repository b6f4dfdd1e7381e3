"""Which parts of the training examples a learning curve is drawn from, in the brief."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from suffice.ladder import RungName

MOST_SHARES = 4
CURVE_RUNG: RungName = "fine-tuned"
"""The rung whose model is also trained on parts of the examples."""


def _increasing(shares: tuple[float, ...]) -> tuple[float, ...]:
    if any(after <= before for before, after in pairwise(shares)):
        raise PydanticCustomError(
            "learning_curve",
            "its shares must grow, such as [0.25, 0.5]; they are {shares}",
            {"shares": str(list(shares))},
        )
    return shares


Shares = Annotated[
    tuple[Annotated[float, Field(gt=0, lt=1)], ...],
    Field(max_length=MOST_SHARES),
    AfterValidator(_increasing),
]
"""Shares of the training examples, each over 0 and under 1, growing, at most four."""
