"""A ledger on each of the databases it may be on."""

from __future__ import annotations

import pytest
from postgres_server import without_a_ledger


@pytest.fixture(params=["sqlite", "postgres"])
def where(request, tmp_path):
    """A path, or the URL of an empty database."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    return request.getfixturevalue("where_postgres")


@pytest.fixture
def where_postgres(postgres):
    """The URL of an empty database."""
    return without_a_ledger(postgres)
