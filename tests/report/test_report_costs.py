"""Money in the report: curves with bands, break-even, tornado, likelihoods."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_cases import BOOK, BRIEF, LADDER, costs, verdict

from suffice.economics.decide import decide
from suffice.report.cost_view import costs_of, likelihoods, payback_of
from suffice.report.money import Costs
from suffice.report.page import page
from suffice.results import Band, Likelihood, PaybackTime, Verdict


@pytest.fixture(scope="module")
def decided() -> Verdict:
    return verdict()


@pytest.fixture(scope="module")
def money(decided: Verdict) -> Costs:
    found = costs(decided)
    assert found is not None
    return found


def test_the_chosen_candidate_comes_first(decided: Verdict, money: Costs) -> None:
    """Its line is the first colour and the first column."""
    assert "few-shot on gpt-6-luna" == money.curves[0].label


def test_failed_candidates_are_not_drawn(money: Costs) -> None:
    """What is not good enough is no alternative, however cheap."""
    labels = [curve.label for curve in money.curves]

    assert len(labels) > 1
    assert [] == [label for label in labels if "zero-shot" in label]


def test_bands_hold_their_lines(money: Costs) -> None:
    """Uncertainty is drawn around what is expected, never beside it."""
    for curve in money.curves:
        rows = zip(curve.low_usd, curve.usd, curve.high_usd, strict=True)

        assert all(low <= usd <= high for low, usd, high in rows)


def test_a_tuned_model_that_never_pays_is_said_so(money: Costs) -> None:
    """Never is an answer."""
    assert "never comes to cost less" in money.break_even
    assert money.break_even_month is None


def test_break_even_is_marked_where_it_pays(decided: Verdict) -> None:
    """At ten million requests the $60 are soon repaid against the dear model."""
    brief = BRIEF.model_copy(
        update={"usage": BRIEF.usage.model_copy(update={"requests_per_month": 1e7})}
    )
    rows = [m for m in LADDER if m.model != "gpt-6-luna"]
    tuned = decide(
        rows,
        brief=brief,
        book=BOOK,
        on=decided.decided_on,
        climb_id="c",
        data_fingerprint="f" * 64,
        non_inferior={m.candidate_key: True for m in rows},
    )
    found = costs_of(tuned, brief, BOOK)

    assert tuned.rung == "fine-tuned"
    assert found is not None
    assert found.break_even_month == pytest.approx(0.0, abs=0.1)
    text = page(tuned, costs=found)
    assert "break-even" in text
    assert "base switched off" in text


def test_every_curve_and_bar_is_in_a_table(decided: Verdict, money: Costs) -> None:
    """What cannot be seen can be read."""
    text = page(decided, costs=money)

    assert text.count("<tr><td>requests a month</td>") == 1
    assert all(f'<th scope="col" class="n">{c.label}' in text for c in money.curves)
    assert 11 <= len(money.table) <= 15


def test_likelihoods_are_shown_with_their_ranges(decided: Verdict) -> None:
    """The chance of being right is part of the answer."""
    band = Band(low=100.0, middle=200.0, high=400.0)
    likely = Likelihood(
        candidate_key=decided.chosen or "",
        total_usd=band,
        usd_per_correct=Band(low=0.001, middle=0.002, high=0.004),
        p_good_enough=0.93,
        p_cheapest=0.88,
    )
    seen = replace(decided, outlook=(likely,))

    assert "$200.00 ($100.00 to $400.00)" == likelihoods(seen)[0].total
    assert "$2.00 ($1.00 to $4.00)" == likelihoods(seen)[0].per_thousand_right
    assert "93 %" in page(seen, costs=costs(decided))


def test_payback_says_never_where_it_is(decided: Verdict) -> None:
    """A payback of infinity months is a word, not a number."""
    time = PaybackTime(
        from_key="a",
        to_key="b",
        months=Band(low=2.0, middle=5.5, high=None),
        p_never=0.12,
    )

    said = payback_of(replace(decided, payback=time))
    assert "in 5.5 months (2.0 to never; never in 12 %" in said


def test_a_verdict_of_unknown_prices_has_no_money(decided: Verdict) -> None:
    """Unknown is not drawn as zero."""
    rows = [replace(m, model=f"x-{m.model}", usd_per_request=None) for m in LADDER]
    unknown = replace(decided, ladder=tuple(rows))

    assert costs_of(unknown, BRIEF, BOOK) is None
