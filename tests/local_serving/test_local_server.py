"""The server's life: started once, found again, replaced when dead."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from suffice.errors import EnvironmentFailed
from suffice.services.local_server import ensure_server, stop_server


def pid_of(url):
    """Process number the server at *url* gives."""
    with urllib.request.urlopen(url.removesuffix("/v1") + "/healthz") as reply:
        return json.load(reply)["pid"]


def test_a_running_server_is_used_again(served):
    """A second climb must not load the model a second time."""
    assert served.url == ensure_server(served.root)


def test_two_callers_at_once_start_one_server(new_root):
    """Flows run side by side; two servers would share neither memory nor jobs."""
    with ThreadPoolExecutor(2) as threads:
        urls = list(threads.map(ensure_server, [new_root, new_root]))

    assert urls[0] == urls[1]


def test_a_killed_server_is_replaced(new_root):
    """Kill -9 leaves its state file behind: it must not be believed."""
    killed = pid_of(ensure_server(new_root))
    os.kill(killed, signal.SIGKILL)
    os.waitpid(killed, 0)

    assert killed != pid_of(ensure_server(new_root))


def test_stopping_says_whether_there_was_one(new_root):
    """And leaves nothing behind that says there still is."""
    ensure_server(new_root)

    assert [True, False] == [stop_server(new_root), stop_server(new_root)]
    assert not (new_root / "server.json").exists()


def test_a_server_leaves_when_nobody_needs_it(new_root):
    """A forgotten server must not hold its memory for ever."""
    command = [sys.executable, "-m", "suffice.local", "--root", str(new_root)]
    ended = subprocess.run([*command, "--idle-minutes", "0.02"], timeout=60)

    assert 0 == ended.returncode
    assert not (new_root / "server.json").exists()


def test_a_second_server_for_a_root_is_refused(served):
    """Two would run the same training jobs."""
    command = [sys.executable, "-m", "suffice.local", "--root", str(served.root)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert 3 == ended.returncode
    assert "already serves" in ended.stderr


def test_a_server_that_cannot_start_gives_its_last_words(tmp_path):
    """The reason is in a log nobody opens: the sentence carries it."""
    (tmp_path / "bases").write_text("in the way of the folder")

    with pytest.raises(EnvironmentFailed, match="could not be prepared"):
        ensure_server(tmp_path)
