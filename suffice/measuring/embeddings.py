"""
Embeddings as text: replies of ``/v1/embeddings`` read, vectors written and compared.

A vector is kept as the base64 of its 32-bit floats, so that the store of responses can
hold it like any other answer.
"""

from __future__ import annotations

import base64
import binascii

import msgspec
import numpy as np
import numpy.typing as npt

from suffice.errors import CallFailed
from suffice.results import Completion

Vector = npt.NDArray[np.float32]

_CHARS_PER_TOKEN = 4


class _Item(msgspec.Struct):
    embedding: str | list[float]
    index: int = 0


class _Usage(msgspec.Struct):
    prompt_tokens: int
    cpu_s: float | None = None


class _Reply(msgspec.Struct):
    data: list[_Item]
    model: str = ""
    usage: _Usage | None = None


_decoder = msgspec.json.Decoder(_Reply)


def read_embeddings(body: bytes, *, sent: bytes, latency_s: float) -> Completion:
    """
    The vectors in *body*, one to a line of the completion's text, in their order.

    Endpoints that answer with lists of numbers instead of base64 are understood.
    Raises `CallFailed` when it is something else.
    """
    try:
        reply = _decoder.decode(body)
        rows = sorted(reply.data, key=lambda item: item.index)
        lines = [_line(item.embedding) for item in rows]
    except (ValueError, binascii.Error) as error:
        raise CallFailed(f"the reply holds no embeddings: {error}") from error
    usage = reply.usage or _Usage(prompt_tokens=-(-len(sent) // _CHARS_PER_TOKEN))
    return Completion(
        text="\n".join(lines),
        model=reply.model,
        finish_reason="embedded",
        input_tokens=usage.prompt_tokens,
        latency_s=latency_s,
        cpu_s=usage.cpu_s,
    )


def vector(line: str) -> Vector:
    """The vector of one line; raises ``ValueError`` when it is none."""
    found: Vector = np.frombuffer(base64.b64decode(line, validate=True), dtype="<f4")
    if not len(found) or not np.isfinite(found).all():
        raise ValueError("it is empty, or holds what is no number")
    return found


def cosine(a: Vector, b: Vector) -> float:
    """
    Cosine of the angle between two vectors, -1 to 1; 0 when one of them is zero.

    >>> cosine(np.array([3.0, 4.0]), np.array([4.0, 3.0]))
    0.96
    """
    lengths = float(np.linalg.norm(a)) * float(np.linalg.norm(b))
    if not lengths:
        return 0.0
    # Rounding may lead a little beyond.
    return min(1.0, max(-1.0, float(a @ b) / lengths))


def _line(embedding: str | list[float]) -> str:
    if isinstance(embedding, str):
        vector(embedding)
        return embedding
    return base64.b64encode(np.asarray(embedding, dtype="<f4").tobytes()).decode()
