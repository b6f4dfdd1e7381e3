"""One stored answer as a row, with a checksum that tells when it is not as it was."""

from __future__ import annotations

import zlib
from dataclasses import replace

import msgspec

from suffice.measuring.databases import Row
from suffice.results import Completion

_decoder = msgspec.json.Decoder(Completion)


def read_row(key: bytes, body: object, checksum: object) -> Completion | None:
    """The answer to *key*, marked as reused; ``None`` when it was damaged."""
    if not isinstance(body, bytes):
        return None
    # Earlier versions left the key out, so that one answer could pass for another.
    if checksum not in (_checksum(bytes(key), body), zlib.crc32(body)):
        return None
    try:
        return replace(_decoder.decode(body), reused=True)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _checksum(key: bytes, body: bytes) -> int:
    """Of both together, and never equal to that of a body alone."""
    return (1 << 32) + zlib.crc32(body, zlib.crc32(key))


def row_of(key: str, c: Completion, at: float, account: str) -> Row:
    """What is stored for it, in the order of the table's columns."""
    body = msgspec.json.encode(c)
    paid = (c.usd, c.input_tokens, c.output_tokens, account)
    named = bytes.fromhex(key)
    return (named, c.model, at, body, _checksum(named, body), *paid)
