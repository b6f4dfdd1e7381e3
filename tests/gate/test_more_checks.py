"""Checks of single rows and of the whole set that came with the second look."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from gate_data import Write, chat, chats

from expectations.gate import check
from expectations.suite import CHAT, WHOLE_SET, load, validate
from suffice.brief import Brief
from suffice.data.checking import SCHEMA, CheckReport, Finding, sentence, to_json
from suffice.data.tokens import TokenCounter, TokenRules, lengths
from suffice.stages import data_stage


def brief_of(source: str, **more: Any) -> Brief:
    return Brief(**{"name": "x", "instructions": "x", "examples": source, **more})


def named(report: CheckReport, name: str) -> Finding:
    return next(f for f in report.findings if f.name == name)


def said(report: CheckReport, words: str) -> str:
    return next(fact for fact in report.facts if words in fact)


def test_nearly_the_same_question_with_another_label_is_named(write: Write):
    """One of two near twins with different labels is probably wrong."""
    question = "please tell me where the card that i ordered last week is now"
    rows = [*chats(100), chat(question, "yes"), chat(f"{question} ?!", "no")]
    finding = named(check(brief_of(write(*rows))).report, "near-conflicts")

    assert 1 == finding.count
    assert "with another label" in finding.rows[0].detail


def test_near_twins_in_free_text_do_not_contradict_each_other(write: Write):
    """Another number in the question makes another answer right."""
    texts = [" ".join(Random(n).choices("abcdefghij", k=9)) for n in range(100)]
    question = "how long is the way from the old town to the station for {} people"
    rows = [chat(text, f"answer {n}") for n, text in enumerate(texts)]
    rows += [chat(question.format(n), f"{n} minutes") for n in (2, 3)]
    report = check(brief_of(write(*rows))).report

    assert [] == [f for f in report.findings if f.name == "near-conflicts"]


def test_a_test_question_in_the_instructions_is_named(write: Write):
    """A prompt that quotes what it is tested with measures nothing."""
    test = write(*chats(60, 500), name="test.jsonl")
    brief = brief_of(
        write(*chats(100)),
        test_examples=test,
        instructions="Say yes or no. For w500a  W500b w500c w500d w500e say no.",
    )
    finding = named(check(brief).report, "instructions")

    assert [f"{test}:1"] == [row.where for row in finding.rows]


def test_white_space_around_an_answer_is_a_note(write: Write):
    """An exact comparison counts it, and nobody sees it."""
    report = check(brief_of(write(*chats(100), chat("odd one", "yes ")))).report

    assert ("info", 1) == (
        named(report, "white-space").severity,
        named(report, "white-space").count,
    )


def test_an_example_too_long_to_be_trained_on_is_named(write: Write):
    """The provider cuts its end off in silence: the answer."""
    source = write(*chats(100), *[chat(f"{n} {'word ' * 3000}", "a") for n in range(9)])
    rules = TokenRules(model="gpt-4o", training_tokens=2000, tunable="gpt-4o")
    report = check(brief_of(source), rules).report
    finding = named(report, "training-length")

    assert finding.count > 0
    assert "tokens" in finding.rows[0].detail
    assert [] == [f for f in report.findings if f.name == "length"]


def test_tokens_and_the_price_of_training_are_told(write: Write):
    """What a tuning will cost is asked before anything else."""
    rules = TokenRules(
        model="gpt-4.1-mini",
        tunable="gpt-4.1-mini",
        training_usd_per_mtok=5.0,
        epochs_of=lambda n: n // 10,
    )
    report = check(brief_of(write(*chats(100))), rules).report

    assert "counted with o200k_base)" in said(report, "All examples together")
    assert "at $5 a million" in said(report, "Training gpt-4.1-mini")


def test_counts_are_those_of_the_published_encoding():
    """The figures that OpenAI's own tokenizer gives."""
    text = "The quick brown fox jumps over the lazy dog."

    assert (10, 10) == (
        TokenCounter("gpt-4o").count(text),
        TokenCounter("gpt-4-0613").count(text),
    )
    assert 12 == TokenCounter("some-other-model").count(text)


def test_control_tokens_in_a_text_are_counted_as_text():
    """A message that spells one is not one, and must not stop the count."""
    assert TokenCounter("gpt-4o").count("<|endoftext|>") > 1


def test_a_sampled_count_lies_within_its_interval():
    """The sample stands in for a count that takes a hundred times as long."""
    rng = Random(4)
    words = [str(rng.random())[2 : rng.randint(4, 12)] for _ in range(500)]
    texts = [" ".join(rng.choices(words, k=rng.randint(5, 60))) for _ in range(4000)]
    sizes = [len(t.encode()) for t in texts]
    counter = TokenCounter("gpt-4o")
    sampled = lengths(texts, _array(sizes), counter, seed=1)
    exact = lengths(texts, _array(sizes), counter, seed=1, exact=True)
    total = exact.each.sum()

    assert 0 < sampled.error < 0.02
    assert abs(sampled.each.sum() - total) <= 1.5 * sampled.error * total


def _array(sizes: list[int]) -> Any:
    import numpy as np

    return np.array(sizes, dtype=np.int64)


def test_what_can_be_proven_is_said_in_words_with_what_is_missing(write: Write):
    """The statistics answer "do I have enough?", not a rule of thumb."""
    test = write(*chats(68, 500), name="test.jsonl")
    brief = brief_of(write(*chats(100)), test_examples=test, bar=0.85)
    text = said(check(brief).report, "test examples the smallest quality")

    assert text.startswith(
        "With 68 test examples the smallest quality you can prove against a bar of 0.85"
    )
    assert "more would prove 0.9" in text


def test_test_questions_from_elsewhere_are_a_warning(write: Write):
    """What is learned is then not what is asked."""
    rng = Random(2)
    fruit, tools = (
        ["apple", "pear", "plum", "fig", "lemon"],
        ["saw", "drill", "nail", "bolt", "file"],
    )
    train = [chat(" ".join(rng.choices(fruit, k=5)) + f" {n}", "a") for n in range(120)]
    test = [chat(" ".join(rng.choices(tools, k=5)) + f" x{n}", "a") for n in range(60)]
    brief = brief_of(write(*train), test_examples=write(*test, name="test.jsonl"))
    report = check(brief).report

    assert "warning" == named(report, "drift").severity
    assert "by more than chance" in said(report, "Test and training questions")


def test_the_json_result_names_its_schema(write: Write):
    """A program that reads it must know when the fields change."""
    result = json.loads(to_json(check(brief_of(write(*chats(100)))).report))

    assert SCHEMA == result["schema"]
    assert {"passed", "n_rows", "findings", "facts", "cleaning"} <= set(result)


def test_the_reason_for_a_changed_severity_goes_with_the_finding(write: Write):
    """Whoever reads the warning must see that somebody has decided on it."""
    change = {"check": "duplicates", "severity": "info", "reason": "sold per row"}
    source = write(*chats(100), chats(1)[0])
    finding = named(check(brief_of(source, severities=[change])).report, "duplicates")

    assert sentence(finding).endswith("(severity set by the brief: sold per row)")


@pytest.mark.parametrize("path", [CHAT, WHOLE_SET])
def test_great_expectations_itself_loads_the_suites(path: Path):
    """An engineer may open, edit and store them with that library's own tools."""
    import great_expectations as gx

    import expectations.custom

    context = gx.get_context(mode="ephemeral")
    content = json.loads(path.read_text("utf-8"))
    suite = context.suites.add(gx.ExpectationSuite(**content))

    assert expectations.custom.ExpectNoFlag.__name__ == "ExpectNoFlag"
    assert len(content["expectations"]) == len(
        context.suites.get(suite.name).expectations
    )


def test_an_expectation_is_added_by_editing_the_suite(tmp_path: Path, write: Write):
    """No code: a question of at most ten characters, say."""
    from suffice.data.examining import examine

    content = json.loads(CHAT.read_text("utf-8"))
    content["expectations"].append(
        {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": "question_chars", "max_value": 10},
            "severity": "info",
            "meta": {"name": "short", "check": "questions are short"},
        }
    )
    path = tmp_path / "chat.json"
    path.write_text(json.dumps(content))
    frame = examine(brief_of(write(*chats(100)))).frame
    limits = {"context_tokens": 1e9, "training_tokens": 1e9}
    findings = validate(frame, suite=load(path), parameters=limits)

    assert 100 == next(f.count for f in findings if f.name == "short")


def test_declared_functions_count_as_tokens(write: Write):
    """They are sent with every request, and are often most of it."""
    tools = [{"type": "function", "function": {"name": "f", "description": "x " * 400}}]
    bare = check(brief_of(write(*chats(60)))).report
    declared = [{**row, "tools": tools} for row in chats(60)]
    full = check(brief_of(write(*declared, name="tools.jsonl"))).report

    assert total(full) - total(bare) > 60 * 400


def total(report: CheckReport) -> int:
    fact = said(report, "All examples together")
    return int(fact.split("about ")[1].split(" tokens")[0].replace(",", ""))


def test_the_result_lies_under_the_output_folder(tmp_path: Path, write: Write):
    """A page for people, JSON for programs, and what cleaning would do."""
    source = write(*chats(60), chats(1)[0])
    brief = brief_of(source, output=str(tmp_path / "out"))
    gate = check(brief)
    files = data_stage.publish(brief, gate.report, gate.changes)
    planned = [json.loads(line) for line in files.changes.read_text().splitlines()]

    assert tmp_path / "out/data/x" == files.page.parent
    assert "examples are given twice" in files.page.read_text("utf-8")
    assert SCHEMA == json.loads(files.result.read_text("utf-8"))["schema"]
    assert [("drop", f"{source}:61")] == [(c["action"], c["where"]) for c in planned]


def test_the_embedded_model_sets_the_limits_where_no_endpoint_is_named(write: Write):
    """Its context is 2,048 tokens, and its training refuses more."""
    rules = data_stage.token_rules(brief_of(write(*chats(20))))

    assert (2048, 2048) == (rules.context_tokens, rules.training_tokens)


def test_a_hosted_model_is_judged_by_the_price_book(write: Write):
    """Context, training limit and price of training come with the model's name."""
    models = {
        "endpoint": {"base_url": "https://api.openai.com/v1"},
        "base": ["gpt-4.1-mini"],
        "tunable": "gpt-4.1-mini",
    }
    rules = data_stage.token_rules(brief_of(write(*chats(20)), models=models))

    assert 65_536 == rules.training_tokens
    assert rules.context_tokens is not None
    assert rules.training_usd_per_mtok is not None
