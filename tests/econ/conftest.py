"""What most tests of this area start from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from econ_cases import TODAY, brief, measured

from suffice.brief import Brief
from suffice.economics.prices import PriceBook, load_prices
from suffice.results import Measured


@pytest.fixture
def on() -> date:
    """The day of the notes whose prices the book was seeded from."""
    return TODAY


@pytest.fixture
def book() -> PriceBook:
    """The built-in price book."""
    return load_prices()


@pytest.fixture
def seen() -> Callable[..., Measured]:
    """Makes one measurement; what does not matter to a test has a default."""
    return measured


@pytest.fixture
def brief_of() -> Callable[..., Brief]:
    """Makes a brief with this volume and these other fields."""
    return brief
