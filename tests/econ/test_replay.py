"""Replays: rules of conduct that hold on any table, without a rule for any table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from econ_cases import TODAY
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.economics.prices import load_prices
from suffice.economics.rehearse import rehearse
from suffice.economics.replay import Assumptions, Replayed, replay, to_markdown
from suffice.economics.replay_rows import Outcome, read_outcomes
from suffice.errors import UnusableInput

TABLES = Path(__file__).resolve().parents[3] / "shared" / "tables"
BOOK = load_prices()


def row(rung: str, quality: float, model: str = "Llama-8B", **more: float) -> Outcome:
    """One candidate of a task."""
    return Outcome(task="t", rung=rung, model=model, quality=quality, **more)


def chosen(rows: Sequence[Outcome], assumed: Assumptions | None = None) -> str:
    """Rung and model that are chosen."""
    (one,) = replay({"t": rows}, book=BOOK, on=TODAY, assumed=assumed)
    assert one.chosen is not None
    return f"{one.chosen.rung} on {one.chosen.name}"


def test_a_tuned_model_that_is_worse_is_never_chosen() -> None:
    """Also where it would be cheaper, and also within the margin."""
    rows = [row("few-shot", 0.92), row("fine-tuned", 0.91)]
    busy = Assumptions(requests_per_month=1e8)

    assert chosen(rows, busy) == "few-shot on Llama-8B"


def test_never_tunes_where_prompting_passes_and_tuning_cannot_pay() -> None:
    """Two points better, and $200 of work against a dollar a month."""
    rows = [row("few-shot", 0.92), row("fine-tuned", 0.94)]

    assert chosen(rows) == "few-shot on Llama-8B"


def test_tunes_where_a_great_volume_pays_for_it() -> None:
    """The same numbers at 10 million requests a month."""
    rows = [row("few-shot", 0.92), row("fine-tuned", 0.94)]

    assert chosen(rows, Assumptions(requests_per_month=1e7)).startswith("fine-tuned")


def test_tunes_where_only_tuning_passes() -> None:
    """Quality is a reason of its own."""
    rows = [row("few-shot", 0.60), row("fine-tuned", 0.94)]

    assert chosen(rows) == "fine-tuned on Llama-8B"


def test_retrieves_instead_of_tuning_where_it_is_as_good() -> None:
    """A few hundred labels are better shown than trained on."""
    rows = [
        row("few-shot", 0.70),
        row("retrieved-few-shot", 0.92, shots=10),
        row("fine-tuned", 0.93, labels=300),
    ]

    assert chosen(rows) == "retrieved-few-shot on Llama-8B"


def test_combines_retrieval_and_tuning_only_where_measured_better() -> None:
    """Both together cost more to own than either."""
    better = [row("rag", 0.70), row("fine-tuned", 0.80), row("fine-tuned-rag", 0.90)]
    same = [row("rag", 0.70), row("fine-tuned", 0.90), row("fine-tuned-rag", 0.90)]

    assert chosen(better).startswith("fine-tuned-rag")
    assert chosen(same).startswith("fine-tuned")


def test_tunes_the_small_model_and_not_the_dear_one() -> None:
    """At twice the token price the shorter prompt does not bring it back."""
    busy = Assumptions(requests_per_month=1e6)
    prices = {"input_usd_per_mtok": 2.0, "output_usd_per_mtok": 8.0}
    twice = {"input_usd_per_mtok": 4.0, "output_usd_per_mtok": 16.0}
    prompted = row("zero-shot", 0.90, "big", **prices)
    dear = row("fine-tuned", 0.90, "big", **twice)
    small = row("fine-tuned", 0.90, "Llama-1B")

    assert chosen([prompted, dear], busy) == "zero-shot on big"
    assert chosen([prompted, dear, small], busy) == "fine-tuned on Llama-1B"


def test_an_unknown_price_of_the_prompt_is_no_reason_to_tune() -> None:
    """A saving on an unknown sum cannot be shown."""
    rows = [row("zero-shot", 0.92, "mystery"), row("fine-tuned", 0.93)]

    assert chosen(rows, Assumptions(requests_per_month=1e9)) == "zero-shot on mystery"


QUALITIES = st.lists(
    st.tuples(
        st.sampled_from(["zero-shot", "few-shot", "rag", "fine-tuned"]),
        st.floats(0, 1),
        st.sampled_from(["Llama-1B", "Llama-8B", "Llama-70B", "mystery"]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=50, deadline=None)
@given(rows=QUALITIES, volume=st.floats(100, 1e8))
def test_the_choice_is_good_enough_and_no_worse_tuned_model(
    rows: list[tuple[str, float, str]], volume: float
) -> None:
    """What holds on every table there can be."""
    outcomes = [row(rung, quality, model) for rung, quality, model in rows]
    assumed = Assumptions(requests_per_month=volume)
    (one,) = replay({"t": outcomes}, book=BOOK, on=TODAY, assumed=assumed)
    prompts = [o.quality for o in outcomes if o.rung != "fine-tuned"]
    good = [q for q in prompts if q >= one.bar - assumed.margin]

    assert one.chosen is not None
    assert one.chosen.quality >= one.bar - assumed.margin
    if one.chosen.rung == "fine-tuned":
        assert one.chosen.quality >= max(good, default=0)
    if one.regret is not None and one.oracle.rung != "fine-tuned":
        assert one.regret == pytest.approx(0, abs=1e-6)


COLUMNS = "task,metric,model_prompt,model_ft,zero_shot,few_shot,fine_tuned"
WIDE = f"""{COLUMNS},n_train,price_note
a,accuracy,Llama-8B,Llama-1B,0.5,0.6,0.9,500,"$0.0061/1k, train 23.3 min CPU $0.0785"
b,f1,Llama-8B,,0.7,,+0.06 over base,20-70,
"""
LONG = """model,dataset,mode,n_shots,accuracy,n_test
Llama-7B,bank,random,50,0.44,250
Llama-7B,bank,retrieved,10,0.88,250
Llama-7B,bank,fine_tuned,4096,0.87,250
"""


def test_a_wide_table_is_read_rung_by_rung() -> None:
    """Cells that are no number are left out, prices in notes are used."""
    tasks = read_outcomes(WIDE.splitlines())
    tuned = tasks["a (accuracy)"][2]

    assert [o.rung for o in tasks["a (accuracy)"]] == [
        "zero-shot",
        "few-shot",
        "fine-tuned",
    ]
    assert (tuned.model, tuned.labels) == ("Llama-1B", 500)
    assert tuned.usd_per_request == pytest.approx(0.0000061)
    assert tuned.upfront_usd == 0.0785
    assert [o.rung for o in tasks["b (f1)"]] == ["zero-shot"]


def test_a_long_table_is_read_row_by_row() -> None:
    """Shots of a tuned model are labels it was trained on."""
    (rows,) = read_outcomes(LONG.splitlines()).values()

    assert [o.rung for o in rows] == ["few-shot", "retrieved-few-shot", "fine-tuned"]
    assert [o.shots for o in rows] == [50, 10, None]
    assert rows[2].labels == 4096


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "task,rung,quality\nt,few-shot,high\n"])
def test_a_table_that_says_nothing_is_refused(text: str) -> None:
    """Better than a report on nothing."""
    with pytest.raises(UnusableInput):
        read_outcomes(text.splitlines())


def test_the_published_tables_are_replayed_by_the_rules() -> None:
    """Worse tuned models stay out, on all tables that are there to develop on."""
    if not TABLES.exists():
        pytest.skip("the published tables are not beside this repository")
    replays: list[Replayed] = []
    for path in sorted(TABLES.glob("*.csv")):
        tasks = read_outcomes(path.read_text().splitlines())
        replays += replay(tasks, book=BOOK, on=TODAY)
    by_task = {r.task: r for r in replays}
    systematic = by_task["RAFT Systematic review (F1)"].chosen
    bank = by_task["banking77"].chosen

    assert len(replays) > 40
    assert systematic is not None
    assert systematic.rung == "few-shot"
    assert bank is not None
    assert bank.rung == "retrieved-few-shot"
    assert "| banking77 |" in to_markdown(replays)


def test_on_drawn_test_sets_a_bad_candidate_is_hardly_ever_chosen() -> None:
    """
    At 95 % confidence at most one choice in twenty may be below the edge.

    30 test sets; more than 5 wrong would have a chance under 1 % at 5 %.
    """
    tasks = {"t": [row("few-shot", 0.82), row("fine-tuned", 0.95)]}
    (one,) = rehearse(
        tasks,
        book=BOOK,
        on=date(2026, 11, 21),
        rng=np.random.default_rng(7),
        assumed=replace(Assumptions(), bar=0.90),
        n=300,
        repeats=30,
    )

    assert one.p_wrong <= 5 / 30
    assert one.p_undecided <= 5 / 30
    assert one.regret_usd == pytest.approx(0)
