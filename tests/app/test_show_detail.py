"""What 'suffice show' tells of the chosen candidate besides its row of the ladder."""

from __future__ import annotations

from dataclasses import replace

from rich.console import Console
from verdicts import verdict_on

from suffice.app.cli_show import verdict
from suffice.economics.verdict_io import to_json
from suffice.results import Measured, Slice
from suffice.workspace import Workspace

WORST = Slice(
    tag="language",
    value="fr",
    n=12,
    quality=0.5,
    quality_low=0.15,
    quality_high=0.85,
)
MEASURED = Measured(
    rung="few-shot",
    name="few-shot, 4 examples",
    model="m",
    candidate_key="k",
    ruling="passed",
    n=80,
    n_available=200,
    quality=0.95,
    quality_low=0.9,
    quality_high=0.99,
    usd_per_request=0.001,
    latency_p50_s=0.61,
    latency_p95_s=1.74,
    latency_p99_s=2.96,
    ttft_p50_s=0.123,
    slices=(WORST,),
    judge_id="gpt-6-sol, rubric 0123456789ab",
    judge_usd_per_example=0.0021,
    note="by people's labels the judge's score stands for 0.93 (0.85 to 1.00)",
)


SLOW = replace(
    MEASURED,
    rung="optimised-prompt",
    model="ft:smollm2-135m-instruct",
    latency_p50_s=6.96,
    latency_p95_s=12.7,
    latency_p99_s=112.7,
)


def shown(folder, measured=MEASURED, width=120):
    """What is printed of a verdict that is stored in *folder*."""
    kept = verdict_on(measured, text="Run few-shot.")
    workspace = Workspace(folder)
    for path, text in (
        (workspace.climb("support-1") / "verdict.json", to_json(kept)),
        (workspace.latest("support"), "support-1"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    console = Console(record=True, width=width)
    verdict(console, workspace, None)
    return console.export_text()


def test_a_narrow_terminal_shows_the_whole_ruling(tmp_path):
    """It is what the table is for; names may be folded, it may not be cut off."""
    assert " passed" in shown(tmp_path, measured=SLOW, width=80).partition("Run few")[0]


def test_a_narrow_terminal_says_how_many_more_examples_it_takes(tmp_path):
    """That number is what a ruling of *inconclusive* is worth."""
    undecided = replace(SLOW, ruling="inconclusive", n_more=2033)
    words = shown(tmp_path, measured=undecided, width=80).partition("Run few")[0]

    assert " inconclusive" in words
    assert "(2033 more)" in words


def test_the_worst_slices_are_shown_with_their_intervals(tmp_path):
    """An average of 0.95 may hide that every second French customer is lost."""
    assert "language 'fr': 0.50 (0.15-0.85, n = 12)" in shown(tmp_path)


def test_the_judge_is_named_with_its_price_and_its_worth(tmp_path):
    """Whoever reads 0.95 must know who said so."""
    text = shown(tmp_path)

    assert "gpt-6-sol, rubric 0123456789ab: $0.0021 an answer" in text
    assert "stands for 0.93 (0.85 to 1.00)" in text


def test_the_slowest_answers_and_the_first_token_are_shown(tmp_path):
    """One user in a hundred waits longest; all of them wait for the first word."""
    text = shown(tmp_path)

    assert "0.6/1.7/3.0" in text
    assert "few-shot, 4 examples on m: 0.12 s" in text
