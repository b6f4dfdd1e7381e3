"""
Which version a ledger's tables have: made new, brought up to date, or refused.

Alembic is only loaded where there is something to bring up to date.
"""

from __future__ import annotations

from importlib.resources import files

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    String,
    Table,
    insert,
    inspect,
    select,
)

from suffice.errors import EnvironmentFailed
from suffice.tuning.ledger_chain import START
from suffice.tuning.ledger_table import head, metadata

VERSION_TABLE = "ledger_version"
"""Not Alembic's own name: MLflow's tables may stand in the same database."""
REVISIONS = ("0001", "0002")
"""All there have been; the last is that of the tables as they are now."""
_version = Table(
    VERSION_TABLE, MetaData(), Column("version_num", String(32), primary_key=True)
)


def version_of(connection: Connection) -> str | None:
    """
    The revision that the tables have; ``None`` where none is written down.

    Raises `EnvironmentFailed` for one that this version does not know.
    """
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(select(_version.c.version_num)).scalar_one_or_none()
    if found is None or found in REVISIONS:
        return found
    raise EnvironmentFailed(
        f"The ledger has schema {found!r}, and this version of suffice knows only "
        f"{REVISIONS[-1]!r} and older: a newer one has written it; upgrade suffice."
    )


def is_current(connection: Connection) -> bool:
    """Whether there is nothing to do."""
    return version_of(connection) == REVISIONS[-1]


def bring_up_to_date(connection: Connection) -> None:
    """Make the tables or alter them, in a transaction that holds the others off."""
    version = version_of(connection)
    if version == REVISIONS[-1]:
        return
    if version is None and not inspect(connection).has_table("entries"):
        _create(connection)
    else:
        _migrate(connection)


def _create(connection: Connection) -> None:
    metadata.create_all(connection)
    _version.create(connection)
    first = {"id": 1, "n_moves": 0, "chain": START}
    connection.execute(insert(head).values(**first))
    connection.execute(insert(_version).values(version_num=REVISIONS[-1]))


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    folder = files("suffice.tuning") / "ledger_migrations"
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")
