"""Alembic runs this file, as ``env_py``, with the connection that it is given."""

from __future__ import annotations

from alembic import context

from suffice.tuning.ledger_schema import VERSION_TABLE


def migrate() -> None:
    """Bring the database of the connection to the revision asked for."""
    context.configure(
        connection=context.config.attributes["connection"],
        version_table=VERSION_TABLE,
        # All of it or nothing: SQLite does that too, where it is asked to.
        transactional_ddl=True,
    )
    context.run_migrations()


if __name__ == "env_py":
    migrate()
