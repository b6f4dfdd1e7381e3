"""Packed bytes, unpacked piece by piece within stated limits."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from suffice.data.disk import CHUNK_BYTES
from suffice.errors import BadExamples, SufficeError


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


def gunzip(file: str, chunks: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
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
            _check_ratio(file, size, packed, limits)
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


def unzstd(file: str, chunks: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
    """The same for zstd, by the library that reads Parquet."""
    import pyarrow

    packed = _Packed(chunks)
    size = 0
    try:
        with pyarrow.CompressedInputStream(packed, "zstd") as stream:
            while piece := stream.read(CHUNK_BYTES):
                size += len(piece)
                _check_ratio(file, size, packed.n_bytes, limits)
                yield piece
    except (pyarrow.ArrowException, OSError) as error:
        if isinstance(error, SufficeError):
            raise
        raise BadExamples(
            f"{file!r} is damaged or cut off zstd; fetch or pack it again."
        ) from error


class _Packed(io.RawIOBase):
    """Pieces of bytes as a file that can only be read on."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""
        self.n_bytes = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._rest = chunk
        size = len(self._rest) if size < 0 else size
        piece, self._rest = self._rest[:size], self._rest[size:]
        self.n_bytes += len(piece)
        return piece


def _check_ratio(file: str, size: int, packed: int, limits: Limits) -> None:
    if size > max(limits.ratio_from_bytes, limits.ratio * packed):
        raise BadExamples(
            f"{file!r} unpacks to more than {limits.ratio:.0f} times its size "
            "and was left unread; unpack it yourself if you trust it."
        )
