from __future__ import annotations

import os
import time

import pytest


@pytest.fixture(scope="session")
def seed() -> int:
    """Another one every day; ``SUFFICE_SEED`` repeats one that was printed."""
    return int(os.environ.get("SUFFICE_SEED", time.strftime("%Y%j")))
