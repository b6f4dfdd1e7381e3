from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]


class Seen(NamedTuple):
    """What opening a page did."""

    dialogs: list[str]
    requests: list[str]
    scripts: int
    """Elements of the page that could run something."""
    text: str


@pytest.fixture(scope="module")
def look() -> Iterator[Callable[[str, Path], Seen]]:
    """Opens HTML from disk in a real browser and waits until it has settled."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed here")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield lambda html, folder: _look(browser, html, folder)
        browser.close()


def _look(browser: Any, html: str, folder: Path) -> Seen:
    path = folder / "page.html"
    path.write_text(html, encoding="utf-8", errors="surrogatepass")
    dialogs: list[str] = []
    requests: list[str] = []
    page = browser.new_page()

    def dismiss(dialog: Any) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.on("request", lambda asked: requests.append(asked.url))
    page.goto(path.as_uri(), wait_until="load")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.wait_for_timeout(300)
    could_run = "script, iframe, object, embed, img, link, base, form, video, audio"
    found = Seen(
        dialogs=dialogs,
        requests=[url for url in requests if url != path.as_uri()],
        scripts=page.locator(could_run).count(),
        text=page.inner_text("body"),
    )
    page.close()
    return found
