"""``deployments/prefect.yaml``: its first lines are commands, and they work."""

import json
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

from suffice.brief_io import load_brief

ROOT = Path(__file__).parents[2]
WRITTEN = ROOT / "deployments/prefect.yaml"
PREFECT = str(Path(sys.executable).with_name("prefect"))
PROGRAMS = {"prefect": PREFECT, "python": sys.executable}


@pytest.fixture(scope="module")
def env(prefect_env):
    return {**prefect_env, "SUFFICE_HOME": str(ROOT), "PYTHONPATH": str(ROOT)}


def told():
    """The commands in the head of the file."""
    lines = re.findall(r"^#   ((?:prefect|python) .*)$", WRITTEN.read_text(), re.M)
    return [line.split() for line in lines]


def run(env, program, *arguments):
    done = subprocess.run(
        [PROGRAMS[program], *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def prefect(env, *arguments):
    return run(env, "prefect", *arguments)


@pytest.fixture(scope="module")
def deployed(env):
    """The work pool and the deployments, made by the commands as written."""
    *setting_up, work = told()
    for command in setting_up:
        run(env, *command)
    return work[1:]


def test_every_flow_is_deployed(deployed, env):
    """A deployment that is written down and does not deploy is worth nothing."""
    listed = json.loads(prefect(env, "deployment", "ls", "--output", "json"))
    names = {d["name"] for d in listed if "support" in str(d["name"])}
    written = yaml.safe_load(WRITTEN.read_text())["deployments"]

    assert len(written) == sum("support" in str(d["name"]) for d in listed), names


def test_a_worker_runs_what_is_deployed(deployed, env, tmp_path):
    """The whole way: pool, deployment, worker, module entrypoint, our code."""
    brief = load_brief(ROOT / "examples/support/brief.yaml")
    brief = brief.model_copy(update={"output": str(tmp_path / "out")})
    parameters = json.dumps({"brief": brief.model_dump(mode="json")})
    started = prefect(env, "deployment", "run", "check/support", "--params", parameters)
    found = re.search(r"UUID: (.{36})", started)[1]
    url = f"{env['PREFECT_API_URL']}/flow_runs/{found}"

    worker = subprocess.Popen(
        [PREFECT, *deployed], cwd=ROOT, env=env, stdout=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 120
        state = ""
        while time.monotonic() < end and state not in ("COMPLETED", "FAILED"):
            time.sleep(2)
            with urllib.request.urlopen(url, timeout=30) as answer:
                state = json.load(answer)["state_type"]
    finally:
        worker.terminate()
        worker.wait(timeout=60)

    assert "COMPLETED" == state
    assert (tmp_path / "out").exists()


def test_the_limits_are_those_that_are_told(deployed, env):
    """Two climbs of one task at once would be paid twice what one is."""
    api = env["PREFECT_API_URL"]

    def read(path):
        with urllib.request.urlopen(api + path, timeout=30) as answer:
            return json.load(answer)

    climb = read("/deployments/name/climb/support")
    assert 1 == climb["global_concurrency_limit"]["limit"]
    assert 4 == read("/work_pools/suffice")["concurrency_limit"]
    assert 1 == read("/work_pools/suffice/queues/training")["concurrency_limit"]
    assert 1 == read("/concurrency_limits/tag/paid")["concurrency_limit"]
