"""Findings: what is wrong, how severe it is, and in which row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from gate_data import Write, chat, chats
from gate_findings import checked, found

from expectations.gate import check
from expectations.suite import CHAT, WHOLE_SET
from suffice.brief import Brief
from suffice.data.checking import raise_if_critical, sentence, to_markdown
from suffice.data.tokens import TokenRules
from suffice.errors import BadBrief, BadExamples


def test_good_examples_pass(write: Write):
    """A gate that always complains is soon left open."""
    report = checked(write(*chats(1000)))

    assert (True, ()) == (report.passed, report.findings)


def test_a_warning_says_what_is_the_case(write: Write):
    """Told what was expected, a newcomer has to turn the sentence round."""
    warned = [sentence(f) for f in checked(write(*chats(120))).findings]

    assert any(said.startswith("few test examples (") for said in warned), warned
    assert [] == [said for said in warned if "not met" in said]


@pytest.mark.parametrize("path", [CHAT, WHOLE_SET])
def test_every_expectation_has_the_words_for_when_it_does_not_hold(path: Path):
    """One without them would be told as "not met"."""
    held = json.loads(path.read_text(encoding="utf-8"))["expectations"]

    assert [] == [one["meta"]["name"] for one in held if not one["meta"].get("wrong")]


BAD_ROWS = {
    "JSON object": ("{", "the line is cut off"),
    "as the OpenAI API": ({"message": []}, "the key 'messages' is missing"),
    "roles are known": (
        {"messages": [{"role": "bot", "content": "x"}]},
        "message 1 has the role 'bot'",
    ),
    "last message": (
        {"messages": [{"role": "user", "content": "x"}]},
        "the last message is from 'user'",
    ),
    "is empty": (chat("x", " "), "message 2 (assistant) is empty"),
}


@pytest.mark.parametrize("words", BAD_ROWS)
def test_a_bad_row_is_critical_and_named_by_file_and_line(write: Write, words: str):
    """The reader opens the editor at that line and mends it."""
    row, said = BAD_ROWS[words]
    source = write(*chats(60), row, *chats(60, 60))
    finding = found(checked(source), words)

    assert ("critical", 1) == (finding.severity, finding.count)
    assert f"{source}:61" == finding.rows[0].where
    assert said in finding.rows[0].detail


@pytest.mark.parametrize(
    ("n", "severity"), [(8, "critical"), (48, "warning"), (400, "info"), (600, None)]
)
def test_the_number_of_training_examples_is_judged(
    write: Write, n: int, severity: str | None
):
    """10 is the least a service takes, 50 is a start, 500 is good."""
    report = checked(
        write(*chats(n * 100 // 85 + 1)), write(*chats(60, 9000), name="t")
    )
    given = [f.severity for f in report.findings if "training examples" in f.check]

    assert [severity] * (severity is not None) == given


def test_a_copy_is_a_warning_that_names_both_rows(write: Write):
    """Whether a copy is a fault only the user knows."""
    source = write(*chats(100), chats(1)[0])
    finding = found(checked(source), "given twice")

    assert ("warning", f"{source}:101") == (finding.severity, finding.rows[0].where)
    assert f"it is a copy of {source}:1" == finding.rows[0].detail


def test_a_few_conflicting_answers_are_a_warning(write: Write):
    """Some disagreement is in every set."""
    source = write(*chats(100), chat("w0a w0b w0c w0d w0e", "yes"))
    finding = found(checked(source), "one answer")

    assert ("warning", 1) == (finding.severity, finding.count)


def test_many_conflicting_answers_are_critical(write: Write):
    """From such a set nothing can be learned, and nothing proven on it."""
    again = [chat(row["messages"][0]["content"], "maybe") for row in chats(20)]
    report = checked(write(*chats(100), *again))

    assert "critical" == found(report, "one answer").severity


def test_another_good_answer_is_no_conflict(write: Write):
    """That is what references are for."""
    again = chat("w0a w0b w0c w0d w0e", "yes", references=["no"])

    report = checked(write(*chats(100), again))

    assert [] == [f for f in report.findings if "one answer" in f.check]


def test_a_twin_of_a_test_example_is_left_out_and_reported(write: Write):
    """Whoever has seen the question is not being tested."""
    question = "please tell me where the card that i ordered last week is now"
    train = write(*chats(100), chat(question, "a"))
    test = write(*chats(60, 500), chat(question + " ?!", "a"), name="test.jsonl")
    report = checked(train, test)
    finding = found(report, "repeats a test example")

    assert (f"{train}:101", f"it repeats the test example {test}:61") == (
        finding.rows[0].where,
        finding.rows[0].detail,
    )
    assert [] == [f for f in report.findings if "gives away" in f.check]


def test_an_example_beyond_the_context_is_critical(write: Write):
    """The model would see half of it and be blamed for the rest."""
    source = write(*chats(100), chat("word " * 2000, "a"))
    rules = TokenRules(model="gpt-4o", context_tokens=2000)
    finding = found(checked(source, rules=rules), "context")

    assert (f"{source}:101",) == tuple(r.where for r in finding.rows)


def test_at_most_twenty_rows_are_named(write: Write):
    """A report of a thousand rows is not read; the count says the rest."""
    finding = found(checked(write(*chats(60), *["{"] * 50)), "JSON object")

    assert (50, 20) == (finding.count, len(finding.rows))


def test_a_critical_finding_stops_with_the_first_row_and_the_remedy(write: Write):
    """Nothing has been spent, and one sentence says where to begin."""
    source = write(*chats(60), "{", "{", *chats(60, 60))

    with pytest.raises(BadExamples) as caught:
        raise_if_critical(checked(source))

    assert (
        f"{source}:61: the line is cut off, and 1 more row; mend or delete the line."
        == str(caught.value)
    )


def test_nothing_critical_stops_nothing(write: Write):
    """Warnings travel with the climb; they do not stop it."""
    report = checked(write(*chats(100), chats(1)[0]))
    raise_if_critical(report)

    assert {"warning", "info"} == {f.severity for f in report.findings}


def test_an_unknown_key_is_a_warning(write: Write):
    """'refrences' would otherwise be passed over in silence."""
    report = checked(write(*chats(100), chat("a", "b", refrences=["c"])))

    assert "warning" == found(report, "'refrences'").severity


def test_a_brief_may_change_a_severity_and_the_report_says_why(write: Write):
    """Real traffic repeats itself; whoever knows that need not be stopped by it."""
    source = write(*chats(100), chats(1)[0])
    change = {"check": "duplicates", "severity": "critical", "reason": "sold per row"}
    report = checked(source, severities=[change])

    assert "critical" == found(report, "given twice").severity
    assert "set by the brief: sold per row" in to_markdown(report)


def test_a_misspelt_check_in_the_brief_is_refused(write: Write):
    """It would change nothing, and nobody would notice."""
    change = {"check": "duplicate", "severity": "info", "reason": "as it is"}

    with pytest.raises(BadBrief, match=r"no check 'duplicate'.*conflicts, control"):
        checked(write(*chats(100)), severities=[change])


def test_a_secret_is_critical_and_not_shown(write: Write):
    """The report goes to places where the data never went."""
    key = "sk-proj-a8Kd0Qm2Zr5Tn7Vb9Xw1Lc3Ef4Gh6"
    source = write(*chats(100), chat(f"my key {key} fails", "revoke it"))
    report = checked(source)
    finding = found(report, "secret")

    assert ("critical", f"{source}:101") == (finding.severity, finding.rows[0].where)
    assert "it holds an API key of OpenAI or Anthropic" == finding.rows[0].detail
    assert key[:12] not in to_markdown(report)


def test_personal_data_is_a_warning(write: Write):
    """Whether it may be used is a question of contracts, not of form."""
    source = write(*chats(100), chat("mail ann.lee@corp-mail.io please", "done"))

    assert "warning" == found(checked(source), "personal data").severity


def test_a_call_that_its_tool_does_not_declare_is_critical(write: Write):
    """The model would learn to call what fails."""
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    tools = [{"type": "function", "function": {"name": "f", "parameters": schema}}]
    call = {"id": "1", "type": "function"}
    call["function"] = {"name": "f", "arguments": '{"town": "Rome"}'}
    answer = {"role": "assistant", "tool_calls": [call]}
    asked = {"role": "user", "content": "weather?"}
    source = write(*chats(100), {"messages": [asked, answer], "tools": tools})

    assert "f has no parameter 'town'" == found(checked(source), "calls").rows[0].detail


def test_the_table_cannot_be_broken_by_the_data(write: Write):
    """File names and texts go into Markdown that a browser shows."""
    source = write(*chats(99), '{"a|<script>": }')

    assert "<script>" not in to_markdown(checked(source))


def test_the_fingerprint_changes_with_any_example(write: Write):
    """Measurements on other data must not be reused."""
    brief = Brief(name="x", instructions="x", examples=write(*chats(100)))
    before = check(brief).fingerprint
    again = check(brief).fingerprint
    write(*chats(99), chat("changed", "yes"))

    assert before == again
    assert before != check(brief).fingerprint
