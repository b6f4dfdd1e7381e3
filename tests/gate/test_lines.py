"""Files, folders, packed files: what is read, and what is refused in one sentence."""

from __future__ import annotations

import gzip
import json
import os
import tracemalloc
from pathlib import Path

import pytest
from gate_data import Write, chat, chats

from suffice.data.lines import open_lines
from suffice.data.reading import TOLD_ROWS, read_examples
from suffice.data.unpacking import Limits
from suffice.errors import BadExamples, UnusableInput


def test_a_line_ends_at_a_line_feed_only(write: Write):
    """U+2028 and U+0085 stand inside strings; splitting there loses valid rows."""
    source = write(
        json.dumps(chat("a\u2028b\u0085c", "d"), ensure_ascii=False), chat("e", "f")
    )

    assert ["a\u2028b\u0085c", "e"] == [
        e.question for e in read_examples(source).examples
    ]


def test_a_byte_order_mark_and_crlf_are_no_fault(write: Write):
    """Both come from a common editor and change nothing of the content."""
    row = json.dumps(chat("a", "b")).encode()
    source = write(b"\xef\xbb\xbf" + row + b"\r", row + b"\r")

    read = read_examples(source)

    assert (2, ()) == (len(read.examples), read.problems)


def test_blank_lines_are_passed_over_and_counted(write: Write):
    """The line number in a message must be the one the editor shows."""
    source = write(chat("a", "b"), "", "   ", "{")

    assert [f"{source}:4"] == [p.where for p in read_examples(source).problems]


def test_gzip_is_told_by_its_content(tmp_path: Path):
    """A packed file is often renamed on its way."""
    path = tmp_path / "examples.jsonl"
    packed = b"".join(
        gzip.compress(json.dumps(row).encode() + b"\n") for row in chats(3)
    )
    path.write_bytes(packed + b"\0" * 100)

    assert 3 == len(read_examples(str(path)).examples)


def test_a_cut_off_gzip_is_refused(tmp_path: Path):
    """Half of the examples must not pass for all of them."""
    path = tmp_path / "examples.jsonl.gz"
    rows = b"".join(json.dumps(row).encode() + b"\n" for row in chats(2000))
    path.write_bytes(gzip.compress(rows)[:-100])

    with pytest.raises(BadExamples, match="cut off inside its gzip data"):
        read_examples(str(path))


def test_a_gzip_bomb_is_left_before_it_fills_the_memory(tmp_path: Path):
    """Half a megabyte may unpack to gigabytes."""
    path = tmp_path / "bomb.jsonl.gz"
    path.write_bytes(gzip.compress(b" " * (100 << 20)))
    tracemalloc.start()
    try:
        with pytest.raises(BadExamples, match="unpacks to more than 200 times"):
            for _ in open_lines(str(path), Limits(ratio_from_bytes=4 << 20)):
                pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 30 << 20


def test_a_line_that_is_too_long_is_named_and_the_rest_is_read(write: Write):
    """One runaway row must neither fill the memory nor hide the others."""
    source = write(chat("a", "b"), b"x" * (50 << 20), chat("c", "d"))

    read = read_examples(source)

    assert ["a", "c"] == [e.question for e in read.examples]
    assert [
        (f"{source}:2", "the line is 52,428,800 bytes long; 1,048,576 are read")
    ] == [(p.where, p.message) for p in read.problems]


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"PK\x03\x04rest", "a zip archive"),
        (b"PAR1rest", "a Parquet file"),
        (b"BZh9rest", "bzip2"),
        (b"\xfd7zXZ\x00rest", "xz"),
        ("{}".encode("utf-16"), "UTF-16"),
        (b"\xfe\xff\x00{", "UTF-16"),
        (b"SQLite format 3\x00", "SQLite"),
    ],
)
def test_another_format_is_called_by_its_name(tmp_path: Path, head: bytes, said: str):
    """'Not JSON' on every line would not help anybody."""
    path = tmp_path / "examples.jsonl"
    path.write_bytes(head)

    with pytest.raises(BadExamples, match=said):
        read_examples(str(path))


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"  \r\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes):
    """An empty set would pass every check there is."""
    path = tmp_path / "examples.jsonl"
    path.write_bytes(content)

    with pytest.raises(BadExamples, match="is empty"):
        read_examples(str(path))


def test_a_folder_a_missing_file_and_a_pipe_are_refused(tmp_path: Path):
    """A pipe would hang for ever, a folder raise something of the system's."""
    os.mkfifo(tmp_path / "pipe")
    said = {}
    for name in ("", "none.jsonl", "pipe", "x\0y", "n" * 5000, "*.jsonl"):
        with pytest.raises(UnusableInput) as caught:
            read_examples(str(tmp_path / name))
        said[name] = str(caught.value)

    assert "is a folder" in said[""]
    assert "There is no file" in said["none.jsonl"]
    assert "is not a regular file" in said["pipe"]
    assert "No file matches" in said["*.jsonl"]


def test_an_unknown_kind_of_address_is_refused():
    """Nothing is fetched from an address that nobody vouched for."""
    with pytest.raises(UnusableInput, match="local path or an s3://"):
        read_examples("https://example.com/x.jsonl")


def test_a_file_that_grows_while_it_is_read_is_refused(write: Write):
    """A log that is still being written is not yet a data set."""
    source = write(*chats(3))
    lines = open_lines(source)
    next(lines)
    with Path(source).open("ab") as file:
        file.write(b"{}\n")

    with pytest.raises(UnusableInput, match="changed while it was read"):
        list(lines)


def test_a_pattern_reads_files_in_the_order_of_their_names(
    write: Write, tmp_path: Path
):
    """The order of the examples must not depend on the file system."""
    write(chat("b", "x"), name="2.jsonl")
    write(chat("a", "x"), name="1.jsonl")

    read = read_examples(str(tmp_path / "*.jsonl"))

    assert ["a", "b"] == [e.question for e in read.examples]


def test_a_long_reading_tells_how_far_it_is(write: Write):
    """A gigabyte from S3 takes minutes, and silence looks like a fault."""
    told: list[str] = []
    source = write(*[chat("a", "b")] * (TOLD_ROWS + 1))
    read_examples(source, tell=told.append)

    assert [f"{source}: 20,000 rows read"] == told
