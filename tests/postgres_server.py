"""A PostgreSQL server of the tests' own, on a Unix socket; none where none is found."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def programs() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``."""
    found = shutil.which("initdb") or next(
        iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)),
        None,
    )
    return Path(found).resolve().parent if found else None


def _nobody() -> int | None:
    """PostgreSQL refuses to run as root: then somebody else must."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    return None


@contextmanager
def server(folder: Path, *, port: int = 0, password: str = "") -> Iterator[str]:
    """
    A URL of a running server whose files are in *folder*, short and new.

    With a *port* it listens on loopback too, for those who know the *password*.
    """
    bin_, user = programs(), _nobody()
    assert bin_ is not None
    folder.mkdir(mode=0o700)
    if user is not None:
        os.chown(folder, user, -1)
    data = str(folder / "data")

    def run(*words: str) -> None:
        subprocess.run(words, check=True, user=user, stdout=subprocess.DEVNULL)

    settings = f"-c unix_socket_directories='{folder}' -c listen_addresses="
    settings += f"127.0.0.1 -c port={port}" if port else "''"
    secret = folder / "password"
    secret.write_text(password or "unused")
    if user is not None:
        os.chown(secret, user, -1)
    access = ["--auth-host", "scram-sha-256", "--pwfile", str(secret)]
    run(
        *(str(bin_ / "initdb"), "-D", data, "-U", "me", "--no-sync"),
        *("--auth-local", "trust", *access),
    )
    control = str(bin_ / "pg_ctl")
    log = str(folder / "log")
    run(control, "start", "-w", "-D", data, "-l", log, "-o", settings)
    try:
        yield f"postgresql://me@/postgres?host={folder}"
    finally:
        run(control, "stop", "-D", data, "-m", "immediate")


def without_a_ledger(url: str) -> str:
    """The database at *url*, after its ledger was deleted."""
    import psycopg

    tables = "entries, history, ledger_head, ledger_version"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP TABLE IF EXISTS {tables}")
    return url
