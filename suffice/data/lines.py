"""
Lines of text files as bytes, with their numbers, within stated limits.

Files may be packed with gzip or zstd; what they are is told by their first bytes,
not by their name.  Lines end at a line feed only: U+2028 and its like stand inside
strings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from suffice.data import storage, unpacking
from suffice.data.unpacking import Limits
from suffice.errors import BadExamples


class Line(NamedTuple):
    """One line without its end."""

    file: str
    number: int
    """Counted from 1 in each file."""
    data: bytes
    """At most ``Limits.line_bytes`` of it."""
    n_bytes: int
    """How long the whole line is."""
    ended: bool
    """Whether a line feed followed; the last line of a cut file has none."""

    @property
    def where(self) -> str:
        """File and line, such as ``train.jsonl:12``."""
        return f"{self.file}:{self.number}"


_OTHER_FORMATS = {
    b"PK\x03\x04": "a zip archive; unpack it",
    b"PAR1": "a Parquet file; give it a name that ends in .parquet",
    b"\xfd7zXZ": "packed with xz; unpack it or use gzip",
    b"BZh": "packed with bzip2; unpack it or use gzip",
    b"\xff\xfe": "UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as UTF-8",
    b"SQLite format 3\0": "an SQLite database; export it as JSONL",
}
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_BOM = b"\xef\xbb\xbf"


def open_lines(source: str, limits: Limits | None = None) -> Iterator[Line]:
    """
    The lines of every file that *source* names, one after the other.

    Raises `UnusableInput` (`BadExamples` where the content is at fault) or
    `EnvironmentFailed`, in one sentence.
    """
    limits = limits or Limits()
    for file in storage.find(source):
        yield from read_lines(file, limits)


def read_lines(file: str, limits: Limits) -> Iterator[Line]:
    """The lines of one file."""
    return _split(file, unpacked(file, limits), limits)


def unpacked(file: str, limits: Limits) -> Iterator[bytes]:
    """The bytes of *file*, unpacked where packed, without a byte order mark."""
    raw = storage.read_chunks(file)
    head = next(raw, b"")
    for magic, what in _OTHER_FORMATS.items():
        if head.startswith(magic):
            raise BadExamples(f"{file}:1: this file is {what}.")
    chunks = _chain(head, raw)
    if head.startswith(_GZIP):
        chunks = unpacking.gunzip(file, chunks, limits)
    elif head.startswith(_ZSTD):
        chunks = unpacking.unzstd(file, chunks, limits)
    elif file.endswith((".gz", ".zst")):
        raise BadExamples(f"{file}:1: the name says packed, but the content is not.")
    first = True
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limits.total_bytes:
            raise BadExamples(
                f"{file!r} holds more than {limits.total_bytes:,} bytes; split it."
            )
        yield chunk.removeprefix(_BOM) if first else chunk
        first = False


def _chain(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


def _split(file: str, chunks: Iterator[bytes], limits: Limits) -> Iterator[Line]:
    number, rest, dropped = 0, b"", 0
    for chunk in chunks:
        *whole, tail = chunk.split(b"\n")
        for piece in whole:
            number += 1
            data = rest + piece if rest else piece
            yield _line(file, number, data, dropped, limits, ended=True)
            rest, dropped = b"", 0
        rest = rest + tail if rest else tail
        if len(rest) > limits.line_bytes:
            dropped += len(rest) - limits.line_bytes
            rest = rest[: limits.line_bytes]
    if rest:
        yield _line(file, number + 1, rest, dropped, limits, ended=False)


def _line(
    file: str, number: int, data: bytes, dropped: int, limits: Limits, *, ended: bool
) -> Line:
    n_bytes = len(data) + dropped
    if n_bytes > limits.line_bytes:
        data = data[: limits.line_bytes]
    return Line(file, number, data, n_bytes, ended)
