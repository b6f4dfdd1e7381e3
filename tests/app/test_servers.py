"""Local servers: started once, found again, stopped cleanly."""

import dataclasses
import os
import signal
import sys
import threading

import pytest

from suffice.errors import EnvironmentFailed
from suffice.services import servers, stack


def service(home, **changes):
    """Python's own web server: as real as any, and up in a moment."""
    command = [sys.executable, "-m", "http.server", "--bind", servers.HOST]
    given = {
        "name": "Test server",
        "home": home,
        "command": lambda port: [*command, str(port)],
        "health": "/",
        "start_timeout_s": 20.0,
        **changes,
    }
    return servers.Service(**given)


@pytest.fixture
def running(tmp_path):
    """A running server; stopped whatever the test did."""
    one = service(tmp_path)
    url = servers.ensure(one)
    yield one, url
    servers.stop(one)


def test_a_second_command_finds_the_first_ones_server(running):
    """A server that outlives its command is worth nothing if nobody finds it."""
    one, url = running

    assert url == servers.ensure(one)


def test_a_killed_server_is_started_again(running):
    """kill -9 leaves the state file behind; it must not be believed."""
    one, _ = running
    pid = servers._state(one)["pid"]
    os.kill(pid, signal.SIGKILL)

    assert servers.running(one) is None or servers._wait(
        lambda: servers.running(one) is None, 5
    )
    assert servers.healthy(servers.ensure(one))


def test_a_busy_server_is_waited_for_and_gets_no_second_beside_it(running):
    """Two Prefect servers on one SQLite file lock each other out."""
    one, url = running
    pid = servers._state(one)["pid"]
    os.kill(pid, signal.SIGSTOP)
    waker = threading.Timer(7.0, os.kill, (pid, signal.SIGCONT))
    waker.start()

    assert url == servers.ensure(one)
    assert pid == servers._state(one)["pid"]


def test_a_server_that_stays_silent_is_replaced_not_joined(tmp_path):
    """One that hangs for good must not hold the climb up for ever."""
    one = service(tmp_path, start_timeout_s=5.0)
    servers.ensure(one)
    pid = servers._state(one)["pid"]
    os.kill(pid, signal.SIGSTOP)
    url = servers.ensure(one)
    servers.stop(one)

    assert url
    assert not servers._alive(pid)


def test_stopping_leaves_nothing_listening(running):
    """Ctrl-C stops all."""
    one, url = running

    assert servers.stop(one)
    assert not servers.healthy(url, timeout_s=0.5)
    assert not servers.stop(one)


def test_two_commands_at_once_start_one_server(tmp_path):
    """A climb and its user may be equally quick."""
    one = service(tmp_path)
    urls = []
    callers = [
        threading.Thread(target=lambda: urls.append(servers.ensure(one)))
        for _ in range(2)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    servers.stop(one)

    assert 1 == len(set(urls))
    assert 2 == len(urls)


def test_a_taken_port_is_refused_by_name(running, tmp_path):
    """Another program's port is not ours to take, nor to answer from."""
    port = int(running[1].rpartition(":")[2])
    other = service(tmp_path / "other", preferred_port=port)

    with pytest.raises(EnvironmentFailed, match=f"Port {port} for the Test server"):
        servers.ensure(other, strict_port=True)


def test_a_server_that_dies_says_why(tmp_path):
    """The reason is in a log the user does not know of: quote it."""
    dying = [sys.executable, "-c", "raise SystemExit('no disk')"]
    broken = service(tmp_path, command=lambda _: dying)

    with pytest.raises(EnvironmentFailed, match="no disk"):
        servers.ensure(broken)


def test_a_reused_process_number_is_not_killed(tmp_path):
    """After a reboot the number in the state file may be somebody else's."""
    one = service(tmp_path)
    tmp_path.joinpath("server.json").write_text(
        f'{{"pid": {os.getpid()}, "url": "http://127.0.0.1:9"}}'
    )

    assert not servers.stop(one)


def test_a_port_that_is_asked_for_is_not_silently_another(running):
    """An earlier command's server stays where it is, and its reader would look away."""
    one, url = running
    stack.refuse_ports(dataclasses.replace(one, preferred_port=4200))
    asked = dataclasses.replace(one, preferred_port=14207)

    with pytest.raises(EnvironmentFailed, match="suffice down before --test-port"):
        stack.refuse_ports(asked)
    assert servers.healthy(url)
