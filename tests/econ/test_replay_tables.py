"""Tables as people write them: other headings, orders and units, the same outcomes."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import pytest
from econ_cases import TODAY
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.economics.prices import load_prices
from suffice.economics.replay import Assumptions, replay
from suffice.economics.replay_rows import Outcome, read_outcomes
from suffice.errors import UnusableInput

BOOK = load_prices()


def read(text: str) -> list[Outcome]:
    """The outcomes of a table with one task."""
    (rows,) = read_outcomes(text.splitlines()).values()
    return rows


def test_headings_are_known_in_any_order_and_writing() -> None:
    """Whoever exports a table does not read our documentation first."""
    text = (
        "Note,Prompt tokens,Price in (USD/1M),Score,Rung,TASK,model,tokens_out,"
        "price_out,n_test,Train USD\n"
        "x,700,0.10,0.91,Few shot,tickets,gpt-6-luna,50,0.50,200,12.5\n"
    )
    (row,) = read(text)

    assert (row.rung, row.quality, row.n) == ("few-shot", 0.91, 200)
    assert (row.input_tokens, row.output_tokens) == (700, 50)
    assert (row.input_usd_per_mtok, row.output_usd_per_mtok) == (0.10, 0.50)
    assert row.upfront_usd == 12.5


@pytest.mark.parametrize(
    ("heading", "cell", "usd"),
    [
        ("usd_per_request", "0.002", 0.002),
        ("usd_per_1k_requests", "2", 0.002),
        ("cost_per_1m_requests", "$2,000", 0.002),
    ],
)
def test_the_price_of_a_request_stands_in_the_unit_of_its_heading(
    heading: str, cell: str, usd: float
) -> None:
    """A factor of a thousand would turn every verdict."""
    text = f'task,rung,quality,{heading}\nt,rag,0.9,"{cell}"\n'

    assert read(text)[0].usd_per_request == pytest.approx(usd)


def test_prices_per_thousand_tokens_become_prices_per_million() -> None:
    """As the article quotes them."""
    text = "task,rung,quality,usd_per_1k_tokens_input\nt,rag,0.9,0.002\n"

    assert read(text)[0].input_usd_per_mtok == pytest.approx(2.0)


def test_percentages_are_read_as_shares_where_that_is_plain() -> None:
    """A bar of 90 and a score of 87.5 mean what they say; so does a sign."""
    plain = read("task,rung,quality,bar\nt,rag,87.5,90\nt,few-shot,60,90\n")
    signed = read("task,rung,quality\nt,rag,87.5%\n")

    assert [(r.quality, r.bar) for r in plain] == [(0.875, 0.9), (0.6, 0.9)]
    assert signed[0].quality == 0.875


@pytest.mark.parametrize(
    "text",
    [
        "task;rung;quality\nt;rag;0.875\n",
        "# exported\ntask\trung\tquality\n\nt\trag\t0.875\n",
        "task,rung,accuracy_pct\nt,rag,87.5\n",
        "task,model,rag\nt,m,0.875\n",
    ],
)
def test_other_separators_remarks_and_shapes_say_the_same(text: str) -> None:
    """Spreadsheets export what their country is used to."""
    assert [(r.rung, r.quality) for r in read(text)] == [("rag", 0.875)]


def test_a_task_with_shares_and_percentages_is_refused() -> None:
    """0.9 beside 87 is either very bad or a slip; nobody should guess."""
    with pytest.raises(UnusableInput, match=r"'t' run from 0\.9 to 87"):
        read("task,rung,quality\nt,rag,0.9\nt,few-shot,87\n")


def test_an_unknown_rung_is_refused_with_its_line() -> None:
    """Taking a tuned model for a prompt would make it free."""
    with pytest.raises(UnusableInput, match=r"Line 3 .* 'magic'"):
        read("task,rung,quality\nt,rag,0.9\nt,magic,0.8\n")


def test_a_big_model_may_carry_its_quality_in_its_name() -> None:
    """Published comparisons write *Claude Haiku 4.5 0.98* into one cell."""
    head = "task,metric,model_ft,fine_tuned,big_model_zero_shot,big_model"
    rows = read(f'{head}\nt,f1,Qwen3,0.92,,"Haiku 4.5 0.98, GPT-5 nano 0.96"\n')

    assert [(r.model, r.quality) for r in rows] == [
        ("Qwen3", 0.92),
        ("Haiku 4.5", 0.98),
        ("GPT-5 nano", 0.96),
    ]


def test_only_the_tuned_model_pays_for_training_in_a_wide_table() -> None:
    """The note's training price stands in the row of the prompts too."""
    head = "task,model,few_shot,fine_tuned,price_note"
    rows = read(f'{head}\nt,Llama-8B,0.9,0.9,"train $3.636, 3 h"\n')

    assert [r.upfront_usd for r in rows] == [None, 3.636]


def test_a_table_may_say_how_much_its_task_is_used() -> None:
    """At ten million requests a month the same numbers lead elsewhere."""
    head = "task,model,rung,quality,requests_per_month"
    few = f"{head}\nt,Llama-8B,few-shot,0.92,1000\nt,Llama-8B,ft,0.94,1000\n"
    rows = {v: read(few.replace("1000", v)) for v in ("1000", "10000000")}
    rungs = [
        r.chosen.rung
        for v in rows
        for r in replay({"t": rows[v]}, book=BOOK, on=TODAY)
        if r.chosen
    ]

    assert rungs == ["few-shot", "fine-tuned"]


RUNG = st.sampled_from(
    [
        "zero-shot",
        "few-shot",
        "retrieved-few-shot",
        "optimised-prompt",
        "rag",
        "fine-tuned",
        "rag-fine-tuned",
    ]
)
ROW = st.fixed_dictionaries(
    {
        "rung": RUNG,
        "model": st.sampled_from(["Llama-1B", "Llama-70B", "gpt-6-luna", "mystery"]),
        "quality": st.floats(0, 1).map(lambda q: round(q, 3)),
        "price_in": st.one_of(st.just(""), st.floats(0.01, 20)),
        "price_out": st.one_of(st.just(""), st.floats(0.01, 20)),
        "tokens_prompt": st.one_of(st.just(""), st.integers(1, 20_000)),
        "n_train": st.one_of(st.just(""), st.integers(10, 5000)),
    }
)


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=6), volume=st.floats(1, 1e8))
def test_the_six_rules_hold_on_any_table(
    rows: list[dict[str, object]], volume: float
) -> None:
    """They follow from cost and proof, not from knowing a table."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["task", *rows[0]])
    writer.writeheader()
    writer.writerows({"task": "t", **row} for row in rows)
    tasks = read_outcomes(text.getvalue().splitlines())
    assumed = Assumptions(requests_per_month=volume)
    (one,) = replay(tasks, book=BOOK, on=TODAY, assumed=assumed)
    good = [o for o in tasks["t"] if o.quality >= one.bar - assumed.margin]
    prompts = [o.quality for o in good if "fine-tuned" not in o.rung]
    chosen = one.chosen

    assert chosen is not None
    assert chosen.quality >= one.bar - assumed.margin
    if "fine-tuned" not in chosen.rung:
        return
    # Worse than a prompt that passed: never.  With one that passed: only to save.
    assert chosen.quality >= max(prompts, default=0.0)
    if prompts:
        assert one.chosen_usd is not None
    if chosen.rung == "fine-tuned-rag" and prompts:
        others = [o.quality for o in good if o.rung != "fine-tuned-rag"]
        assert chosen.quality > max(others)


def test_the_command_prints_the_verdict_and_the_regret(tmp_path: Path) -> None:
    """As a user runs it, on a table of their own."""
    table = tmp_path / "mine.csv"
    table.write_text(
        "task,model,rung,quality\n"
        "tickets,Llama-8B,few-shot,0.92\n"
        "tickets,Llama-8B,fine-tuned,0.90\n"
    )
    done = subprocess.run(
        [Path(sys.executable).with_name("suffice"), "replay", table],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "## mine.csv" in done.stdout
    assert "| tickets | 0.920 | few-shot on Llama-8B | 0.920 |" in done.stdout
    assert "tuning is no better | the same | 0.0%" in done.stdout
