"""The history becomes a chain of digests; a batch knows what its answers cost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from suffice.tuning.ledger_chain import START, entry_digest, link

revision = "0002"
down_revision = "0001"

_MOVE = ("entry_id", "at", "state", "owner", "note")


def upgrade() -> None:
    """What is there is sealed as it is found."""
    op.add_column(
        "entries",
        sa.Column("answers_usd", sa.Float, nullable=False, server_default="0"),
    )
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("n_moves", sa.Integer, nullable=False),
        sa.Column("chain", sa.String(64), nullable=False),
    )
    for column in (
        sa.Column("reserved_usd", sa.Float),
        sa.Column("spent_usd", sa.Float),
        sa.Column("entry_digest", sa.String(64)),
        sa.Column("chain", sa.String(64)),
    ):
        op.add_column("history", column)
    _seal(op.get_bind())
    if op.get_bind().dialect.name != "sqlite":
        # A SQLite column holds any length; the id of somebody's job may be long.
        op.alter_column("entries", "key", type_=sa.String(200))
    # Without a default: a program of an earlier version cannot write unchained moves.
    with op.batch_alter_table("history") as batch:
        batch.alter_column("chain", existing_type=sa.String(64), nullable=False)


def _seal(connection: sa.Connection) -> None:
    found = connection.execute(sa.text("SELECT * FROM entries")).mappings()
    entries = {row["id"]: dict(row) for row in found}
    query = "SELECT id, entry_id, at, state, owner, note FROM history ORDER BY id"
    moves = list(connection.execute(sa.text(query)).mappings())
    last = {move["entry_id"]: move["id"] for move in moves}
    chain = START
    for row in moves:
        move = {name: row[name] for name in _MOVE}
        move |= dict.fromkeys(("reserved_usd", "spent_usd", "entry_digest"))
        entry = entries.get(row["entry_id"])
        if entry is not None and last[row["entry_id"]] == row["id"]:
            # What it was in between was not written down; what it is now, is.
            move["reserved_usd"] = entry["reserved_usd"]
            move["spent_usd"] = entry["spent_usd"]
            move["entry_digest"] = entry_digest(entry)
        chain = link(chain, move)
        connection.execute(
            sa.text(
                "UPDATE history SET reserved_usd = :reserved_usd, chain = :chain, "
                "spent_usd = :spent_usd, entry_digest = :entry_digest WHERE id = :id"
            ),
            {**move, "chain": chain, "id": row["id"]},
        )
    connection.execute(
        sa.text("INSERT INTO ledger_head (id, n_moves, chain) VALUES (1, :n, :chain)"),
        {"n": len(moves), "chain": chain},
    )
