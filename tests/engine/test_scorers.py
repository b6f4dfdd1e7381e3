"""Scores: what counts as right, and the reason when it is not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.errors import BadBrief
from suffice.examples import Example
from suffice.measuring.answers import extract
from suffice.measuring.scorers import is_graded, scorer
from suffice.scoring import PAID, SCORERS

NAMES = [n for n in SCORERS if n not in ("regex", *PAID)]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
    ),
    max_leaves=8,
)


def wanting(answer, *references):
    return Example(
        id="1",
        messages=({"role": "user", "content": "?"},),
        answer=answer,
        references=references,
    )


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=50, deadline=None)
@given(text=st.text(max_size=40))
def test_the_wanted_answer_scores_one(name, text):
    """Whatever the answer is, giving it is right."""
    assert scorer(name)(text, wanting(text)).value == 1.0


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=50, deadline=None)
@given(answer=st.text(max_size=40), wanted=st.text(max_size=40))
def test_scores_lie_between_zero_and_one(name, answer, wanted):
    """The statistics are valid for such scores only; below one has a reason."""
    score = scorer(name)(answer, wanting(wanted))

    assert 0 <= score.value <= 1
    assert bool(score.reason) == (score.value < 1)
    assert is_graded(name) or score.value in (0, 1)


@pytest.mark.parametrize("name", NAMES)
def test_a_reference_is_as_good_as_the_answer(name):
    """There may be several right answers; the best match counts."""
    example = wanting("a large house", "an enormous building")

    assert scorer(name)("an enormous building", example).value == 1.0


def test_exact_ignores_spacing_and_nothing_else():
    """Trailing line breaks are no mistake; capitals may be one."""
    right, wrong = (scorer("exact")(a, wanting("a b")) for a in (" a\n b ", "A b"))

    assert (right.value, wrong.value) == (1.0, 0.0)
    assert wrong.reason == "got 'A b', wanted 'a b'"


@settings(max_examples=50, deadline=None)
@given(value=JSON)
def test_json_ignores_spacing_and_the_order_of_keys(value):
    """The same object, written by another library, is the same answer."""
    wanted = json.dumps(value, sort_keys=True)
    turned = value
    if isinstance(value, dict):
        turned = dict(reversed(list(value.items())))

    assert scorer("json")(json.dumps(turned, indent=2), wanting(wanted)).value == 1.0


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ('{"a": 2, "b": "x"}', "a: got 2, wanted 1"),
        ('{"a": true, "b": "x"}', "a: got true, wanted 1"),
        ('{"a": 1}', "b: missing"),
        ('{"a": 1, "b": "x", "c": 0}', "c: not wanted"),
        ("[1]", 'got [1], wanted {"a": 1, "b": "x"}'),
        ("a = 1", "not JSON: 'a = 1'"),
        ("[" * 100_000, f"not JSON: {'[' * 57 + '...'!r}"),
    ],
)
def test_json_names_the_field_that_is_wrong(answer, reason):
    """Whoever reads 40 failures wants to see what they have in common."""
    score = scorer("json")(answer, wanting('{"a": 1, "b": "x"}'))

    assert (0.0, reason) == (score.value, score.reason)


def test_token_f1_is_the_harmonic_mean_over_words():
    """Two of three words found, both of two said right: 2 * 2 / (2 + 3)."""
    assert scorer("token-f1")("Red, blue", wanting("red blue green")).value == 0.8


def test_chrf_agrees_with_sacrebleu():
    """A published measure must be that measure."""
    from sacrebleu import sentence_chrf

    wanted, answer = "the cat sat on the mat", "the cat sits on a mat"
    published = sentence_chrf(answer, [wanted]).score / 100

    assert pytest.approx(published) == scorer("chrf")(answer, wanting(wanted)).value


@pytest.mark.parametrize(
    ("rule", "text", "answer"),
    [
        ("whole", " a\nb ", "a\nb"),
        ("first-line", "\n\n a \nb", "a"),
        ("after-answer", "Answer: no. Wait.\nanswer:  yes ", "yes"),
        ("after-answer", "**Answer:** yes", "yes"),
        ("after-answer", "yes", "yes"),
        ("json", '```json\n{"a": {"b": "}"}}\n``` {"c": 1}', '{"a": {"b": "}"}}'),
        ("json", '{not this} but {"a": 1}', '{"a": 1}'),
        ("json", "no object", "no object"),
        ("json", '{"a":' * 10_000, '{"a":' * 10_000),
    ],
)
def test_takes_the_answer_out_of_the_reply(rule, text, answer):
    """A right answer with a sentence around it is what models give."""
    assert answer == extract(text, rule)


@settings(max_examples=50, deadline=None)
@given(
    st.text(alphabet="{}[]\"':,ab1 \n", max_size=60),
    st.sampled_from(["whole", "first-line", "after-answer", "json"]),
)
def test_the_answer_is_always_a_part_of_the_reply(text, rule):
    """Nothing is made up on the way from the reply to the score."""
    assert extract(text, rule) in text


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(max_size=5), JSON), st.text("abc. \n", max_size=20))
def test_finds_an_object_wherever_it_stands(value, around):
    """Prose around the object does not hide it."""
    shown = json.dumps(value)

    assert shown == extract(f"{around}{shown}{around}", "json")


@pytest.mark.parametrize(
    ("name", "answer", "wanted", "value"),
    [
        ("label", " **Billing Disputes.** ", "billing_disputes", 1),
        ("label", "billing", "billing disputes", 0),
        ("label", "!", "?", 0),
        ("numeric", "It is 1,234.50 dollars", "1234.5", 1),
        ("numeric", "40 or 41", "40", 0),
        ("numeric", "none", "40", 0),
        ("numeric 0.5", "40.4", "40", 1),
        ("numeric 0.5", "40.6", "40", 0),
        ("numeric 1%", "-101", "-100", 1),
        ("numeric 1%", "-102", "-100", 0),
        ("regex", " order 17 ", r"order \d+", 1),
        ("regex", "order 17 please", r"order \d+", 0),
        (r"regex #### (\d+)", "#### 1\nso #### 42", "#### 42", 1),
        (r"regex #### (\d+)", "42", "#### 42", 0),
        ("json-fields", '{"a": 1, "b": 2, "c": 0}', '{"a": 1, "b": 3}', 1 / 3),
        ("json-fields", '{"a": 1}', '{"a": 1, "b": 3}', 1 / 2),
        ("json-fields", "none", '{"a": 1}', 0),
        ("rouge-l", "the cat sat there", "The cat, there!", 6 / 7),
        ("edit", "kitten", "sitting", 8 / 13),
        ("edit", "", "sitting", 0),
    ],
)
def test_each_scorer_scores_as_its_name_says(name, answer, wanted, value):
    """The table is the specification."""
    assert scorer(name)(answer, wanting(wanted)).value == pytest.approx(value)


CALL = '[{"arguments": {"unit": "km", "x": 5}, "name": "convert"}]'
ACCEPTED = '[{"name": "convert", "accept": {"x": [5], "unit": ["km", ""]}}]'


@pytest.mark.parametrize(
    ("answer", "wanted", "reason"),
    [
        (CALL, CALL, ""),
        ('{"name": "convert", "arguments": {"x": 5.0, "unit": "km"}}', CALL, ""),
        ('[{"name": "convert", "arguments": {"x": 5}}]', CALL, "unit: missing"),
        ('[{"name": "convert", "arguments": {"x": 5}}]', ACCEPTED, ""),
        (
            '[{"name": "convert", "arguments": {"x": 6, "z": 1}}]',
            ACCEPTED,
            "z: not wanted; x: got 6, not accepted",
        ),
        ('[{"name": "f", "arguments": {}}]', CALL, "called f, wanted convert"),
        ("[]", CALL, "0 calls, wanted 1"),
        ("convert(5)", CALL, "no tool call: 'convert(5)'"),
    ],
)
def test_a_tool_call_is_right_by_name_and_arguments(answer, wanted, reason):
    """A call that does something else is wrong, however it reads."""
    score = scorer("tool-call")(answer, wanting(wanted))

    assert (score.value, score.reason) == (float(not reason), reason)


def test_rouge_l_is_the_published_measure_without_stemming():
    """Lin's definition, by hand: LCS of 2 in 3 and 4 words, F1 = 2 * 2 / 7."""
    score = scorer("rouge-l")("police killed gunman", wanting("police kill the gunman"))

    assert score.value == pytest.approx(4 / 7)


def test_a_function_of_the_user_is_a_scorer(tmp_path, monkeypatch):
    """What counts as right is the user's to say."""
    code = "def half(answer, example):\n    return 0.5 if answer else example.answer\n"
    (tmp_path / "their_scorer.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    theirs = scorer("their_scorer:half")

    assert theirs("x", wanting("7")).reason == "half gave 0.5"
    assert is_graded("their_scorer:half")
    with pytest.raises(BadBrief, match="between 0 and 1"):
        theirs("", wanting("7"))


def test_a_function_that_gives_no_number_is_named(tmp_path, monkeypatch):
    """Such as one that forgot to return."""
    (tmp_path / "forgetful.py").write_text("def none(answer, example): pass\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(BadBrief, match="forgetful:none' gave None"):
        scorer("forgetful:none")("x", wanting("7"))


@pytest.mark.parametrize("name", ["no_such_module_here:f", "json:no_such", "chef"])
def test_a_scorer_that_is_not_there_is_named(name):
    """Refused before anything is spent, with what to do."""
    with pytest.raises(BadBrief, match=name):
        scorer(name)


def test_a_pattern_that_is_none_is_refused():
    """Rather than scoring everything 0."""
    with pytest.raises(BadBrief, match="no regular expression"):
        scorer("regex (")("a", wanting("b"))
