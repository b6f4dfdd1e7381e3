"""A hundred hostile texts, everywhere that texts of others are shown."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from payloads import PAYLOADS
from rich.console import Console

from suffice.app.cli_ledger import as_csv
from suffice.app.cli_show import verdict as show_verdict
from suffice.brief import Brief
from suffice.candidates import Candidate
from suffice.data import inert
from suffice.data.charts import counted
from suffice.data.checking import CheckReport, Finding, Row
from suffice.economics.prices import load_prices
from suffice.economics.verdict_io import to_json
from suffice.registry import card
from suffice.report.cost_view import costs_of
from suffice.report.data_page import data_page
from suffice.report.page import DataSummary, Difference, Side, page
from suffice.results import FlipPoint, Measured, Slice, Verdict
from suffice.tuning.ledger_entry import Entry
from suffice.workspace import Workspace

ALL = "\n".join(PAYLOADS)


def measured(text: str, number: int) -> Measured:
    worst = Slice(
        tag=text, value=text, n=9, quality=0.5, quality_low=0.1, quality_high=0.9
    )
    return Measured(
        rung="few-shot",
        name=text,
        model=text,
        candidate_key=f"k{number}",
        ruling="passed" if number == 0 else "failed",
        n=50,
        n_available=60,
        quality=0.9,
        quality_low=0.8,
        quality_high=0.95,
        usd_per_request=0.001 * (number + 1),
        latency_p50_s=0.5,
        latency_p95_s=0.9,
        slices=(worst,),
        note=text,
        judge_id=text,
    )


def verdict() -> Verdict:
    """Each payload is the name, the model, the note and a slice of a candidate."""
    return Verdict(
        name="support",
        climb_id="support-0000000000",
        action="run",
        chosen="k0",
        rung="few-shot",
        model=PAYLOADS[0],
        motive="quality",
        text=ALL,
        reasons=PAYLOADS,
        flip_points=(FlipPoint(quantity=ALL, now=1.0, at=2.0, to="k1", text=ALL),),
        ladder=tuple(measured(text, i) for i, text in enumerate(PAYLOADS)),
        bar=0.8,
        margin=0.03,
        confidence=0.95,
        requests_per_month=1000.0,
        horizon_months=12.0,
        decided_on=date(2026, 11, 21),
        data_fingerprint="f" * 64,
        prices_on=date(2026, 11, 20),
        shutdown_on=None,
        warnings=PAYLOADS,
    )


def report() -> str:
    """The report with every payload in every place that holds text of others."""
    decided = verdict()
    brief = Brief(name="support", instructions=ALL, examples="x.jsonl")
    differences = tuple(
        Difference(
            question=text,
            wanted=text,
            chosen_answer=text,
            chosen_score=1.0,
            other_answer=text,
            other_score=0.0,
        )
        for text in PAYLOADS
    )
    return page(
        decided,
        side=Side(other=decided.ladder[1], differences=differences, n_both=100),
        data=DataSummary(findings=PAYLOADS, n_by_part={ALL: 3}),
        costs=costs_of(decided, brief, load_prices()),
    )


def data() -> str:
    findings = tuple(
        Finding(
            check=text,
            severity="warning",
            count=1,
            rows=(Row(where=text, detail=text),),
            consequence=text,
            remedy=text,
            reason=text,
        )
        for text in PAYLOADS
    )
    return data_page(
        CheckReport(
            n_rows=100,
            findings=findings,
            facts=PAYLOADS,
            charts=(counted(ALL, list(PAYLOADS)),),
            cleaning=PAYLOADS,
        ),
        title=ALL,
    )


@pytest.mark.parametrize("made", [report, data])
def test_a_page_full_of_them_runs_nothing_and_asks_nobody(made, look, tmp_path: Path):
    """Questions come from strangers and answers from models; reports are mailed on."""
    seen = look(made(), tmp_path)

    assert ([], [], 0) == (seen.dialogs, seen.requests, seen.scripts)
    assert "<script>alert(1)</script>" in seen.text


def winner(text: str) -> card.Winner:
    measured_ = measured(text, 0)
    return card.Winner(
        brief=Brief(name="support", instructions="x", examples="x"),
        candidate=Candidate(rung="few-shot", name=text, model=text),
        measured=measured_,
        verdict=replace(verdict(), text=text, warnings=(text,), ladder=(measured_,)),
    )


@pytest.mark.parametrize("text", PAYLOADS)
def test_the_model_card_shows_them_as_words(text: str):
    """MLflow renders the card as Markdown: no tag, no link, no image, no new row."""
    written = card.text(winner(text), {})
    tables = [line for line in written.splitlines() if line.startswith("|")]

    assert not re.search(r"<|(?<!\\)[\[\]`]|://|www\.", written)
    assert len(card.text(winner("plain"), {}).splitlines()) == len(written.splitlines())
    assert {3} == {len(re.findall(r"(?<!\\)\|", line)) for line in tables}


@pytest.mark.parametrize("text", PAYLOADS)
def test_a_cell_of_a_csv_file_is_no_formula(text: str):
    """Spreadsheets run what begins with = + - @, blanks before it or not."""
    written = io.StringIO()
    csv.writer(written).writerow([inert.cell(text)])
    (cell,) = next(csv.reader(io.StringIO(written.getvalue(), newline="")))

    assert not re.match(r"[\s\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]", cell)
    assert cell.endswith(text)


def test_the_ledgers_csv_holds_them_as_words():
    """Names of jobs and reasons of refusal are written by providers."""
    entries = [
        Entry(
            id=number,
            kind="job",
            provider=text,
            key="k",
            generation=0,
            state="refused",
            provider_id=text,
            pinned="{}",
            reserved_usd=0.0,
            spent_usd=0.0,
            climb_id=text,
            owner=None,
            lease_until=0.0,
            attempts=1,
            unknown_since=None,
            created_at=0.0,
            updated_at=0.0,
            note=text,
            result="",
        )
        for number, text in enumerate(PAYLOADS)
    ]
    rows = list(csv.DictReader(io.StringIO(as_csv(entries), newline="")))
    cells = [row[name] for row in rows for name in ("provider", "climb_id", "note")]

    assert 300 == len(cells)
    assert [] == [c for c in cells if re.match(r"[\s\ufeff]*[=+\-@\uff1d]", c)]


def test_the_terminal_gets_no_command_and_no_markup(tmp_path: Path):
    """What a model answered must not retitle, rewrite or colour a screen."""
    workspace = Workspace(tmp_path)
    folder = workspace.climb("support-0000000000")
    folder.mkdir(parents=True)
    (folder / "verdict.json").write_text(to_json(verdict()))
    workspace.latest("support").parent.mkdir(parents=True)
    workspace.latest("support").write_text("support-0000000000")
    written = io.StringIO()
    show_verdict(Console(file=written, width=200), workspace, None)
    shown = written.getvalue()

    assert [] == re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown)
    assert "[link=http://127.0.0.1:9]x[/link]" in shown
