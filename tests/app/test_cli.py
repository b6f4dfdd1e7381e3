"""The command line, as a shell sees it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from suffice.brief import Brief

COMMAND = Path(sys.executable).with_name("suffice")


def suffice(*arguments, cwd):
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    ["climb", "check", "tune", "recheck", "show", "serve-local", "up", "down", "init"],
)
def test_every_command_explains_itself(command, tmp_path):
    """What is not in --help does not exist."""
    done = suffice(command, "--help", cwd=tmp_path)

    assert 0 == done.returncode
    assert f"suffice {command}" in done.stdout


def test_a_bad_brief_is_one_sentence_and_exit_code_2(tmp_path):
    """No traceback, nothing started, nothing spent."""
    (tmp_path / "brief.yaml").write_text("name: x\nbra: 1\n")
    done = suffice("climb", "brief.yaml", cwd=tmp_path)

    assert 2 == done.returncode
    assert done.stderr.startswith("suffice: brief.yaml:")
    assert 1 == len(done.stderr.splitlines())
    assert ["brief.yaml"] == [p.name for p in tmp_path.iterdir()]


def test_debug_shows_the_traceback(tmp_path):
    """Whoever develops suffice needs the rest of it."""
    done = suffice("climb", "nowhere.yaml", "--debug", cwd=tmp_path)

    assert "Traceback" in done.stderr
    assert "BadBrief" in done.stderr


def test_show_before_any_climb_says_what_to_do(tmp_path):
    """The first command a newcomer tries may be the wrong one."""
    done = suffice("show", cwd=tmp_path)

    assert 2 == done.returncode
    assert "run 'suffice climb" in done.stderr


def test_init_writes_a_brief_that_can_be_read(tmp_path):
    """The starter must not be the first thing that is wrong."""
    done = suffice("init", "mine", cwd=tmp_path)
    content = yaml.safe_load((tmp_path / "mine" / "brief.yaml").read_text())
    lines = (tmp_path / "mine" / "examples.jsonl").read_text().splitlines()

    assert 0 == done.returncode
    assert "my-feature" == Brief.model_validate(content).name
    assert all(json.loads(line)["messages"][-1]["content"] for line in lines)


def test_init_overwrites_nothing(tmp_path):
    """Somebody's examples may be there."""
    (tmp_path / "brief.yaml").write_text("mine")
    done = suffice("init", cwd=tmp_path)

    assert 2 == done.returncode
    assert "mine" == (tmp_path / "brief.yaml").read_text()


def test_down_with_nothing_running_says_so(tmp_path):
    """Stopping twice is not a mistake."""
    done = suffice("down", cwd=tmp_path)

    assert 0 == done.returncode
    assert "nothing was running" in done.stdout
