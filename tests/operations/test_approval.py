"""A climb that is dearer than the brief lets through waits for a person."""

import os
import pty
import subprocess

import pytest
from flow_briefs import write_brief
from operating import (
    CHROMIUM,
    CHROMIUM_OPTIONS,
    ROOT,
    SUFFICE,
    ask,
    ended,
    serving,
    start,
    wait_for,
)
from prepared_weights import linked

from suffice.services.local_server import stop_server
from suffice.workspace import Workspace

WAITING = {"rungs": ["floor", "zero-shot"], "auto_approve_usd": 0.00001}


@pytest.fixture(scope="module")
def folder(prepared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("approval") / "task"
    local = Workspace(folder / "out").local
    linked(prepared, local)
    yield folder
    stop_server(local)


@pytest.fixture(scope="module")
def api(folder, prefect_env):
    """The served deployments of a brief that lets nearly nothing through."""
    with serving(write_brief(folder, n=40, n_test=15, **WAITING), prefect_env):
        yield prefect_env["PREFECT_API_URL"]


def calls_made(folder):
    return sorted(p.name for p in (folder / "out").glob("responses.db"))


def test_refused_it_ends_without_a_verdict_and_without_a_call(api, folder, prefect_env):
    """Nothing may be spent before somebody has said yes."""
    run = start(api, "climb/colours")
    assert ("PAUSED", "Suspended") == tuple(
        ended(api, run)[k] for k in ("type", "name")
    )
    wrong = ask(f"{api}/flow_runs/{run}/resume", {"run_input": {"approve": "perhaps"}})
    answer = [SUFFICE, "approve", run, "--refuse", "--note", "not this month"]
    done = subprocess.run(answer, env=prefect_env, capture_output=True, check=False)
    assert 0 == done.returncode, done.stderr
    wait_for(lambda: ask(f"{api}/flow_runs/{run}")[1]["state"]["type"] == "CANCELLED")
    state = ask(f"{api}/flow_runs/{run}")[1]["state"]

    assert "'perhaps' is not one of ['yes', 'no']" in wrong[1]["details"]["reason"]
    assert "Refused" == state["name"]
    assert "refused: not this month. Nothing was spent." in state["message"]
    assert [] == calls_made(folder)


def select_yes(page, form):
    """Until the form shows it: on a slow machine a list may close before the click."""
    control = form.locator("button.p-select-button__control")

    def chosen():
        control.click()
        page.keyboard.press("Space")
        page.wait_for_timeout(500)
        offered = page.get_by_text("yes", exact=True)
        if offered.count():
            offered.last.click()
        return "yes" in control.inner_text()

    wait_for(chosen)


def test_approved_in_the_page_it_goes_on_to_its_verdict(api, folder, prefect_server):
    """The form in Prefect's own page is where most people will meet it."""
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}")
    run = start(api, "climb/colours")
    assert "PAUSED" == ended(api, run)["type"]
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(
            executable_path=str(CHROMIUM), args=list(CHROMIUM_OPTIONS)
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{prefect_server}/runs/flow-run/{run}")
        page.get_by_role("button", name="Resume").first.click()
        form = page.get_by_role("dialog")
        form.get_by_text("a person has to approve it").wait_for()
        shown = form.inner_text()
        if picture := os.environ.get("SUFFICE_PICTURES"):
            page.wait_for_timeout(1000)
            page.screenshot(path=f"{picture}/approval.png")
        select_yes(page, form)
        form.get_by_role("button", name="Submit").click()
        form.wait_for(state="hidden")
        wait_for(lambda: ask(f"{api}/flow_runs/{run}")[1]["state"]["type"] != "PAUSED")
        browser.close()

    assert "Nothing has been spent" in shown
    assert "COMPLETED" == ended(api, run)["type"]
    assert ["responses.db"] == calls_made(folder)


@pytest.mark.parametrize("command", ["climb", "tune"])
def test_a_terminal_is_asked_where_it_stands(command, tmp_path, prefect_env):
    """Whoever types the command is there: no page has to be opened to answer."""
    brief = write_brief(tmp_path / "task", n=40, n_test=15, **WAITING)
    ours, theirs = pty.openpty()
    asking = subprocess.Popen(
        [SUFFICE, command, brief],
        cwd=ROOT,
        env={**prefect_env, "TERM": "xterm", "COLUMNS": "100"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    screen = b""
    try:
        while b"Go on? [y/N]" not in screen:
            screen += os.read(ours, 4096)
        os.write(ours, b"n\n")
        while b"nothing was spent" not in screen:
            screen += os.read(ours, 4096)
    finally:
        code = asking.wait(timeout=60)
        os.close(ours)

    assert b"approve it." in screen
    assert 2 == code
    assert [] == calls_made(tmp_path / "task")
