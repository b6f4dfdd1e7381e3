"""``suffice up`` and ``suffice down``: everything on one machine, on loopback."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from suffice.app import exits
from suffice.errors import EnvironmentFailed
from suffice.registry.record import Registry
from suffice.services import access, known, servers
from suffice.services.local_server import ensure_server, running_url, stop_server
from suffice.workspace import Workspace

DEFAULT = 0
"""The port of a server that is only looked up, never started."""


def up(
    output: Path, prefect_port: int, mlflow_port: int, *, auth: bool | None = None
) -> int:
    """
    Start all, show where it is, wait for Ctrl-C, stop all.

    *auth* turns the Prefect server's password on or off; ``None`` leaves it as it was.
    """
    console = Console()
    workspace = Workspace(output)
    _set_auth(workspace, auth)
    prefect, mlflow = _services(workspace, prefect_port, mlflow_port)
    _refuse_taken_ports(prefect, mlflow)
    try:
        auth_now = access.kept(workspace.prefect)
        _restart_if_open(prefect, "/api/admin/version", auth_now)
        _restart_if_open(mlflow, "/version", auth_now)
        with console.status("starting the Prefect server"):
            prefect_url = servers.ensure(prefect, strict_port=True)
        with console.status("starting the MLflow server"):
            mlflow_url = servers.ensure(mlflow, strict_port=True)
        with console.status("starting the embedded model"):
            # The first start in a folder prepares the weights: slow on a busy machine.
            model_url = ensure_server(workspace.local, idle_minutes=0, timeout_s=600)
        serving = _serve(workspace, prefect_url, mlflow_url)
        _announce(console, workspace, prefect_url, mlflow_url, model_url)
        return _wait(serving, console)
    finally:
        console.print("stopping")
        down(output, quiet=True)


def down(output: Path, *, quiet: bool = False) -> int:
    """Stop the servers of this output folder."""
    workspace = Workspace(output)
    stopped = [
        s.name for s in _services(workspace, DEFAULT, DEFAULT) if servers.stop(s)
    ]
    if stop_server(workspace.local):
        stopped.append("embedded model server")
    if not quiet:
        Console().print(f"stopped: {', '.join(stopped) or 'nothing was running'}")
    return exits.VERDICT


def overview(workspace: Workspace) -> Table:
    """Which of the servers run, and where."""
    table = Table(title=f"suffice in {workspace.root}", title_justify="left")
    for heading in ("server", "state", "address"):
        table.add_column(heading, overflow="fold")
    found = [
        (s.name, servers.running(s)) for s in _services(workspace, DEFAULT, DEFAULT)
    ]
    for name, url in [*found, ("embedded model server", running_url(workspace.local))]:
        table.add_row(name, "up" if url else "down", url or "-")
    return table


def _set_auth(workspace: Workspace, auth: bool | None) -> None:
    """Kept from one start to the next until it is said otherwise."""
    if auth or (auth is None and access.kept(workspace.prefect)):
        if importlib.util.find_spec("flask_wtf") is None:
            raise EnvironmentFailed(
                "MLflow asks for passwords only with the package flask-wtf: "
                "pip install flask-wtf, or start with --no-auth."
            )
        access.turn_on(workspace.prefect)
    elif auth is False:
        access.turn_off(workspace.prefect)
        access.forget_mlflow_users(workspace.mlflow)


def _restart_if_open(service: servers.Service, path: str, auth: str | None) -> None:
    """A server that an earlier command left running may ask for no password, or do."""
    url = servers.running(service)
    if url and servers.healthy(url + path) == bool(auth):
        servers.stop(service)


def _services(
    workspace: Workspace, prefect_port: int, mlflow_port: int
) -> tuple[servers.Service, servers.Service]:
    registry = Registry(workspace.root)
    auth = access.kept(workspace.prefect)
    return (
        known.prefect_service(workspace.prefect, prefect_port, auth=auth),
        known.mlflow_service(
            workspace.mlflow,
            registry.default_store,
            registry.default_artifacts,
            mlflow_port,
            auth=auth,
        ),
    )


def _refuse_taken_ports(*services: servers.Service) -> None:
    """Say so before anything is started."""
    for service in services:
        port = service.preferred_port
        if servers.running(service) is None and not servers.port_is_free(port):
            option = f"--{service.name.split()[0].lower()}-port"
            raise EnvironmentFailed(
                f"Port {port} for the {service.name} is taken; stop what listens "
                f"there or choose another with {option}."
            )


def _serve(
    workspace: Workspace, prefect_url: str, mlflow_url: str
) -> subprocess.Popen[bytes]:
    """The process that runs the deployments; its log is a file."""
    if importlib.util.find_spec("deployments") is None:
        raise EnvironmentFailed(
            "The package 'deployments' is not importable: run this from a checkout "
            "of suffice, installed with 'make install'."
        )
    env = {
        **os.environ,
        **access.client_env(workspace.prefect, prefect_url),
        "MLFLOW_TRACKING_URI": mlflow_url,
        **access.mlflow_client_env(access.kept(workspace.prefect)),
    }
    with (workspace.root / "deployments.log").open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "deployments.serve"],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )


def _announce(
    console: Console, workspace: Workspace, prefect: str, mlflow: str, model: str
) -> None:
    table = Table(title="suffice is up", title_justify="left", show_header=False)
    table.add_row("Prefect", prefect, "flows, runs, schedules; its API is under /api")
    table.add_row("MLflow", mlflow, "experiments, candidates, registered models")
    table.add_row("Model", model, "the embedded model, OpenAI-compatible")
    table.add_row(
        "Logs", str(workspace.root), "prefect, mlflow, local, deployments.log"
    )
    if access.kept(workspace.prefect):
        where = str(access.file_of(workspace.prefect))
        table.add_row("Password", where, "user:password of both servers")
    console.print(table)
    console.print("Ctrl-C stops all of it; what they hold is kept.")


def _wait(serving: subprocess.Popen[bytes], console: Console) -> int:
    try:
        while serving.poll() is None:
            time.sleep(0.5)
    except KeyboardInterrupt:
        serving.terminate()
        serving.wait(timeout=30)
        return exits.VERDICT
    console.print("The served deployments ended; see deployments.log.", style="red")
    return exits.ENVIRONMENT_FAILED
