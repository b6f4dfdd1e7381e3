"""The image: what a linter says of it, and that it takes along what it needs."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
IMAGE = ROOT / "deployments/Dockerfile"


def test_the_linter_finds_nothing():
    """Unpinned bases, root and caches left behind are found here, not in a cluster."""
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [hadolint, "--no-color", IMAGE], capture_output=True, text=True, check=False
    )

    assert (0, "") == (done.returncode, done.stdout)


def test_every_folder_the_flows_import_is_in_the_image():
    """An image without tasks/ fails at three in the morning."""
    copied = set(re.findall(r"^COPY (\w+) ./", IMAGE.read_text(), re.M))
    let_in = set(re.findall(r"^!(\w+)$", (ROOT / ".dockerignore").read_text(), re.M))

    assert {"suffice", "expectations", "tasks", "flows", "deployments"} <= copied
    assert copied <= let_in


def test_it_runs_without_root():
    """A flow needs no root, and neither does anyone who breaks into one."""
    users = re.findall(r"^USER (\S+)", IMAGE.read_text(), re.M)

    assert ["10001"] == users
