"""The form that the answers share is discovered, and what is off it is named."""

from __future__ import annotations

import json

import pytest

from suffice.data.forms import discover


def ticket(n: int, **more: object) -> str:
    return json.dumps({"category": "ab"[n % 2], "severity": n % 3, **more})


TICKETS = [ticket(n) for n in range(100)]
OFF = {
    "Sure! The category is a.": "plain text, where 99% are a JSON object",
    '{"category": "a"': "damaged JSON, where 99% are a JSON object",
    '```json\n{"category": "a"}\n```': "a code block, where 99% are a JSON object",
    '["a", 1]': "a JSON list, where 99% are a JSON object",
    '{"category": "a"}': "the key 'severity' is missing",
    '{"category": "a", "severity": "1"}': "'severity' is text, where it mostly is a",
    ticket(1, note="x"): "the key 'note' is unusual",
}


@pytest.mark.parametrize("answer", OFF)
def test_an_answer_off_the_common_form_is_named(answer: str):
    """Nobody declares the form; whoever breaks it still must be found."""
    form = discover([*TICKETS, answer])

    assert form is not None
    assert [100] == list(form.off)
    assert form.off[100].startswith(OFF[answer])


def test_json_answers_are_described_by_their_keys():
    """The report says what the gate takes for the form, so that a person can judge."""
    form = discover(TICKETS)

    assert form is not None
    assert ("JSON with category, severity", {}, 0.0) == (
        form.name,
        form.off,
        form.drift,
    )


def test_a_slip_in_a_label_is_named_with_the_label_that_was_meant():
    """'Biling' would be a class of its own, never right and never predicted."""
    labels = ["Billing", "Refund", "Login"] * 20
    form = discover([*labels, "Biling", "billing"])

    assert form is not None
    assert {60, 61} == set(form.off)
    assert "'Biling' is rare and looks like 'Billing'" in form.off[60]


def test_a_rare_label_is_no_slip():
    """Rare cases are what examples are collected for."""
    form = discover([*["Billing", "Refund", "Login"] * 20, "Fraud"])

    assert form is not None
    assert {} == form.off


def test_an_answer_in_another_language_is_named():
    """A model that sometimes answers in German was taught so by one row."""
    english = "the card that you sent is not with your bank and it is late, number {}"
    german = "die Karte ist nicht bei der Bank und das ist f\u00fcr mich nicht gut"
    form = discover([*(english.format(n) for n in range(60)), german])

    assert form is not None
    assert {60: "in German, where 98% are in English"} == form.off


def test_an_answer_far_out_of_the_length_band_is_named():
    """Often it is a whole document pasted by mistake."""
    texts = [f"Please restart the router number {n} twice and wait." for n in range(60)]
    form = discover([*texts, "word " * 500])

    assert form is not None
    assert [60] == list(form.off)


def test_a_schema_that_changes_half_way_is_seen():
    """Each half is consistent; only together they are not."""
    renamed = [json.dumps({"topic": "a", "severity": 1})] * 50
    form = discover([*TICKETS[:50], *renamed])

    assert form is not None
    assert 1.0 == form.drift


def test_numbers_among_short_answers_are_no_fault():
    """'In which year' is answered by a number, 'who' is not."""
    form = discover([*["a name", "a place", "a thing of some kind"] * 30, "1984"])

    assert form is not None
    assert {} == form.off


def test_few_answers_have_no_form():
    """From five answers nothing follows about the sixth."""
    assert discover(TICKETS[:5]) is None
