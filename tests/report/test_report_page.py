"""The report as text: complete, escaped, self-contained."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from report_cases import BOOK, TODAY, costs, examples, outcomes, verdict

from suffice.report.page import DataSummary, calls, page, side_by_side
from suffice.results import Verdict


class Counted(HTMLParser):
    """Counts elements and keeps what the figures say about themselves."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.labels: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        if found.get("role") == "img":
            self.labels.append(found.get("aria-label") or "")


@pytest.fixture(scope="module")
def decided() -> Verdict:
    return verdict()


@pytest.fixture(scope="module")
def text(decided: Verdict) -> str:
    other = decided.ladder[-1]
    side = side_by_side(
        other, examples(40), outcomes(40, wrong=2), outcomes(40, wrong=17)
    )
    rows = [p for m in decided.ladder if (p := BOOK.price(m.model, TODAY))]
    data = DataSummary(findings=("4 near twins",), n_by_part={"to judge with": 250})
    return page(decided, side=side, data=data, prices=rows, costs=costs(decided))


def test_it_asks_for_nothing_from_the_network(text: str) -> None:
    """It is opened from disk, from MLflow, and by people without access."""
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", text)
    assert not re.search(r"@import|url\((?!#)", text)
    assert "<script" not in text
    assert len(text) < 2_000_000


def test_what_users_wrote_cannot_become_markup(text: str) -> None:
    """Questions come from anybody; the report is opened by the engineer."""
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_the_verdict_comes_before_anything_else(decided: Verdict, text: str) -> None:
    """The first screen answers; all else is for those who doubt it."""
    assert text.index(decided.text[:60]) < text.index("<h2>Why</h2>")


def test_every_measurement_has_its_n_and_its_interval(
    decided: Verdict, text: str
) -> None:
    """A number without n and interval says nothing."""
    for row in decided.ladder:
        low, high = f"{row.quality_low:.3f}", f"{row.quality_high:.3f}"

        assert f"{row.quality:.3f} ({low} to {high})" in text
    assert len(decided.ladder) == text.count('<td class="n">180 of 250')


def test_a_candidate_is_called_by_its_rung_in_every_table(decided: Verdict) -> None:
    """The figures and the text speak of rungs; a name alone is found in neither."""
    named = replace(decided.ladder[0], rung="optimised-prompt", name="definitions")
    shown = page(replace(decided, ladder=(named, *decided.ladder[1:])))

    assert 2 == shown.count("optimised-prompt: definitions")


def test_large_numbers_and_long_times_are_written_to_be_read(decided: Verdict) -> None:
    """2803 more, and 1563 s, have to be read twice."""
    open_ = replace(decided.ladder[0], ruling="inconclusive", n_more=2803)
    seen = replace(decided, ladder=(open_, *decided.ladder[1:]), elapsed_s=1563.0)
    shown = page(seen)

    assert "inconclusive: 2,803 more examples" in shown
    assert "and 26 min." in shown


def test_latencies_are_told_to_the_slowest_in_a_hundred(decided: Verdict) -> None:
    """And the first token where it was measured; no empty column where it was not."""
    timed = replace(decided.ladder[2], ttft_p50_s=0.21)
    shown = page(replace(decided, ladder=(*decided.ladder[:2], timed)))

    assert "0.61 / 1.70 / 2.90" in page(decided)
    assert "first token s" not in page(decided)
    assert "first token s" in shown
    assert ">0.21</td>" in shown


def test_every_plot_says_what_it_shows(text: str) -> None:
    """For those who cannot see it; the numbers are in tables."""
    labels = Counted(text).labels

    assert len(labels) >= 2
    assert all(len(label) > 40 and "in the table below" in label for label in labels)


def test_slices_are_shown_with_their_intervals(text: str) -> None:
    """Good on average may be bad for the German customers."""
    assert "language = de" in text
    assert "0.826 (0.550 to 0.960)" in text


def test_prices_name_their_source_and_their_day(text: str) -> None:
    """A price without a date is a rumour."""
    assert "https://developers.openai.com/api/docs/pricing" in text
    assert "2026-09-22" in text
    assert "not verified" in text


def test_ten_differences_are_shown_and_all_are_counted(text: str) -> None:
    """Ten answers side by side convince more than a mean."""
    assert 10 == text.count('<article class="apart">')
    assert "They differ on 15 of the 40 questions" in text


def test_what_early_stopping_saved_is_told(decided: Verdict) -> None:
    """70 of 250 examples were not asked, on each of four rungs that call a model."""
    took = calls(decided)

    assert (720, 1000) == (took.n_judged, took.n_possible)
    assert took.saved_usd == pytest.approx(
        70 * (5.2e-5 + 1.9e-4 + 2.4e-4) + 68 * 3.8e-3
    )


def test_an_unknown_price_is_not_drawn_as_nothing(decided: Verdict) -> None:
    """Unknown is not free."""
    rows = [replace(m, usd_per_request=None) for m in decided.ladder]
    unknown = replace(decided, ladder=tuple(rows))

    assert "unknown" in page(unknown)
    assert calls(unknown).saved_usd is None


def test_a_verdict_without_a_choice_has_a_page_too(decided: Verdict) -> None:
    """Nothing suffices is an answer, and it must be read."""
    rows = [replace(m, ruling="failed") for m in decided.ladder]
    none = replace(
        decided, ladder=tuple(rows), chosen=None, rung=None, action="nothing-suffices"
    )

    assert "nothing suffices" in page(none)
