"""The written deployments, on pools of containers: as far as no engine is needed."""

import subprocess
import sys
from pathlib import Path

import pytest
from operating import ROOT, ask

PREFECT = str(Path(sys.executable).with_name("prefect"))
WRITTEN = ROOT / "deployments/prefect.yaml"


def prefect(env, *arguments):
    done = subprocess.run(
        [PREFECT, "--no-prompt", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module", params=["docker", "kubernetes"])
def pool(request, prefect_env, tmp_path_factory):
    """A pool of this kind with everything deployed to it; its name and the API."""
    kind, name = request.param, f"suffice-{request.param}"
    template = f"deployments/pools/{kind}.json"
    copy = tmp_path_factory.mktemp(kind) / "prefect.yaml"
    copy.write_text(
        WRITTEN.read_text().replace("name: suffice\n", f"name: {name}\n", 3)
    )
    env = {**prefect_env, "SUFFICE_HOME": "/app"}
    options = ("--type", kind, "--base-job-template", template)
    prefect(env, "work-pool", "create", name, *options)
    prefect(env, "deploy", "--all", "--prefect-file", str(copy))
    return name, env["PREFECT_API_URL"]


def test_all_flows_deploy_to_a_pool_of_containers(pool):
    """One file of deployments for every kind of pool: only the pool differs."""
    name, api = pool
    asked = {"work_pools": {"name": {"any_": [name]}}}
    found = ask(f"{api}/deployments/filter", asked)[1]
    pulled = {
        step["directory"] for d in found for p in d["pull_steps"] for step in p.values()
    }

    assert 4 == len(found)
    assert {"/app"} == pulled
    assert {"default", "training"} == {d["work_queue_name"] for d in found}


def test_its_runs_use_the_pinned_image_and_keep_their_results(pool):
    """Without the volume a climb would forget what it has paid for."""
    name, api = pool
    found = ask(f"{api}/work_pools/{name}")[1]
    template = found["base_job_template"]
    variables = template["variables"]["properties"]

    assert "suffice:0.1.0" == variables["image"]["default"]
    assert "/app/.suffice" in str(template)
