"""The report in a real browser: phone and desktop, light, dark and on paper."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from report_cases import BOOK, TODAY, costs, examples, outcomes, verdict

from suffice.report.page import DataSummary, page, side_by_side

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]

if CHROMIUM is None:
    pytest.skip("no Chromium is installed here", allow_module_level=True)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    decided = verdict()
    side = side_by_side(
        decided.ladder[-1], examples(40), outcomes(40, wrong=2), outcomes(40, wrong=17)
    )
    rows = [p for m in decided.ladder if (p := BOOK.price(m.model, TODAY))]
    path = tmp_path_factory.mktemp("report") / "report.html"
    money = costs(decided)
    text = page(decided, side=side, data=DataSummary(), prices=rows, costs=money)
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(params=[(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")])
def shown(request: pytest.FixtureRequest, browser: Any, report: Path) -> Iterator[Any]:
    """The page as it stands, and every request that opening it made."""
    width, scheme = request.param
    tab = browser.new_page(
        viewport={"width": width, "height": 844}, color_scheme=scheme
    )
    tab.asked = []
    tab.on("request", lambda asked: tab.asked.append(asked.url))
    tab.goto(report.as_uri())
    yield tab
    tab.close()


def test_it_fits_asks_for_nothing_and_opens_with_the_verdict(
    shown: Any, report: Path
) -> None:
    """No sideways scrolling, no request, the verdict on the first screen."""
    width = shown.evaluate("document.documentElement.scrollWidth")
    box = shown.locator(".verdict").bounding_box()

    assert width <= shown.viewport_size["width"]
    assert [report.as_uri()] == shown.asked
    assert box["y"] + box["height"] < shown.viewport_size["height"]


def test_words_stand_out_from_their_ground(shown: Any) -> None:
    """4.5 to 1 is what WCAG asks of text, in both schemes."""
    contrast = shown.evaluate(
        """() => {
          const lum = c => { const v = c.match(/[\\d.]+/g).slice(0, 3).map(x => x / 255)
            .map(x => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
            return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
          const ground = lum(getComputedStyle(document.body).backgroundColor);
          return ["body", ".dim", ".passed", ".failed", "figcaption"].map(s => {
            const l = lum(getComputedStyle(document.querySelector(s)).color);
            return (Math.max(l, ground) + .05) / (Math.min(l, ground) + .05); });
        }"""
    )

    assert min(contrast) >= 4.5


def test_letters_in_the_plots_can_be_read_on_a_phone(shown: Any) -> None:
    """At 390 pixels the smallest letter is 8 pixels or more."""
    smallest = shown.evaluate(
        """() => Math.min(...[...document.querySelectorAll("svg text")]
          .map(t => parseFloat(getComputedStyle(t).fontSize)
            * t.ownerSVGElement.getBoundingClientRect().width
            / t.ownerSVGElement.viewBox.baseVal.width))"""
    )

    assert smallest >= 8


def test_on_paper_the_folded_tables_are_open(browser: Any, report: Path) -> None:
    """What is printed cannot be clicked."""
    tab = browser.new_page(viewport={"width": 794, "height": 1123})
    tab.goto(report.as_uri())
    folded = tab.locator("details table").first
    before = folded.is_visible()
    tab.emulate_media(media="print")

    assert (False, True) == (before, folded.is_visible())
    tab.close()
