"""Bad training files are refused by line and reason, before any time is spent."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.local.training_file import BadTrainingFileError, parse

USER = {"role": "user", "content": "Where is my refund?"}
ANSWER = {"role": "assistant", "content": "billing"}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def file_of(*messages):
    return json.dumps({"messages": messages}).encode()


def reason(content):
    with pytest.raises(BadTrainingFileError) as caught:
        parse(content, min_examples=1)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"{nonsense}", "Line 1 is not JSON"),
        (b'{"messages": ' + b"[" * 100_000, "Line 1 is not JSON that can be read"),
        (b'{"messages": ' + b"1" * 5000 + b"}", "Line 1 is not JSON that can be read"),
        (b'{"messages": "\\ud800"}', "Line 1 has half a surrogate pair"),
        (b"[1]", "Line 1 is not a JSON object."),
        (b"\xff\xfe", "Line 1 is not UTF-8 text."),
        (b'{"prompt": "x"}', "Line 1 has an unknown key 'prompt'."),
        (b'{"messages": "x"}', "Line 1 has no list 'messages'."),
        (b'{"messages": []}', "Line 1: 'messages' is empty."),
        (file_of(3), "Line 1, message 1 is not a JSON object."),
        (file_of({"role": "boss", "content": "x"}), "has the role 'boss'; use one of"),
        (file_of({"role": ["user"], "content": "x"}), "has the role ['user']"),
        (file_of({"role": "user"}, ANSWER), "message 1 has no content."),
        (file_of(USER, {**ANSWER, "content": " "}), "message 2 has empty content."),
        (file_of({**USER, "content": 5}, ANSWER), "neither text nor a list"),
        (file_of({**USER, "content": [{"type": "image_url"}]}, ANSWER), "part without"),
        (file_of(ANSWER, USER), "the last message is from 'user', not from"),
        (file_of(USER, {**ANSWER, "weight": 2}), "has weight 2; use 0 or 1."),
        (file_of(USER, {**ANSWER, "weight": True}), "has weight True; use 0 or 1."),
        (file_of(USER, {**ANSWER, "weight": [1]}), "has weight [1]; use 0 or 1."),
        (file_of({**USER, "weight": 1}, ANSWER), "only assistant messages may have"),
        (file_of(USER, {**ANSWER, "weight": 0}), "there is nothing to learn."),
        (file_of({"role": "tool", "content": "x"}, ANSWER), "no 'tool_call_id'"),
        (file_of(USER, {**ANSWER, "tool_calls": [{}]}), "tool call without 'function'"),
        (file_of(USER, {**ANSWER, "tool_calls": 1}), "has tool calls that are no list"),
    ],
)
def test_says_what_is_wrong(content, expected):
    """The reason is all that stands between a user and a mended file."""
    assert expected in reason(content)


def test_names_the_line_as_an_editor_counts_it():
    """Blank lines are passed over, but they count."""
    content = file_of(USER, ANSWER) + b"\n\n" + file_of(USER)

    assert reason(content).startswith("Line 3, ")


def test_ten_examples_are_the_least():
    """As at OpenAI; nine cannot be trained on."""
    with pytest.raises(BadTrainingFileError) as caught:
        parse(b"\n".join([file_of(USER, ANSWER)] * 9))

    assert caught.value.code == "invalid_n_examples"
    assert len(parse(b"\n".join([file_of(USER, ANSWER)] * 10))) == 10


def test_tools_and_several_turns_are_taken():
    """Whoever tunes an agent brings tool calls, tool results and weights."""
    called = {"role": "assistant", "content": None, "tool_calls": [CALL], "weight": 0}
    result = {"role": "tool", "tool_call_id": "c1", "content": "42"}
    line = json.loads(file_of({"role": "developer", "content": "Be brief."}, USER))
    line["messages"] += [called, result, ANSWER]
    line |= {"tools": [], "parallel_tool_calls": False}

    assert len(parse(json.dumps(line).encode(), min_examples=1)[0]) == 5


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["messages", "role", "content", "weight", "tool_calls"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None)
@given(JSON)
def test_nothing_but_a_refusal_comes_of_nonsense(value):
    """A crash while reading would leave a job without a reason."""
    content = json.dumps({"messages": value}).encode()
    with suppress(BadTrainingFileError):
        assert parse(content, min_examples=1)
