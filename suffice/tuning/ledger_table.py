"""The ledger's tables, as they are now; how older ones become so is in migrations."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

entries = Table(
    "entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("provider", String(200), nullable=False),
    Column("key", String(200), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("provider_id", String(200)),
    Column("pinned", Text, nullable=False),
    Column("reserved_usd", Float, nullable=False),
    Column("spent_usd", Float, nullable=False),
    Column("climb_id", String(100), nullable=False),
    Column("owner", String(200)),
    Column("lease_until", Float, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("unknown_since", Float),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("note", Text, nullable=False),
    Column("result", Text, nullable=False, server_default=""),
    Column("answers_usd", Float, nullable=False, server_default="0"),
    UniqueConstraint("kind", "provider", "key", "generation"),
)

history = Table(
    "history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entry_id", Integer, nullable=False, index=True),
    Column("at", Float, nullable=False),
    Column("state", String(12), nullable=False),
    Column("owner", String(200)),
    Column("note", Text, nullable=False),
    Column("reserved_usd", Float),
    Column("spent_usd", Float),
    Column("entry_digest", String(64)),
    Column("chain", String(64), nullable=False),
)
"""Every move of every entry; only ever appended to. Entry 0 is the ledger itself."""

head = Table(
    "ledger_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("n_moves", Integer, nullable=False),
    Column("chain", String(64), nullable=False),
)
"""One row: how many moves there are, and the chain's end. Who writes locks it first."""
