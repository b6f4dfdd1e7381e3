"""
Prefect's server behind a guard: ``python -m deployments.prefect_server --port 4200``.

It is the server of ``prefect server start``, with its services, in one process, that
also refuses foreign hosts and origins: Prefect itself answers to any host name.
``SUFFICE_ALLOWED_HOSTS`` names further hosts, such as the one a proxy is reached by.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

import uvicorn
from prefect.server.api.server import create_app
from prefect.settings import get_current_settings

from suffice.services.guard import Guard


def guarded() -> Guard:
    """The application, as its settings say."""
    origins = get_current_settings().server.api.cors_allowed_origins
    return Guard(
        create_app(final=True),
        hosts=_listed(os.environ.get("SUFFICE_ALLOWED_HOSTS", "")),
        origins=_listed(origins),
    )


def _listed(text: str) -> Sequence[str]:
    # A star would undo the guard, and it is Prefect's default.
    return [one.strip() for one in text.split(",") if one.strip() not in ("", "*")]


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until stopped."""
    options = argparse.ArgumentParser(prog="python -m deployments.prefect_server")
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=4200)
    given = options.parse_args(arguments)
    level = get_current_settings().server.logging_level.lower()
    uvicorn.run(guarded(), host=given.host, port=given.port, log_level=level)


if __name__ == "__main__":
    main()
