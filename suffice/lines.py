"""
Lines of text files as bytes, with their numbers, within stated limits.

Files may be compressed with gzip; what they are is told by their first bytes, not by
their name.  Lines end at a line feed only: U+2028 and its like stand inside strings.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from suffice import storage
from suffice.disk import CHUNK_BYTES
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


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is too much, so that no file can fill the memory or the disk."""

    line_bytes: int = 1 << 20
    """Longest line that is read; a longer one is reported."""
    total_bytes: int = 16 << 30
    """Most bytes of one file, once unpacked."""
    ratio: float = 200.0
    """Most bytes that one compressed byte may unpack to..."""
    ratio_from_bytes: int = 32 << 20
    """...once this much has been unpacked."""


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
_BOM = b"\xef\xbb\xbf"


def open_lines(source: str, limits: Limits | None = None) -> Iterator[Line]:
    """
    The lines of every file that *source* names, one after the other.

    Raises `UnusableInput` (`BadExamples` where the content is at fault) or
    `EnvironmentFailed`, in one sentence.
    """
    limits = limits or Limits()
    for file in storage.find(source):
        yield from _split(file, unpacked(file, limits), limits)


def unpacked(file: str, limits: Limits) -> Iterator[bytes]:
    """The bytes of *file*, unpacked where packed, without a byte order mark."""
    raw = storage.read_chunks(file)
    head = next(raw, b"")
    for magic, what in _OTHER_FORMATS.items():
        if head.startswith(magic):
            raise BadExamples(f"{file}:1: this file is {what}.")
    chunks = _chain(head, raw)
    if head.startswith(_GZIP):
        chunks = _gunzip(file, chunks, limits)
    elif file.endswith(".gz"):
        raise BadExamples(f"{file}:1: the name says gzip, but the content is not.")
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


def _gunzip(file: str, chunks: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
    """Unpack piece by piece; never more than one piece beyond the limits."""
    packed = size = 0
    engine = zlib.decompressobj(wbits=31)
    for chunk in chunks:
        packed += len(chunk)
        full = False
        while full or chunk:
            if engine.eof:
                if not chunk.strip(b"\0"):  # gzip may be padded with zero bytes
                    break
                engine = zlib.decompressobj(wbits=31)
            piece = _inflate(file, engine, chunk)
            size += len(piece)
            if size > max(limits.ratio_from_bytes, limits.ratio * packed):
                raise BadExamples(
                    f"{file!r} unpacks to more than {limits.ratio:.0f} times its size "
                    "and was left unread; unpack it yourself if you trust it."
                )
            yield piece
            full = len(piece) == CHUNK_BYTES
            chunk = engine.unused_data if engine.eof else engine.unconsumed_tail
    if not engine.eof:
        raise BadExamples(f"{file!r} is cut off inside its gzip data; fetch it again.")


def _inflate(file: str, engine: zlib._Decompress, data: bytes) -> bytes:
    try:
        return engine.decompress(data, CHUNK_BYTES)
    except zlib.error as error:
        raise BadExamples(
            f"{file!r} is damaged gzip ({error}); fetch or pack it again."
        ) from error


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
