"""The promises the layout makes: names, arrows, sizes, start-up."""

import importlib.machinery
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("suffice", "expectations", "tasks", "flows", "deployments")


def sources() -> list[Path]:
    return [p for name in OURS for p in sorted((ROOT / name).rglob("*.py"))]


def test_no_flow_file_shadows_a_package():
    """
    Prefect may put flows/ first on sys.path, so a flow file named like an
    installed package would hide that package from the whole process.
    """
    ours = (ROOT / "flows", ROOT / "tests")
    elsewhere = [p for p in sys.path if Path(p or ".").resolve() not in ours]
    shadowed = [
        f.stem
        for f in sorted((ROOT / "flows").glob("[!_]*.py"))
        if importlib.machinery.PathFinder.find_spec(f.stem, elsewhere)
    ]

    assert [] == shadowed


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_holds_one_idea(path):
    """A file of more than 300 lines holds two ideas."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize(
    "path", sorted((ROOT / "flows").glob("[!_]*.py")), ids=lambda p: p.stem
)
def test_a_flow_fits_on_a_screen(path):
    """A flow is a table of contents; its module is its file's name."""
    text = path.read_text(encoding="utf-8")
    body = text[text.index("@flow") :]

    assert len(body.splitlines()) <= 40
    assert f"def {path.stem}(" in text


def test_importing_the_library_is_cheap():
    """A worker that only evaluates must not wait for MLflow, Prefect or torch."""
    script = (
        "import sys, suffice, suffice.brief, suffice.results\n"
        "heavy = {'prefect', 'mlflow', 'great_expectations', 'openai', 'boto3',"
        " 'torch', 'transformers', 'pandas', 'scipy', 'sklearn'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert "[]" == done.stdout.strip()


def test_the_command_line_loads_nothing_heavy():
    """``suffice --help`` answers at once."""
    script = (
        "import sys, suffice.app.cli\n"
        "print(sorted({'prefect', 'mlflow', 'pydantic', 'pandas', 'openai'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert "[]" == done.stdout.strip()


def test_every_dependency_is_locked():
    """An unlocked dependency breaks a bare machine on the day it releases."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        wanted += extra
    names = {re.split(r"[\[<>=~ ]", w)[0].lower().replace("_", "-") for w in wanted}
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    locked = {line.split("==")[0].lower().replace("_", "-") for line in lines if line}

    assert set() == names - locked
    assert all("==" in line for line in lines if line)


def test_the_arrows_point_one_way():
    """flows -> tasks -> suffice, and only they know Prefect."""
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert 0 == done.returncode, done.stdout


def test_no_machine_is_named():
    """A path of somebody's machine helps nobody else."""
    found = [
        str(p.relative_to(ROOT))
        for p in sources()
        if re.search(r"/home/\w|/Users/\w|/root/", p.read_text(encoding="utf-8"))
    ]

    assert [] == found


def test_prefect_reports_to_nobody():
    """Telemetry is off wherever a flow is imported."""
    script = "import flows, os; print(os.environ['PREFECT_SERVER_ANALYTICS_ENABLED'])"
    env = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "false" == done.stdout.strip()
