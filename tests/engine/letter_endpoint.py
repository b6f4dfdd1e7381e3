"""Embeddings that count letters, and what they are asked."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace

import numpy as np
from engine_fakes import examples, price

from suffice.errors import CallFailed
from suffice.measuring.embedder import Embedder
from suffice.results import Completion

PRICE = price("e", 1.0)


EXAMPLE = replace(examples(1)[0], answer="the cat sat", references=("a cat sat",))


def letters(text):
    """A vector of how often each letter occurs: near for texts of the same words."""
    return np.array([text.count(chr(97 + i)) for i in range(26)], dtype="<f4")


class LetterEndpoint:
    """Embeds by counting letters; some texts it refuses."""

    def __init__(self, refuses=()):
        self.batches = []
        self.refuses = refuses

    async def embed(self, model, texts):
        self.batches.append(list(texts))
        await asyncio.sleep(0.01)
        if set(texts) & set(self.refuses):
            raise CallFailed("too long")
        lines = [base64.b64encode(letters(t).tobytes()).decode() for t in texts]
        return Completion(
            text="\n".join(lines),
            model=model,
            finish_reason="embedded",
            input_tokens=10 * len(texts),
            latency_s=0.0,
        )


def embedder(endpoint, **settings):
    return Embedder("e", endpoint, endpoint_name="here", price=PRICE, **settings)
