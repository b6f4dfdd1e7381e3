"""What tuning changed elsewhere, as the report and the stored verdict show it."""

from __future__ import annotations

from dataclasses import replace

from report_cases import verdict

from suffice.economics.verdict_io import from_json, to_json
from suffice.forgetting import Change, Forgetting
from suffice.report.page import page
from suffice.results import Verdict
from suffice.stages.probing import forgotten

FOUND = Forgetting(
    base="small <base>",
    changes=(
        Change(
            what="general",
            n=40,
            base=0.6,
            tuned=0.35,
            change_low=-0.41,
            change_high=-0.08,
        ),
    ),
    format_valid=0.97,
)


def probed() -> Verdict:
    decided = verdict()
    (first, *rest) = decided.ladder
    return replace(decided, ladder=(replace(first, forgetting=FOUND), *rest))


def test_the_report_shows_base_and_tuned_with_the_interval() -> None:
    """A share alone cannot be told from chance; a base's name is not trusted."""
    text = page(probed())

    assert "What tuning changed elsewhere" in text
    assert "-0.25 (-0.41 to -0.08)" in text
    assert "small &lt;base&gt;" in text
    assert "What tuning changed elsewhere" not in page(verdict())


def test_a_stored_verdict_keeps_it() -> None:
    """It is read again months later, when the model is replaced."""
    assert probed() == from_json(to_json(probed()))


def test_the_note_tells_what_was_lost_and_nothing_that_was_gained() -> None:
    """What is better, or in the wanted form, is no warning; it is in the report."""
    gained = replace(FOUND.changes[0], what="harmful", change_low=0.1, change_high=0.9)
    found = replace(FOUND, changes=(*FOUND.changes, gained))
    (first, *rest) = probed().ladder
    (note,) = forgotten([replace(first, forgetting=found), *rest])

    assert note.endswith(
        "has lost by tuning: right on general probes: 35% against 60% of small <base> "
        "(-0.25, -0.41 to -0.08, n = 40)."
    )
