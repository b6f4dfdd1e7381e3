"""
``POST /v1/embeddings``: one vector a text, from the base's input embeddings.

These are *static* embeddings: each token's row of the base's embedding table,
rare tokens counting more than frequent ones, added up and brought to length 1.
Word order does not change them.  They find texts that share words and their
near relatives; a trained embedding model finds more.  They cost next to nothing,
and are computed without torch.
"""

from __future__ import annotations

import base64
import functools
import json
import time
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from suffice.local.api_error import ApiError, ErrorRoute
from suffice.local.catalogue import Catalogue, unknown_model
from suffice.local.chat import tokens_of
from suffice.local.weights import BASES, base_folder_apart

MAX_INPUTS = 2048
_TABLE = "model.embed_tokens.weight"

Input = str | list[str] | list[int] | list[list[int]]
Vector = npt.NDArray[np.float32]


class EmbeddingRequest(BaseModel):
    """``POST /v1/embeddings``."""

    model_config = ConfigDict(extra="forbid")

    model: str
    input: Input
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = Field(default=None, ge=1)
    user: str | None = None


class Embedder:
    """The embedding table of the base in a Hugging Face folder."""

    def __init__(self, folder: Path) -> None:
        self._table = embedding_table(folder / "model.safetensors")
        self._mean: Vector = self._table.mean(axis=0)

    @property
    def vocabulary(self) -> int:
        """How many tokens there are; ids are below it."""
        return len(self._table)

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self._table.shape[1])

    def vector(self, ids: list[int]) -> Vector:
        """
        The vector of a text, of length 1.

        A token's id is its rank: merges were learnt in order of frequency.  By
        Zipf's law log(1 + rank) is then what the token tells, up to a factor.
        """
        weights = np.log1p(np.asarray(ids, dtype=np.float32))[:, None]
        total = (weights * (self._table[ids] - self._mean)).sum(axis=0)
        norm = float(np.linalg.norm(total))
        unit: Vector = (total / (norm or 1.0)).astype(np.float32)
        return unit


def embedding_table(file: Path) -> Vector:
    """The rows of the embedding table, read from the disk as they are needed."""
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        entry = json.loads(opened.read(length))[_TABLE]
    return np.memmap(
        file,
        dtype=np.float32,
        mode="r",
        offset=8 + length + entry["data_offsets"][0],
        shape=tuple(entry["shape"]),
    )


def embeddings_router(catalogue: Catalogue) -> APIRouter:
    """The embeddings route."""
    router = APIRouter(prefix="/v1/embeddings", route_class=ErrorRoute, tags=["embed"])

    @router.post("")
    def embed(request: EmbeddingRequest) -> dict[str, Any]:
        if request.model not in BASES:
            raise unknown_model(request.model)
        started = time.thread_time()
        folder = base_folder_apart(catalogue.root, request.model)
        embedder = _embedder(folder / "hf")
        _check_dimensions(request, embedder)
        texts = _token_lists(request, folder / "ct2", embedder.vocabulary)
        data = [_item(i, embedder.vector(ids), request) for i, ids in enumerate(texts)]
        n_tokens = sum(map(len, texts))
        usage = {
            "prompt_tokens": n_tokens,
            "total_tokens": n_tokens,
            "cpu_s": time.thread_time() - started,
        }
        return {"object": "list", "data": data, "model": request.model, "usage": usage}

    return router


@functools.lru_cache(maxsize=2)
def _embedder(folder: Path) -> Embedder:
    return Embedder(folder)


def _check_dimensions(request: EmbeddingRequest, embedder: Embedder) -> None:
    if request.dimensions not in (None, embedder.dimensions):
        raise ApiError(
            message=f"'dimensions' is {request.dimensions}; the vectors of "
            f"{request.model!r} have {embedder.dimensions}: leave it out.",
            param="dimensions",
            code="unsupported_value",
        )


def _token_lists(
    request: EmbeddingRequest, folder: Path, vocabulary: int
) -> list[list[int]]:
    texts = _texts(request.input)
    if not 0 < len(texts) <= MAX_INPUTS:
        raise _bad_input(f"has {len(texts)} texts; 1 to {MAX_INPUTS} are possible")
    tokens = tokens_of(folder)
    lists = [
        tokens.encode(text, add_special_tokens=False, split_special_tokens=True)
        if isinstance(text, str)
        else text
        for text in texts
    ]
    for i, ids in enumerate(lists):
        if not ids or not all(0 <= token < vocabulary for token in ids):
            raise _bad_input(f"is empty or has an unknown token at number {i}")
    return lists


def _texts(given: Input) -> list[str | list[int]]:
    """Texts, or lists of token ids, whichever of the four forms was given."""
    if isinstance(given, str):
        return [given]
    if given and isinstance(given[0], int):
        return [[token for token in given if isinstance(token, int)]]
    return [text for text in given if not isinstance(text, int)]


def _bad_input(what: str) -> ApiError:
    return ApiError(message=f"'$.input' is invalid: it {what}.", param="input")


def _item(index: int, vector: Vector, request: EmbeddingRequest) -> dict[str, Any]:
    shown: str | list[float] = vector.tolist()
    if request.encoding_format == "base64":
        shown = base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return {"object": "embedding", "index": index, "embedding": shown}
