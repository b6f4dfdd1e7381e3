"""``suffice up`` and ``suffice down``: everything on one machine, on loopback."""

from __future__ import annotations

import importlib.util
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from suffice.app import exits
from suffice.errors import EnvironmentFailed
from suffice.registry.record import Registry
from suffice.services import access, known, served, servers
from suffice.services.local_server import ensure_server, running_url, stop_server
from suffice.services.prefect_api import PrefectApi
from suffice.services.stopping import stop_by_signals, stop_in_peace
from suffice.workspace import Workspace

USUAL_PORTS = (4200, 5000)
"""Of Prefect and of MLflow, where no other is asked for."""
DEFAULT = 0
"""The port of a server that is only looked up, never started."""
_SERVED_LOG = "deployments.log"


def up(
    output: Path,
    prefect_port: int,
    mlflow_port: int,
    *,
    briefs: Sequence[Path] = (),
    auth: bool | None = None,
) -> int:
    """
    Start all, show where it is, wait for Ctrl-C, stop all.

    Serves the flows of the *briefs*; of none: of ``./brief.yaml``, else the example's.
    *auth* turns the Prefect server's password on or off; ``None`` leaves it as it was.
    """
    console = Console()
    workspace = Workspace(output)
    briefs = served.chosen(briefs)
    named = served.names(briefs)
    _set_auth(workspace, auth)
    prefect, mlflow = _services(workspace, prefect_port, mlflow_port)
    refuse_ports(prefect, mlflow)
    stop_by_signals()
    try:
        urls = _started(console, workspace, prefect, mlflow)
        with _served(console, workspace, briefs, named, urls) as serving:
            _announce(console, workspace, urls, named)
            return _wait(serving, prefect, console)
    finally:
        stop_in_peace()
        console.print("stopping")
        down(output, quiet=True)


def _started(
    console: Console,
    workspace: Workspace,
    prefect: servers.Service,
    mlflow: servers.Service,
) -> Sequence[str]:
    """Addresses of Prefect, MLflow and the embedded model, all of them healthy."""
    auth = access.kept(workspace.prefect)
    _restart_if_open(prefect, "/api/admin/version", auth)
    _restart_if_open(mlflow, "/version", auth)
    urls = []
    for service in (prefect, mlflow):
        with console.status(f"starting the {service.name}"):
            urls.append(servers.ensure(service, strict_port=True))
    with console.status("starting the embedded model"):
        # The first start in a folder prepares the weights: slow on a busy machine.
        model = ensure_server(workspace.local, idle_minutes=0, timeout_s=600)
    return [*urls, model]


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


def refuse_ports(*services: servers.Service) -> None:
    """
    Say before anything is started which port cannot be had.

    A server that an earlier command left running stays where it is; that is refused
    only where another port than the usual one was asked for.
    """
    for service in services:
        port, url = service.preferred_port, servers.settled(service)
        option = f"--{service.name.split()[0].lower()}-port"
        if url is None and not servers.port_is_free(port):
            raise EnvironmentFailed(
                f"Port {port} for the {service.name} is taken; stop what listens "
                f"there or choose another with {option}."
            )
        if url and port not in USUAL_PORTS and urlsplit(url).port != port:
            raise EnvironmentFailed(
                f"The {service.name} of this folder runs already, at {url}; stop it "
                f"with suffice down before {option} {port}, or leave {option} out."
            )


@contextmanager
def _served(
    console: Console,
    workspace: Workspace,
    briefs: Sequence[Path],
    named: Sequence[str],
    urls: Sequence[str],
) -> Iterator[subprocess.Popen[bytes]]:
    """The process that runs the deployments, once they can be started; ended after."""
    auth, log = access.kept(workspace.prefect), workspace.root / _SERVED_LOG
    client = access.client_env(workspace.prefect, urls[0])
    server = {"MLFLOW_TRACKING_URI": urls[1], **access.mlflow_client_env(auth)}
    process = served.start(briefs, {**client, **server}, log)
    api = PrefectApi(
        url=client["PREFECT_API_URL"], auth=client.get("PREFECT_API_AUTH_STRING")
    )
    try:
        with console.status("serving the deployments"):
            served.wait_until_there(process, api, named, log)
        yield process
    finally:
        stop_in_peace()
        served.end(process)


def _announce(
    console: Console, workspace: Workspace, urls: Sequence[str], named: Sequence[str]
) -> None:
    told = (
        "flows, runs, schedules; its API is under /api",
        "experiments, candidates, registered models",
        "the embedded model, OpenAI-compatible",
    )
    table = Table(title="suffice is up", title_justify="left", show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column()
    for name, url, what in zip(("Prefect", "MLflow", "Model"), urls, told, strict=True):
        table.add_row(name, url, what)
    table.add_row("Served", ", ".join(named), f"{', '.join(served.FLOWS)} of each")
    logs = f"prefect/ and mlflow/ server.log, {_SERVED_LOG}"
    table.add_row("Logs", str(workspace.root), logs)
    if access.kept(workspace.prefect):
        where = str(access.file_of(workspace.prefect))
        table.add_row("Password", where, "user:password of both servers")
    console.print(table)
    console.print(
        "Start a climb in Prefect's page under Deployments, or by its API.\n"
        "Ctrl-C stops all of it; what they hold is kept.",
        markup=False,
    )


def _wait(
    serving: subprocess.Popen[bytes], prefect: servers.Service, console: Console
) -> int:
    """Until Ctrl-C, until ``suffice down`` elsewhere, or until the deployments end."""
    try:
        while serving.poll() is None and servers.is_wanted(prefect):
            time.sleep(0.5)
    except KeyboardInterrupt:
        pass
    else:
        if serving.poll() is not None:
            said = f"The served deployments ended; see {_SERVED_LOG}."
            console.print(said, style="red")
            return exits.ENVIRONMENT_FAILED
    return exits.VERDICT
