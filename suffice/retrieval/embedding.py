"""
Vectors from an endpoint, each text paid for once and stored like every other answer.

Who sends the request is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from suffice.economics.prices import Price
from suffice.errors import CallFailed
from suffice.measuring.budget import Budget
from suffice.measuring.demonstrations import n_tokens
from suffice.measuring.embeddings import vector
from suffice.measuring.responses import ResponseStore, response_key
from suffice.results import Completion

if TYPE_CHECKING:
    from suffice.retrieval.vectors import Vectors

AT_ONCE = 256
"""Texts in one request."""
_MOST_CHARS = 24_000
"""Of a text that are embedded; endpoints refuse more than about 8,000 tokens."""


class Embedder(Protocol):
    """Anything that turns texts into vectors."""

    async def embed(self, model: str, texts: Sequence[str]) -> Completion:
        """
        The vectors of *texts*, one to a line of the answer's text.

        Raises `CallFailed`.  See `suffice.measuring.embeddings`.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """The vectors of some texts, and what they took."""

    vectors: Vectors
    usd: float | None
    """At list prices; ``None`` when the price is unknown."""
    spent_usd: float
    """Spent now: nothing for what was stored."""
    latency_s: float
    """Of the requests that gave them."""


@dataclass(frozen=True, kw_only=True)
class Vectoriser:
    """Embeds texts by one model, on somebody's account."""

    embedder: Embedder
    model: str
    endpoint_name: str
    store: ResponseStore | None = None
    price: Price | None = None
    budget: Budget | None = None

    async def vectors(self, texts: Sequence[str]) -> Embedded:
        """
        A vector for each of *texts*, from the store where it is there.

        Raises `CallFailed`, and `OverBudget` before a call that is too dear.
        """
        import numpy as np

        keys = [self._key(text) for text in texts]
        known = {k: c for k in dict.fromkeys(keys) if (c := self._stored(k))}
        new = [i for i, key in enumerate(keys) if key not in known]
        spent = 0.0
        for start in range(0, len(new), AT_ONCE):
            some = new[start : start + AT_ONCE]
            bought = await self._buy([texts[i] for i in some])
            fresh = dict(zip((keys[i] for i in some), bought, strict=True))
            if self.store:
                self.store.put_many(fresh.items())
            spent += sum(self._usd(c) or 0.0 for c in bought)
            known |= fresh
        found = [known[key] for key in keys]
        prices = [self._usd(c) for c in found]
        return Embedded(
            vectors=np.stack([vector(c.text) for c in found]),
            usd=None if None in prices else sum(p or 0.0 for p in prices),
            spent_usd=spent,
            latency_s=max((c.latency_s for c in found), default=0.0),
        )

    async def _buy(self, texts: Sequence[str]) -> list[Completion]:
        likely = n_tokens(sum(map(len, texts)))
        usd = self.price.usd(input_tokens=likely, output_tokens=0) if self.price else 0
        held = self.budget.reserve(usd or 0.0) if self.budget else None
        paid = 0.0
        try:
            sent = [text[:_MOST_CHARS] or " " for text in texts]
            answer = await self.embedder.embed(self.model, sent)
            paid = self._usd(answer) or 0.0
        finally:
            if self.budget and held:
                self.budget.settle(held, paid)
        rows = answer.text.split("\n")
        if len(rows) != len(texts):
            raise CallFailed(
                f"{self.model!r} gave {len(rows)} vectors for {len(texts)} texts"
            )
        return [_part(answer, row, len(texts)) for row in rows]

    def _key(self, text: str) -> str:
        asked = {"model": self.model, "embed": text[:_MOST_CHARS]}
        return response_key(self.endpoint_name, asked)

    def _stored(self, key: str) -> Completion | None:
        return self.store.get(key) if self.store else None

    def _usd(self, completion: Completion) -> float | None:
        if self.price is None:
            return None
        return self.price.usd(
            input_tokens=completion.input_tokens,
            output_tokens=0,
            cpu_s=completion.cpu_s,
        )


def _part(answer: Completion, text: str, n: int) -> Completion:
    """One text's part of what *n* texts took together."""
    cpu_s = None if answer.cpu_s is None else answer.cpu_s / n
    tokens = -(-answer.input_tokens // n)
    return replace(answer, text=text, input_tokens=tokens, cpu_s=cpu_s)
