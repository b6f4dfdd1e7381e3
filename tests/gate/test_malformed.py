"""Whatever a file holds, the reader says what is wrong, where, and goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from gate_data import Write, chat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from malformed import CASES

from suffice.data.reading import read_examples
from suffice.errors import SufficeError


def test_there_are_at_least_two_hundred_malformed_lines():
    """The number is a promise; a case must not vanish unnoticed."""
    assert len({line for line, _ in CASES}) >= 200


@pytest.mark.parametrize(("line", "said"), CASES, ids=range(len(CASES)))
def test_a_malformed_line_is_named_and_the_next_one_is_read(
    write: Write, line: bytes, said: str
):
    """One bad line must neither stop the reading nor be passed over."""
    source = write(chat("x", "y"), line, chat("z", "y"))

    read = read_examples(source)

    assert ["x", "z"] == [e.question for e in read.examples]
    assert [f"{source}:2"] == [p.where for p in read.problems]
    assert said in read.problems[0].message
    assert 0 < len(read.problems[0].message) < 200


def test_the_last_line_of_a_cut_file_is_called_cut_off(tmp_path: Path):
    """The commonest accident of a copy; the remedy is to copy again."""
    path = tmp_path / "x.jsonl"
    path.write_bytes(json.dumps(chat("x", "y")).encode() + b'\n{"messages": [{"ro')

    assert ["the last line is cut off"] == [
        p.message for p in read_examples(str(path)).problems
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["messages", "role", "content", "tool_calls", "function", "id", "tags"]
            )
            | st.text(max_size=3),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
messages = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "role": st.sampled_from(["system", "user", "assistant", "tool"])
            | json_values,
            "content": st.text(max_size=8) | json_values,
            "weight": json_values,
            "tool_calls": json_values,
            "tool_call_id": json_values,
        },
    ),
    max_size=4,
)


def never_raises_but_ours(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        read = read_examples(str(path))
    except SufficeError:
        return
    n = sum(bool(line.strip()) for line in content.split(b"\n"))
    assert len(read.examples) + len(read.problems) <= n


FUZZ = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@FUZZ
@given(
    row=st.fixed_dictionaries(
        {"messages": messages | json_values},
        optional=dict.fromkeys(
            ("id", "tags", "references", "reviewed", "cluster", "tools"), json_values
        ),
    )
)
def test_no_json_makes_the_reader_raise(tmp_path: Path, row: object):
    """Anything but our own error would be a traceback at the user's terminal."""
    never_raises_but_ours(tmp_path / "x.jsonl", json.dumps(row).encode())


@FUZZ
@given(content=st.binary(max_size=300))
def test_no_bytes_make_the_reader_raise(tmp_path: Path, content: bytes):
    """A file may be anything at all."""
    never_raises_but_ours(tmp_path / "x.jsonl", content)


@FUZZ
@given(data=st.data())
def test_no_damage_makes_the_reader_raise(tmp_path: Path, data: st.DataObject):
    """Good files, also packed ones, with some bytes changed, cut or repeated."""
    import gzip

    good = b"".join(json.dumps(chat(f"q{n}", "a")).encode() + b"\n" for n in range(5))
    content = bytearray(data.draw(st.sampled_from([good, gzip.compress(good)])))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(content)))

    never_raises_but_ours(tmp_path / "x.jsonl", bytes(content[:cut]))
