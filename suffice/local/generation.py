"""
Continues one batch of prompts with CTranslate2, token by token.

CTranslate2 calls back after every token of every prompt; that is where an answer
ends early (its own limit, a stop text, nobody listening) and where it streams.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from suffice.local.asks import Answer, Ask, Piece, Sampling
from suffice.local.cpu_shares import CpuShares
from suffice.local.render import END
from suffice.local.tokens import Tokens


class _Writing:
    """One answer while it is being written."""

    def __init__(self, ask: Ask, tokens: Tokens, end: int) -> None:
        self.ask = ask
        self.pieces: list[Piece] = []
        self.finish: Literal["stop", "length"] = "length"
        self.text = ""
        self._tokens = tokens
        self._end = end
        self._told = 0
        self._reads = bool(ask.stop) or ask.on_text is not None

    def add(self, piece: Piece) -> bool:
        """Take the next token; True when the answer is over."""
        if piece.id == self._end:
            self.finish = "stop"
            return True
        self.pieces.append(piece)
        over = len(self.pieces) >= self.ask.max_tokens or self.ask.given_up()
        if self._reads:
            self.text = self._tokens.text([p.id for p in self.pieces])
            over = self._cut() or over
            self._tell(len(self.text) if over else self._safe_length())
        return over

    def end(self) -> str:
        """The whole text; what was held back is told."""
        if not self._reads:
            self.text = self._tokens.text([p.id for p in self.pieces])
        self._tell(len(self.text))
        return self.text

    def _cut(self) -> bool:
        """Whether a stop text has come; the answer ends before it."""
        places = [self.text.find(stop) for stop in self.ask.stop]
        found = [place for place in places if place >= 0]
        if found:
            self.text = self.text[: min(found)]
            self.finish = "stop"
        return bool(found)

    def _safe_length(self) -> int:
        """How much can be told: not what may be the beginning of a stop text."""
        held = 0
        for stop in self.ask.stop:
            for n in range(1, len(stop)):
                if self.text.endswith(stop[:n]):
                    held = max(held, n)
        return len(self.text) - held

    def _tell(self, length: int) -> None:
        if self.ask.on_text is not None and length > self._told:
            self.ask.on_text(self.text[self._told : length])
            self._told = length


def generate(
    generator: Any,  # ctranslate2.Generator, which has no types
    tokens: Tokens,
    batch: Sequence[Ask],
    *,
    prefix: tuple[int, ...],
    cached: bool,
    shares: CpuShares,
    stopped: Callable[[], bool] = lambda: False,
) -> list[Answer]:
    """
    The answers to *batch*, in its order.

    Every prompt begins with *prefix*, which is computed once and kept; *cached*
    says that it was kept before.  Once *stopped*, all end at their next token.
    """
    end = tokens.convert_tokens_to_ids(END)
    writings = [_Writing(ask, tokens, end) for ask in batch]

    def on_token(step: Any) -> bool:
        piece = Piece(id=step.token_id, logprob=step.log_prob)
        return writings[step.batch_id].add(piece) or stopped()

    with shares.counted() as share:
        generator.generate_batch(
            [tokens.names(list(ask.prompt[len(prefix) :])) for ask in batch],
            static_prompt=tokens.names(list(prefix)) or None,
            include_prompt_in_result=False,
            end_token=[end],
            return_end_token=True,
            return_scores=True,
            max_length=max(ask.max_tokens for ask in batch),
            callback=on_token,
            **_drawing(batch[0].sampling),
        )
    return _answers(
        writings, prefix_tokens=len(prefix), cached=cached, cpu_s=share.cpu_s
    )


def _drawing(sampling: Sampling) -> dict[str, Any]:
    if sampling.temperature == 0:
        return {"sampling_topk": 1}
    return {
        "sampling_topk": 0,
        "sampling_topp": sampling.top_p,
        "sampling_temperature": sampling.temperature,
    }


def _answers(
    writings: Sequence[_Writing], *, prefix_tokens: int, cached: bool, cpu_s: float
) -> list[Answer]:
    """The first of a batch pays for the common beginning if it was not there."""
    spared = [prefix_tokens if cached or i else 0 for i in range(len(writings))]
    computed = [
        len(w.ask.prompt) - n + len(w.pieces)
        for w, n in zip(writings, spared, strict=True)
    ]
    return [
        Answer(
            text=writing.end(),
            pieces=tuple(writing.pieces),
            finish=writing.finish,
            prompt_tokens=len(writing.ask.prompt),
            cached_tokens=n,
            cpu_s=cpu_s * share / sum(computed),
        )
        for writing, n, share in zip(writings, spared, computed, strict=True)
    ]
