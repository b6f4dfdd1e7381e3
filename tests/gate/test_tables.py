"""Examples in CSV, Parquet and pandas frames, packed or not."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from gate_data import chat, chats
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suffice.brief import Columns
from suffice.data.reading import read_examples, read_frame
from suffice.data.unpacking import Limits
from suffice.errors import BadExamples, SufficeError


def write(path: Path, content: bytes | str) -> str:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def zstd(data: bytes) -> bytes:
    return pa.compress(data, codec="zstd", asbytes=True)


def test_a_csv_file_is_read_by_its_header(tmp_path: Path):
    """Half of all example sets begin in a spreadsheet."""
    source = write(
        tmp_path / "x.csv",
        '\ufeffquestion,answer,id\r\n"Where, ""exactly""?",here,7\r\nWhen?,now,8\r\n',
    )
    read = read_examples(source)

    assert [('Where, "exactly"?', "here", "7"), ("When?", "now", "8")] == [
        (e.question, e.answer, e.id) for e in read.examples
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_by_the_header(tmp_path: Path, delimiter: str):
    """Spreadsheets of half of Europe write semicolons."""
    source = write(tmp_path / "x.csv", "question,answer\nq,a\n".replace(",", delimiter))

    assert ["q"] == [e.question for e in read_examples(source).examples]


def test_a_row_is_placed_at_the_line_where_it_begins(tmp_path: Path):
    """A cell may hold line feeds, so the row's number is not the line's."""
    source = write(
        tmp_path / "x.csv", 'question,answer\n"one\ntwo",a\n\n"x",\nshort\nq,a\n'
    )
    read = read_examples(source)

    assert [f"{source}:2", f"{source}:7"] == [e.where for e in read.examples]
    assert [
        (f"{source}:5", "message 2 (assistant) is empty"),
        (f"{source}:6", "1 cells stand here, and 2 in the header"),
    ] == [(p.where, p.message) for p in read.problems]


def test_columns_are_mapped_by_the_brief(tmp_path: Path):
    """Nobody renames the columns of a production table for us."""
    columns = Columns(
        question="text", answer="label", tags=("team",), reviewed="ok", cluster="doc"
    )
    source = write(tmp_path / "x.csv", "text,label,team,ok,doc\nq,a,billing,yes,d1\n")
    example = read_examples(source, columns=columns).examples[0]

    assert ({"team": "billing"}, True, "d1") == (
        dict(example.tags),
        example.reviewed,
        example.cluster,
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("text,label\nq,a\n", "no column 'question' for the question, only 'text'"),
        ("question,question,answer\n", "two columns are called 'question'"),
        ('question,answer\n"never closed,a\nq,a\n', "this is not CSV"),
        (b"question,answer\ncaf\xe9,a\n", "byte 4 is not UTF-8"),
        (b"question,answer\nq\x00,a\n", "holds a NUL byte"),
        ("question,answer\n" + "x" * 2_000_000 + ",a\n", "is too long"),
        ("question,answer\n", "is empty"),
        ("", "there is no column"),
    ],
)
def test_a_csv_file_that_cannot_be_read_is_one_sentence(
    tmp_path: Path, content: bytes | str, said: str
):
    """The place is named, as in every other kind of file."""
    source = write(tmp_path / "x.csv", content)

    with pytest.raises(BadExamples) as caught:
        read_examples(source)

    assert said in str(caught.value)


@pytest.mark.parametrize("pack", [gzip.compress, zstd, lambda data: data])
@pytest.mark.parametrize("name", ["x.csv", "x.jsonl"])
def test_files_may_be_packed(tmp_path: Path, pack: Any, name: str):
    """Logs are kept packed; unpacking them by hand costs a disk."""
    rows = b"".join(json.dumps(chat(f"q{n}", "a")).encode() + b"\n" for n in range(9))
    table = b"question,answer\n" + b"".join(b"q%d,a\n" % n for n in range(9))
    source = write(tmp_path / name, pack(table if name == "x.csv" else rows))

    assert [f"q{n}" for n in range(9)] == [
        e.question for e in read_examples(source).examples
    ]


def test_a_zstd_bomb_and_a_cut_off_one_are_refused(tmp_path: Path):
    """The same limits hold for every kind of packing."""
    limits = Limits(ratio_from_bytes=4 << 20)
    bomb = write(tmp_path / "bomb.jsonl.zst", zstd(b" " * (50 << 20)))
    rows = b"".join(json.dumps(r).encode() + b"\n" for r in chats(500))
    cut = write(tmp_path / "cut.jsonl.zst", zstd(rows)[:-20])

    with pytest.raises(BadExamples, match="unpacks to more than 200 times"):
        read_examples(bomb, limits=limits)
    with pytest.raises(BadExamples, match="damaged or cut off zstd"):
        read_examples(cut)


def test_parquet_is_read_row_by_row(tmp_path: Path):
    """A warehouse exports Parquet; a null there is an empty cell."""
    table = {
        "question": ["q1", None, "q3"],
        "answer": ["a", "b", None],
        "id": [1, 2, 3],
    }
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table(table), path)
    read = read_examples(str(path))

    assert ["1"] == [e.id for e in read.examples]
    assert [f"{path}:2", f"{path}:3"] == [p.where for p in read.problems]


def test_parquet_may_hold_whole_chats(tmp_path: Path):
    """As lists, the way the hubs for data sets keep them, or as JSON."""
    rows = chats(3)
    path = tmp_path / "x.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    texts = tmp_path / "y.parquet"
    column = [json.dumps(row["messages"]) for row in rows]
    pq.write_table(pa.table({"messages": column}), texts)

    assert 3 == len(read_examples(str(path)).examples)
    assert 3 == len(read_examples(str(texts)).examples)


def test_a_frame_is_read_like_a_file():
    """A notebook need not write a file to have its examples checked."""
    frame = pd.DataFrame({"question": ["q1", "q2"], "answer": ["a", float("nan")]})
    read = read_frame(frame)

    assert (["q1"], ["frame:2"]) == (
        [e.question for e in read.examples],
        [p.where for p in read.problems],
    )


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_damage_makes_a_table_raise(tmp_path: Path, data: st.DataObject):
    """Anything but our own error would be a traceback at the user's terminal."""
    path = tmp_path / "good.parquet"
    pq.write_table(pa.table({"question": ["a", "b"], "answer": ["c", "d"]}), path)
    csv = b'question,answer,id\n"a b",c,1\n"d ""e""",f,2\n'
    name, good = data.draw(
        st.sampled_from(
            [("x.parquet", path.read_bytes()), ("x.csv", csv), ("x.jsonl", zstd(csv))]
        )
    )
    content = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(good) - 1))] = data.draw(
            st.integers(0, 255)
        )
    cut = data.draw(st.sampled_from([len(content), len(content) // 2]))
    source = write(tmp_path / name, bytes(content[:cut]))
    said = ""
    try:
        read_examples(source)
    except SufficeError as error:
        said = str(error)

    assert "\n" not in said
