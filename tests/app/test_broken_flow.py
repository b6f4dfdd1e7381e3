"""A flow that breaks before it can say why."""

import io

import pytest
from rich.console import Console

from suffice.app import cli_flows, exits
from suffice.app.progress import View
from suffice.app.run_flow import Ended


def told(tmp_path, code, **seen):
    """Exit code and words for a flow that ended so."""
    log = tmp_path / "climb.log"
    log.write_text("Traceback ...\nModuleNotFoundError: No module named 'gone'\n\n")
    screen = Console(file=io.StringIO(), width=300)
    ended = Ended(code=code, view=View(**seen), log=log)
    return cli_flows._explain(screen, ended), screen.file.getvalue()


@pytest.mark.parametrize("code", [1, 70, -9])
def test_it_is_told_with_the_end_of_its_log(tmp_path, code):
    """Python ends with 1 after a traceback, which also means: nothing suffices."""
    ended, said = told(tmp_path, code)

    assert exits.ENVIRONMENT_FAILED == ended
    assert "ends with \"ModuleNotFoundError: No module named 'gone'\"" in said


def test_a_verdict_that_nothing_suffices_is_none(tmp_path):
    """Both end with 1; only one of them has failed."""
    verdict = {"event": "verdict", "name": "support"}

    assert (1, "") == told(tmp_path, 1, verdict=verdict)
