"""The data page in a real browser: no request, no script, readable on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest

from suffice.data.charts import counted, spread
from suffice.data.checking import CheckReport, Finding, Row
from suffice.report.data_page import data_page

CHROMIUM = Path("/usr/bin/chromium")
HOSTILE = "<img src=http://127.0.0.1:9/x><script>document.title='run'</script>"


def report() -> CheckReport:
    finding = Finding(
        check="no example is given twice",
        severity="warning",
        count=1,
        rows=(Row(where="a/very/long/folder/name/" * 8 + "x.jsonl:1", detail=HOSTILE),),
        consequence="it weighs twice",
        remedy="delete it",
        reason="as agreed",
    )
    return CheckReport(
        n_rows=100,
        findings=(finding,),
        facts=(HOSTILE,),
        charts=(counted("Labels", ["a" * 60, "b"]), spread("Tokens", [3.0, 900.0])),
        cleaning=("drop 1 row: a copy of another row",),
    )


@pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium here")
def test_it_asks_for_nothing_runs_nothing_and_fits_a_phone(tmp_path: Path):
    """The data may be confidential, hostile, and looked at on the way home."""
    from playwright.sync_api import sync_playwright

    path = tmp_path / "page.html"
    path.write_text(data_page(report(), title="support"), encoding="utf-8")
    asked: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 360, "height": 800})
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        width = page.evaluate("document.documentElement.scrollWidth")
        title, text = page.title(), page.inner_text("body")
        browser.close()

    assert [path.as_uri()] == asked
    assert "support: the data" == title
    assert width <= 360
    assert "The brief has set the severity: as agreed" in text
