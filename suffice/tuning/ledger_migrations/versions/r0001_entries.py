"""Entries and their history, also as ledgers had them that bear no version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create what is not there: the first ledgers had no version, some no result."""
    there = sa.inspect(op.get_bind())
    if not there.has_table("entries"):
        _create_entries()
    elif "result" not in {c["name"] for c in there.get_columns("entries")}:
        op.add_column(
            "entries", sa.Column("result", sa.Text, nullable=False, server_default="")
        )
    if not there.has_table("history"):
        op.create_table(
            "history",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("entry_id", sa.Integer, nullable=False, index=True),
            sa.Column("at", sa.Float, nullable=False),
            sa.Column("state", sa.String(12), nullable=False),
            sa.Column("owner", sa.String(200)),
            sa.Column("note", sa.Text, nullable=False),
        )


def _create_entries() -> None:
    op.create_table(
        "entries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("provider", sa.String(200), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("provider_id", sa.String(200)),
        sa.Column("pinned", sa.Text, nullable=False),
        sa.Column("reserved_usd", sa.Float, nullable=False),
        sa.Column("spent_usd", sa.Float, nullable=False),
        sa.Column("climb_id", sa.String(100), nullable=False),
        sa.Column("owner", sa.String(200)),
        sa.Column("lease_until", sa.Float, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("unknown_since", sa.Float),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False, server_default=""),
        sa.UniqueConstraint("kind", "provider", "key", "generation"),
    )
