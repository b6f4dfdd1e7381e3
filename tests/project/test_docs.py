"""Documentation: what it tells a reader to type works as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from suffice.app import references
from suffice.app.reference import reference

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
WRITTEN = [ROOT / "README.md", ROOT / "benchmarks/README.md", *PAGES]
HERE = "tests/project/test_docs.py"
RUN_BY = {
    "make demo": f"{HERE}::test_make_demo_is_the_climb_that_is_tested",
    "make test": f"{HERE}::test_ci_runs_the_documented_test_command",
    "make up": "tests/app/test_up.py::test_up_starts_what_it_announces",
    "suffice up": "tests/app/test_up.py::test_up_starts_what_it_announces",
    "suffice init": f"{HERE}::test_the_commands_of_a_page_run_as_they_stand",
    "suffice usage": f"{HERE}::test_the_commands_of_a_page_run_as_they_stand",
    "suffice check": f"{HERE}::test_the_commands_of_a_page_run_as_they_stand",
    "suffice climb": "tests/flows/test_climb.py::"
    "test_prompting_fails_and_tuning_passes",
    "suffice show": "tests/flows/test_climb.py::test_run_again_it_reuses_everything",
    "suffice explain": "tests/econ/test_explain_command.py::"
    "test_the_command_shows_both_verdicts_and_calls_no_model",
    "suffice prices": "tests/econ/test_prices_command.py::"
    "test_the_list_names_price_shutdown_and_source",
    "suffice replay": "tests/econ/test_replay_tables.py::"
    "test_the_command_prints_the_verdict_and_the_regret",
    "suffice cache": "tests/app/test_cache_command.py::"
    "test_it_shows_what_is_held_and_what_reuse_saved",
    "suffice recheck": "tests/flows/test_climb.py::"
    "test_the_recheck_repeats_the_arithmetic_only",
    "suffice export": "tests/local_training/test_export.py::"
    "test_the_command_writes_it_and_says_how_vllm_serves_it",
    "suffice succeed": "tests/rungs/test_succession.py::"
    "test_the_successor_is_asked_the_champions_questions_and_not_the_champion",
    "suffice cancel": f"{HERE}::test_the_commands_of_a_page_run_as_they_stand",
    "suffice probe": "tests/backends/test_abilities.py::"
    "test_the_command_tells_it_and_spends_nothing",
    "suffice answer": "tests/registry/test_answering.py::"
    "test_a_question_is_answered_and_its_cost_told",
    "suffice serve": "tests/registry/test_served_to_openai.py::"
    "test_a_chat_completion_is_answered_as_it_was_measured",
    "suffice ledger": "tests/app/test_ledger_command.py::"
    "test_it_lists_every_entry_with_its_cost",
    "suffice stop": "tests/ledger/test_ledger_stop.py::"
    "test_the_command_stops_and_lifts",
    "curl": "tests/app/test_deployments.py",
}
"""The README's commands that need a server or minutes, and the test that runs each."""


def fenced(page, language):
    """The blocks of *language* in a page, as they stand."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_the_commands_of_a_page_run_as_they_stand(page, tmp_path, prefect_env):
    """A reader who copies a page's commands, one after the other, gets through."""
    blocks = fenced(page, "sh")
    if not blocks:
        pytest.skip(f"{page.name} tells nobody to type anything")
    path = f"{Path(sys.executable).parent}{os.pathsep}{prefect_env['PATH']}"
    env = {**prefect_env, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=240,
    )

    assert 0 == done.returncode, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@pytest.mark.parametrize("page", WRITTEN, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    """A link to a page that was moved or renamed is noticed here, not by a reader."""
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]

    assert [] == [link for link in local if not (page.parent / link).exists()]


def test_every_readme_command_is_run_by_a_test():
    """A command that no test runs may have stopped working unnoticed."""
    lines = [
        line.partition("#")[0].strip().removeprefix(".venv/bin/")
        for block in fenced(ROOT / "README.md", "console")
        for line in block.splitlines()
    ]
    commands = [line for line in lines if line and not re.match(r"[A-Z]+=http", line)]
    unknown = [
        command for command in commands if not any(known in command for known in RUN_BY)
    ]

    assert [] == unknown


@pytest.mark.parametrize("test", sorted(set(RUN_BY.values())))
def test_the_tests_that_run_the_readme_exist(test):
    """The table above is only worth something while it is true."""
    file, _, name = test.partition("::")

    assert f"def {name or 'test_'}" in (ROOT / file).read_text(encoding="utf-8")


def test_the_reference_of_the_brief_is_that_of_the_code():
    """Written by ``suffice reference brief > docs/brief.md``; never by hand."""
    assert reference() == (ROOT / "docs/brief.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "written"),
    [("commands.md", references.commands), ("price-rows.md", references.price_rows)],
)
def test_the_references_are_those_of_the_code(page, written):
    """By ``suffice reference commands`` and ``prices``; the README is not enough."""
    assert written() == (ROOT / "docs" / page).read_text(encoding="utf-8")


def make(target):
    """What ``make`` would run for a target, once everything is installed."""
    done = subprocess.run(
        [
            "make",
            "-C",
            str(ROOT),
            "--no-print-directory",
            "-n",
            "-o",
            "install",
            target,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_make_demo_is_the_climb_that_is_tested():
    """The demo has no code of its own: it is the product on the example brief."""
    assert ".venv/bin/suffice climb examples/support/brief.yaml" == make("demo")


def test_ci_runs_the_documented_test_command():
    """What CI runs is what the README tells a newcomer to run."""
    assert make("test").startswith(".venv/bin/python -m pytest ")
    assert "make --no-print-directory test" in (ROOT / ".ci/run").read_text()
