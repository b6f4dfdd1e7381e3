"""``suffice answer``: one question, or a file of them, to what is registered."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from chat_stub import ChatStub
from climb_parts import FLOOR
from registering import register

from suffice.app import cli_answer
from suffice.app.cli_answer import Batch, Whom
from suffice.brief import Brief
from suffice.errors import OverBudget, UnusableInput
from suffice.registry.record import Registry

N = 40
PRICE = {
    "model": "tiny",
    "provider": "here",
    "from": "2026-01-01",
    "usd_per_mtok": {"input": 1000, "output": 1000},
    "source": "https://example.com",
    "checked": "2026-01-01",
    "verified": True,
}
"""$0.005 for each answer of the stub: 3 tokens in, 2 out."""


@pytest.fixture
def champion(registry: Registry, brief: Brief, output: Path) -> Whom:
    register(registry, brief.model_copy(update={"price_rows": (PRICE,)}))
    return Whom(wanted="support", alias="champion", output=output, budget_usd=None)


def ask_file(whom: Whom, source: Path, target: Path, column: str = "question") -> int:
    batch = Batch(source=str(source), target=str(target), column=column)
    return cli_answer.file(whom, batch)


def parquet(path: Path, n: int = N) -> Path:
    table = {"day": list(range(n)), "question": [f"Q{i}" for i in range(n)]}
    pq.write_table(pa.table(table), path)
    return path


def test_a_question_is_answered_and_its_cost_told(champion, capsys):
    """The quickest way to see what was bought."""
    code = cli_answer.one(champion, "Two", as_json=False)
    told = capsys.readouterr()

    assert (0, '{"echo": "Two"}\n') == (code, told.out)
    assert "support/1, few-shot on tiny: 3 + 2 tokens, $0.005" in told.err


def test_the_same_question_again_is_free(champion, chat: ChatStub, capsys):
    """What was answered is not paid for twice, here as in a climb."""
    for _ in range(2):
        cli_answer.one(champion, "Two", as_json=True)
    answers = capsys.readouterr().out.strip().split("}\n{")

    assert 1 == len(chat.asked)
    assert [False, True] == ['"reused": true' in a for a in answers]


def test_a_parquet_file_keeps_its_columns_and_gets_the_answers(champion, tmp_path):
    """Joining the answers back is the caller's nightly work otherwise."""
    target = tmp_path / "out.parquet"
    ask_file(champion, parquet(tmp_path / "in.parquet"), target)
    table = pq.read_table(target)
    rows = table.to_pylist()

    assert ["day", "question", *cli_answer.ADDED] == table.column_names
    assert pa.int64() == table.schema.field("day").type
    assert [(i, f'{{"echo": "Q{i}"}}') for i in range(N)] == [
        (row["day"], row["champion_answer"]) for row in rows
    ]
    assert pytest.approx(0.005) == rows[0]["champion_usd"]


def test_where_the_budget_ends_it_stops_and_goes_on_with_more(
    champion, chat, tmp_path, capsys
):
    """Stored answers are free; no half-written file takes the target's place."""
    source, target = parquet(tmp_path / "in.parquet"), tmp_path / "out.parquet"
    poor = Whom(**{**vars(champion), "budget_usd": 0.1})
    with pytest.raises(OverBudget, match="rows are answered and stored"):
        ask_file(poor, source, target)
    asked = len(chat.asked)
    left_behind = target.exists()
    ask_file(champion, source, target)

    assert not left_behind
    assert 0 < asked <= 20
    assert N == len(chat.asked)
    assert f"{asked} answered before" in capsys.readouterr().err


def test_a_csv_file_is_written_so_that_no_answer_is_a_formula(champion, tmp_path):
    """Answers are opened in spreadsheets, and questions come from strangers."""
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("id;question\n007;One\n008;Two\n")
    ask_file(champion, source, target)
    rows = list(csv.DictReader(target.read_text().splitlines()))

    assert ["007", "008"] == [row["id"] for row in rows]
    assert ['{"echo": "One"}', '{"echo": "Two"}'] == [
        row["champion_answer"] for row in rows
    ]


def test_chats_of_a_jsonl_file_are_asked_without_their_answers(champion, tmp_path):
    """The examples of a brief can be asked as they are."""
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    user = {"role": "user", "content": "One"}
    row = {"id": "a", "messages": [user, {"role": "assistant", "content": "No"}]}
    source.write_text(json.dumps(row) + "\n")
    ask_file(champion, source, target)
    told = json.loads(target.read_text())

    assert row == {name: told[name] for name in row}
    assert ('{"echo": "One"}', None) == (
        told["champion_answer"],
        told["champion_missing"],
    )


def test_a_floor_answers_a_file_for_nothing(registry, brief, output, tmp_path, capsys):
    """No model, no store, no price."""
    register(registry, brief, FLOOR)
    whom = Whom(wanted="support", alias="champion", output=output, budget_usd=None)
    target = tmp_path / "out.parquet"
    ask_file(whom, parquet(tmp_path / "in.parquet", 3), target)

    assert ["yes"] * 3 == pq.read_table(target)["champion_answer"].to_pylist()
    assert "spent $0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "target", "says"),
    [
        ('{"question": "One"}\n{"q": "Two"}\n', "out.jsonl", r"in.jsonl:2: .*'q'"),
        ('{"question": "One"}\n{"question": null}\n', "out.jsonl", "in.jsonl:2"),
        ('{"question": "One"}\n{"question"\n', "out.jsonl", "in.jsonl:2"),
        ('{"question": "a", "champion_usd": 1}\n', "out.jsonl", "already"),
        ('{"question": "One"}\n', "out.csv", "the same ending"),
        ('{"question": "One"}\n', "in.jsonl", "is the file that is read"),
    ],
)
def test_a_file_that_cannot_be_answered_is_refused_before_anything_is_spent(
    content, target, says, champion, chat, tmp_path
):
    """The last row is read before the first is asked."""
    source = tmp_path / "in.jsonl"
    source.write_text(content)
    with pytest.raises(UnusableInput, match=says):
        ask_file(champion, source, tmp_path / target)

    assert [] == chat.asked


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"question": "One", "folder": Path("x")},
    ],
)
def test_it_does_one_thing_at_a_time(given: dict[str, Any], champion):
    """A sentence, before the registry is opened."""
    asked = {"question": None, "batch": None, "folder": None, **given}
    with pytest.raises(UnusableInput, match="one"):
        cli_answer.run(champion, **asked, as_json=False)
    with pytest.raises(UnusableInput, match="belong together"):
        cli_answer.batch_of("in.csv", None, "question")
