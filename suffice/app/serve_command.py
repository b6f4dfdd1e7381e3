"""``suffice serve``: the champion behind OpenAI's API, until Ctrl-C."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suffice.app import exits
from suffice.errors import EnvironmentFailed, UnusableInput
from suffice.services.guard import LOOPBACK, Guard
from suffice.services.servers import port_is_free

if TYPE_CHECKING:
    from suffice.app.cli_answer import Whom

_OUTPUT = Path(".suffice")


def serve(
    whom: Annotated[str, typer.Argument(help="A brief's file or name, or a climb.")],
    port: Annotated[int, typer.Option(help="Where it listens; 0: any.")] = 4202,
    host: Annotated[
        str, typer.Option(help="Others than loopback need --key-env.")
    ] = "127.0.0.1",
    key_env: Annotated[
        str | None,
        typer.Option(help="Variable with the key that clients must send."),
    ] = None,
    alias: Annotated[str, typer.Option(help="Which model answers.")] = "champion",
    output: Annotated[
        Path, typer.Option(help="Folder that the climbs write to.")
    ] = _OUTPUT,
) -> None:
    """Serve the champion to OpenAI's clients until Ctrl-C; only base_url changes."""
    key = _key(host, key_env)
    if port and not port_is_free(port):
        raise EnvironmentFailed(
            f"Port {port} is taken; stop what listens there or choose another with "
            "--port."
        )
    from suffice.app.cli_answer import Whom

    asked = Whom(wanted=whom, alias=alias, output=output, budget_usd=None)
    raise typer.Exit(_run(asked, host, port, key))


def _key(host: str, variable: str | None) -> str | None:
    """The key that is asked for; `UnusableInput` where one is missing."""
    if variable is None:
        if host not in LOOPBACK:
            raise UnusableInput(
                f"Whoever reaches {host!r} could ask at your expense: name the "
                "variable that holds a key with --key-env, or serve on 127.0.0.1."
            )
        return None
    key = os.environ.get(variable, "")
    if not key.strip():
        raise UnusableInput(f"The environment variable {variable!r} is empty.")
    return key.strip()


def _run(whom: Whom, host: str, port: int, key: str | None) -> int:
    import socket

    import uvicorn

    from suffice.registry.openai_app import create_app
    from suffice.registry.recipe import Server

    champion = whom.load()
    server = Server(champion.recipe)
    app = create_app(champion, server, key)
    # Web pages reach loopback too; whoever has the key may come from anywhere.
    served = Guard(app) if key is None else app
    config = uvicorn.Config(served, log_level="warning", timeout_graceful_shutdown=5)
    with socket.create_server((host, port)) as bound:
        url = f"http://{host}:{bound.getsockname()[1]}/v1"
        candidate = champion.recipe.candidate
        sys.stdout.write(
            f"{champion.name}/{champion.version}, {candidate.rung} on "
            f"{candidate.model}, answers at {url}\n"
            f'OpenAI(base_url="{url}", api_key="{"..." if key else "unused"}") '
            "asks it; Ctrl-C stops it.\n"
        )
        sys.stdout.flush()
        try:
            uvicorn.Server(config).run(sockets=[bound])
        finally:
            server.close()
    return exits.VERDICT
