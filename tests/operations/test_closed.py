"""
Servers are closed: to other pages of the browser always, to other people on request.

The first part asks the server as ``suffice up`` starts it, in the ways a web page of
somebody else can; the second one a server that wants a password.
"""

import http.client
import json
import socket
import subprocess
import sys

import pytest
from flow_briefs import write_brief
from operating import ROOT, SUFFICE, ask

from suffice.services import access, known, servers
from suffice.services.guard import Guard

EVIL = "https://evil.example"
RUNS = "/api/flow_runs/filter"
JSON = {"content-type": "application/json"}
PAUSE = "/api/deployments/00000000-0000-0000-0000-000000000000/pause_deployment"
PREFLIGHT = {
    "origin": EVIL,
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type",
}
CROSS = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
SOCKET = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}
ATTACKS = {
    "fetch of JSON": ("POST", RUNS, {**JSON, "origin": EVIL}),
    "fetch from a sandboxed frame": ("POST", RUNS, {**JSON, "origin": "null"}),
    "fetch from another port": ("POST", RUNS, {**JSON, "origin": "http://127.0.0.1:1"}),
    "fetch from localhost by number": (
        "POST",
        RUNS,
        {**JSON, "origin": "http://2130706433"},
    ),
    "fetch from a look-alike": (
        "POST",
        RUNS,
        {**JSON, "origin": "http://127.0.0.1.evil.example"},
    ),
    "preflight": ("OPTIONS", RUNS, PREFLIGHT),
    "preflight of a private network": (
        "OPTIONS",
        RUNS,
        {**PREFLIGHT, "access-control-request-private-network": "true"},
    ),
    "preflight of a deletion": (
        "OPTIONS",
        RUNS,
        {**PREFLIGHT, "access-control-request-method": "DELETE"},
    ),
    "form": (
        "POST",
        RUNS,
        {"origin": EVIL, "content-type": "application/x-www-form-urlencoded"},
    ),
    "form of plain text": (
        "POST",
        RUNS,
        {"origin": EVIL, "content-type": "text/plain"},
    ),
    "form with a file": (
        "POST",
        RUNS,
        {"origin": EVIL, "content-type": "multipart/form-data; boundary=x"},
    ),
    "post without a body": ("POST", PAUSE, {"origin": EVIL}),
    "beacon": ("POST", RUNS, {**CROSS, "content-type": "text/plain"}),
    "image": ("GET", "/api/admin/version", CROSS),
    "script": ("GET", "/api/admin/settings", {**CROSS, "sec-fetch-dest": "script"}),
    "page of the same site": (
        "GET",
        "/api/admin/version",
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},
    ),
    "rebound name": ("POST", RUNS, {**JSON, "host": "evil.example"}),
    "rebound name, own origin": (
        "POST",
        RUNS,
        {**JSON, "host": "evil.example:4200", "origin": "http://evil.example:4200"},
    ),
    "rebound name, token": (
        "GET",
        "/api/csrf-token?client=x",
        {"host": "evil.example"},
    ),
    "socket of events": ("GET", "/api/events/out", {**SOCKET, "origin": EVIL}),
    "socket under a rebound name": (
        "GET",
        "/api/logs/out",
        {**SOCKET, "host": "evil.example"},
    ),
}


def send(url, method, path, headers):
    """Status of a request with exactly these headers."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    connection.putrequest(method, path, skip_host="host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    body = b"{}" if method == "POST" else b""
    connection.putheader("content-length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    connection.close()
    return answer.status


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_another_page_sends_is_refused(prefect_server, attack):
    """Any page that is open in the same browser may try to start a paid run."""
    assert 403 == send(prefect_server, *ATTACKS[attack])


def test_its_own_page_and_programs_pass(prefect_server):
    """A guard that is in the way is turned off."""
    own = {**JSON, "origin": prefect_server, "sec-fetch-site": "same-origin"}
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}

    assert 200 == send(prefect_server, "POST", RUNS, JSON)
    assert 200 == send(prefect_server, "POST", RUNS, own)
    assert send(prefect_server, "GET", "/", link) < 400


def test_it_listens_on_this_machine_only(prefect_server):
    """Nobody in the same network can reach it, whatever they send."""
    name, port = socket.gethostname(), int(prefect_server.rpartition(":")[2])
    outside = {
        info[4][0]
        for info in socket.getaddrinfo(name, port, socket.AF_INET)
        if not info[4][0].startswith("127.")
    }
    reached = []
    for address in outside:
        with socket.socket() as one:
            one.settimeout(5)
            reached += [address] if one.connect_ex((address, port)) == 0 else []

    assert [] == reached


def test_further_hosts_are_named_and_nothing_else_is_let_in():
    """Behind a proxy the server has a name of its own."""
    guard = Guard(None, hosts=["prefect.example.com"], origins=["https://tool.example"])
    at = {"host": "prefect.example.com"}

    assert guard.refusal(at) is None
    assert guard.refusal({**at, "origin": "https://tool.example"}) is None
    assert guard.refusal({**at, "origin": EVIL}) is not None
    assert guard.refusal({"host": "evil.example,127.0.0.1"}) is not None
    assert guard.refusal({"host": "[::1"}) is not None
    assert guard.refusal({}) is not None


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """A server that wants a password, as ``suffice up --auth`` starts it."""
    home = tmp_path_factory.mktemp("locked") / "prefect"
    auth = access.turn_on(home)
    service = known.prefect_service(home, port=0, auth=auth)
    url = servers.ensure(service)
    yield url, auth, home
    servers.stop(service)


def test_the_password_is_readable_by_its_owner_only(locked):
    """Others with an account on the machine must not find it."""
    _, auth, home = locked

    assert 0o600 == access.file_of(home).stat().st_mode & 0o777
    assert len(auth) > 30


def test_without_the_password_nothing_is_answered(locked):
    """No password, and a wrong one: 401; the right one: in."""
    url, auth, _ = locked
    path = f"{url}/api/admin/version"

    assert 401 == ask(path)[0]
    assert 401 == ask(path, auth="suffice:wrong")[0]
    assert 200 == ask(path, auth=auth)[0]
    assert 401 == ask(f"{url}/api/csrf-token?client=me")[0]


def test_a_post_needs_a_token_of_its_own(locked):
    """With the password in a browser's memory, a page must still prove it is ours."""
    url, auth, _ = locked
    token = ask(f"{url}/api/csrf-token?client=me", auth=auth)[1]["token"]
    headers = {"Prefect-Csrf-Client": "me", "Prefect-Csrf-Token": token}

    assert 403 == ask(url + RUNS, {}, auth=auth)[0]
    assert 403 == ask(url + RUNS, {}, auth=auth, headers={**headers, "origin": EVIL})[0]
    assert (200, []) == ask(url + RUNS, {}, auth=auth, headers=headers)


def test_our_own_command_and_flows_pass(locked, prefect_env, tmp_path):
    """Turning the password on must not turn the product off."""
    url, auth, home = locked
    env = {**prefect_env, **access.client_env(home, url)}
    brief = write_brief(tmp_path / "task", rungs=["floor"])
    checked = subprocess.run(
        [sys.executable, "-m", "flows", "check", brief],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    shown = subprocess.run(
        [SUFFICE, "status", "--output", tmp_path / "out"],
        env={**env, "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
    )
    unknown = subprocess.run(
        [SUFFICE, "status"],
        env={**env, "PREFECT_API_AUTH_STRING": "suffice:wrong"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == checked.returncode, checked.stderr[-2000:]
    assert "check colours" in shown.stdout
    assert auth not in json.dumps([checked.stdout, checked.stderr, shown.stdout])
    assert (3, True) == (
        unknown.returncode,
        "PREFECT_API_AUTH_STRING" in " ".join(unknown.stdout.split()),
    )
