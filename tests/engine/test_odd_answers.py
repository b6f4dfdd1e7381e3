"""Answers, wanted answers and replies that nobody reckons with end no climb."""

from __future__ import annotations

import json

import pytest

from suffice.brief import Brief
from suffice.errors import BadBrief, BadExamples
from suffice.examples import Example, Split
from suffice.measuring.replies import read_reply
from suffice.measuring.scorers import scorer
from suffice.stages.scoring import try_scorers

QUESTION = ({"role": "user", "content": "?"},)
DEEP = '{"a":' * 600 + "1" + "}" * 600


def wanting(answer, name="e1"):
    return Example(id=name, messages=QUESTION, answer=answer)


def tried(scorer_name, *answers):
    examples = tuple(wanting(answer, f"e{i}") for i, answer in enumerate(answers))
    brief = Brief(name="a", instructions="x", examples="e", scorer=scorer_name)
    try_scorers(brief, Split(train=examples[:1], dev=(), test=examples[1:]))


def written(folder, monkeypatch, code, name):
    (folder / f"{name}.py").write_text(code)
    monkeypatch.syspath_prepend(folder)


@pytest.mark.parametrize("name", ["json", "json-fields", "tool-call"])
def test_json_that_is_nested_too_deeply_counts_as_text(name):
    """Comparing it level by level overflows the stack of Python."""
    assert 1.0 == scorer(name)(DEEP, wanting(DEEP)).value
    assert 0.0 == scorer(name)(DEEP, wanting(f"[{DEEP}]")).value


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ("between 5-10", "10"),
        ("\N{MINUS SIGN}3.5 degrees", "-3.5"),
        ("x = -3", "-3"),
        ("(5)-2", "2"),
        ("1e999", "1e999"),
    ],
)
def test_a_dash_is_no_minus_and_a_minus_is_one(answer, wanted):
    """A range ends with a number, and models write the sign as printers do."""
    assert 1.0 == scorer("numeric")(answer, wanting(wanted)).value


def test_a_function_that_fails_is_named_with_the_answer(tmp_path, monkeypatch):
    """A traceback of a climb does not say which answer was too much for it."""
    code = "def first(answer, example):\n    return answer[0] == example.answer[0]\n"
    written(tmp_path, monkeypatch, code, "hasty")
    score = scorer("hasty:first")

    assert 1.0 == score("yes", wanting("y")).value
    with pytest.raises(
        BadBrief, match=r"'hasty:first' failed on 'e1' .* ''.*IndexError"
    ):
        score("", wanting("y"))


def test_a_module_that_is_no_python_is_refused(tmp_path, monkeypatch):
    """Its author is told, not shown where the import gave up."""
    written(tmp_path, monkeypatch, "def half(:\n", "broken_scorer")

    with pytest.raises(BadBrief, match="cannot be imported"):
        scorer("broken_scorer:half")


@pytest.mark.parametrize(
    "code",
    [
        "def f(answer, example):\n    return 2.0\n",
        "def f(answer, example):\n    return {'': 1}[answer]\n",
        "def f(answer, example):\n    return float(answer)\n",
    ],
)
def test_a_function_is_tried_before_anything_is_spent(tmp_path, monkeypatch, code):
    """One that gives 2.0, or bears no empty answer, would end the climb midway."""
    name = f"tried_{abs(hash(code))}"
    written(tmp_path, monkeypatch, code, name)

    with pytest.raises(BadBrief, match=name):
        tried(f"{name}:f", "1")


@pytest.mark.parametrize(
    ("name", "good", "odd"),
    [
        ("regex", "a+", "a("),
        (
            "tool-call",
            '[{"name": "f", "accept": {"x": [1]}}]',
            '{"name":"f","accept":5}',
        ),
        ("tool-call", "no call", '{"name": "f", "accept": {"x": 1}}'),
    ],
)
def test_wanted_answers_are_looked_at_before_anything_is_spent(name, good, odd):
    """A wrong pattern among 5,000 is found before the first call, with its example."""
    tried(name, good, good)
    with pytest.raises(BadExamples, match="'e1'"):
        tried(name, good, odd)


USAGE = {"prompt_tokens": 100, "completion_tokens": 5}


def reply(usage, **message):
    choice = {"message": {"content": "12345678", **message}, "finish_reason": "stop"}
    body = {"model": None, "choices": [choice], "usage": usage}
    return read_reply(json.dumps(body).encode(), sent=b"x" * 40, latency_s=0.1)


@pytest.mark.parametrize(
    "change",
    [
        {"prompt_tokens": -100},
        {"prompt_tokens": None},
        {"prompt_tokens": 10**30},
        {"completion_tokens": -5},
        {"prompt_tokens_details": {"cached_tokens": 101}},
        {"prompt_tokens_details": {"cached_tokens": -1}},
    ],
)
def test_a_usage_that_cannot_be_is_estimated(change):
    """Tokens under 0 would pay money back, and 10 to the 30 fit no database."""
    got = reply({**USAGE, **change})

    assert (10, 0, 2) == (got.input_tokens, got.cached_tokens, got.output_tokens)


def test_a_usage_that_can_be_is_taken_as_told():
    """It is what the provider will bill."""
    got = reply({**USAGE, "prompt_tokens_details": {"cached_tokens": 64}})

    assert (100, 64, 5) == (got.input_tokens, got.cached_tokens, got.output_tokens)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [('{"x": 1}', {"x": 1}), ({"x": 1}, {"x": 1}), (None, {}), ("{x", "{x")],
)
def test_arguments_of_a_call_come_in_several_shapes(arguments, told):
    """Servers that speak OpenAI's protocol differ in what they put there."""
    call = {"function": {"name": "f", "arguments": arguments}}
    got = reply(USAGE, content=None, tool_calls=[call])

    assert [{"name": "f", "arguments": told}] == json.loads(got.text)
