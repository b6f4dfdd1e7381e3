"""The example task: its files are what they claim to be."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest

from suffice.brief_io import load_brief

SUPPORT = Path(__file__).parents[2] / "examples" / "support"
STEPS = {
    "auth": {"rotate_key", "renew_token", "grant_scope"},
    "limits": {"back_off", "raise_quota", "split_request"},
    "webhooks": {"fix_signature", "replay_events"},
    "billing": {"correct_invoice", "update_card"},
    "outage": {"page_oncall"},
    "sdk": {"upgrade_sdk"},
    "question": {"send_docs"},
}
SEVERITIES = {"low", "medium", "high"}
TEST_BED = re.compile(
    r"\b(my|our|the|a|in|only) (sandbox|staging|test (account|system|setup|mode))\b"
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a file, taken apart."""

    id: str
    message: str
    answer: str

    @property
    def fields(self) -> dict[str, str | None]:
        """The answer's fields."""
        fields: dict[str, str | None] = json.loads(self.answer)
        return fields

    @property
    def trigrams(self) -> set[tuple[str, ...]]:
        """Runs of three words of the message."""
        words = re.findall(r"\w+", self.message.lower())
        return set(zip(words, words[1:], words[2:], strict=False))


def read(split: str) -> list[Row]:
    text = (SUPPORT / f"{split}.jsonl").read_text(encoding="utf-8")
    rows = []
    for line in text.splitlines():
        row = json.loads(line)
        user, assistant = row["messages"]
        assert [user["role"], assistant["role"]] == ["user", "assistant"]
        rows.append(
            Row(id=row["id"], message=user["content"], answer=assistant["content"])
        )
    return rows


TRAIN, TEST = read("train"), read("test")


def test_there_are_enough_examples_to_tune_on_and_to_judge_by() -> None:
    """The issue asks for 240 and 120; the acceptance test wants more."""
    assert len(TRAIN) >= 260
    assert len(TEST) >= 150


def test_ids_are_unique_over_both_files() -> None:
    """An id names one example in tables and in the frozen order."""
    ids = [row.id for row in TRAIN + TEST]

    assert len(ids) == len(set(ids))


def test_each_answer_is_one_line_in_the_format_of_the_brief() -> None:
    """Format drift in the wanted answers would be held against the models."""
    assert [row.id for row in TRAIN + TEST if not in_format(row)] == []


def in_format(row: Row) -> bool:
    """Whether the answer has the fields in order, with values from the lists."""
    fields = row.fields
    return (
        json.dumps(fields, ensure_ascii=False, separators=(",", ":")) == row.answer
        and list(fields) == ["category", "next_step", "severity", "where"]
        and fields["severity"] in SEVERITIES
        and fields["next_step"] in STEPS[str(fields["category"])]
    )


def test_the_place_is_copied_from_the_message() -> None:
    """The rule says: exactly as written."""
    places = [(row.fields["where"], row) for row in TRAIN + TEST]

    assert [r.id for where, r in places if where and where not in r.message] == []


def test_a_path_that_is_named_is_never_null() -> None:
    """A message whose problem names no path names no other path either."""
    nulls = [row for row in TRAIN + TEST if row.fields["where"] is None]

    assert [r.id for r in nulls if re.search(r"(^| )/\w", r.message)] == []


def test_a_question_is_always_low() -> None:
    """A stated rule, whatever date or tone the message adds."""
    asked = [r.fields for r in TRAIN + TEST if r.fields["next_step"] == "send_docs"]

    assert len(asked) >= 50
    assert {fields["severity"] for fields in asked} == {"low"}


def test_what_touches_only_a_test_system_is_never_high() -> None:
    """
    A stated rule.

    Messages that also speak of production are set aside: the word alone decides
    nothing there.
    """
    live = re.compile(r"\b(live|production|real|customer|visible|buyer)", re.I)
    alone = [
        row
        for row in TRAIN + TEST
        if TEST_BED.search(row.message.lower()) and not live.search(row.message)
    ]

    assert len(alone) >= 20
    assert {row.fields["severity"] for row in alone} == {"low"}


def test_every_list_value_occurs_in_both_files() -> None:
    """A value that training never shows could not be learned."""
    for rows in (TRAIN, TEST):
        found = {(r.fields["category"], r.fields["next_step"]) for r in rows}
        wanted = {(c, s) for c, steps in STEPS.items() for s in steps}

        assert found == wanted
        assert {r.fields["severity"] for r in rows} == SEVERITIES


def test_no_two_messages_are_near_twins() -> None:
    """Near twins over the split would let a model copy instead of reading."""
    sets = [(row.id, row.trigrams) for row in TRAIN + TEST]
    twins = [
        (a, b)
        for (a, of_a), (b, of_b) in combinations(sets, 2)
        if len(of_a & of_b) >= 0.5 * max(1, len(of_a | of_b))
    ]

    assert twins == []


def test_many_places_of_the_test_file_are_new() -> None:
    """They must be copied from the message: a list learned by heart fails."""
    known = {row.fields["where"] for row in TRAIN}
    named = [row for row in TEST if row.fields["where"] is not None]
    new = [row for row in named if row.fields["where"] not in known]

    assert len(new) >= len(named) / 3


def test_messages_vary_in_length() -> None:
    """A single length would let the length give things away."""
    lengths = [len(row.message.split()) for row in TRAIN + TEST]

    assert min(lengths) < 10
    assert max(lengths) > 45


@pytest.mark.parametrize(
    "pattern",
    [
        r"[\w.+-]+@[\w-]+\.\w+",
        r"\+?\d[\d ()/-]{8,}\d",
        r"\b(sk|pk|ghp|xox[bp]|AKIA)[-_]?[A-Za-z0-9]{8,}",
        r"\b[A-Za-z0-9+/_-]{28,}\b",
    ],
    ids=["e-mail", "phone", "key", "long token"],
)
def test_no_message_holds_personal_data_or_secrets(pattern: str) -> None:
    """The data gate would warn, and example data must be clean."""
    hits = [row.id for row in TRAIN + TEST if re.search(pattern, row.message)]

    assert hits == []


def test_the_generator_writes_the_committed_files_again(tmp_path: Path) -> None:
    """Who doubts the data can make it again, byte for byte."""
    command = [sys.executable, str(SUPPORT / "make.py"), "--into", str(tmp_path)]
    subprocess.run(command, check=True)

    for name in ("train.jsonl", "test.jsonl"):
        assert (tmp_path / name).read_bytes() == (SUPPORT / name).read_bytes()


def test_the_brief_states_every_value_that_is_asked_for() -> None:
    """A prompted model can only give what it is told of: no prompt is sabotaged."""
    brief = load_brief(SUPPORT / "brief.yaml")
    values = {*STEPS, *SEVERITIES, "where", "null"}.union(*STEPS.values())

    assert {v for v in values if v not in brief.instructions} == set()


def test_no_test_message_stands_in_the_brief() -> None:
    """The instructions must not give test answers away."""
    brief = load_brief(SUPPORT / "brief.yaml")

    assert [row.id for row in TEST if row.message in brief.instructions] == []
