"""
What a caller asks the engine, what comes back, and which asks run together.

Pure: no engine, no clock, no thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

MAX_BATCH = 32
MAX_BATCH_TOKENS = 3072
"""Prompts and answers of a batch: at the peak they take about 0.2 MB a token."""
LONG_PREFIX_TOKENS = 256
"""From here on a beginning that is computed again costs more than company saves."""
# Prompts of one batch are forwarded together up to the shortest one's length; what
# is longer goes token by token, which costs about three times as much a token.
LENGTH_RATIO = 1.06
LENGTH_SLACK = 12
MIN_SHARED_TOKENS = 16
"""A shared beginning shorter than this is not worth keeping."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the next token is drawn; one batch has one way."""

    temperature: float = 0.0
    """0 takes the likeliest token."""
    top_p: float = 1.0
    seed: int | None = None
    """0 to 2**32 - 1.  None where nothing is drawn (temperature 0)."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A token as it was generated."""

    id: int
    logprob: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Ask:
    """One prompt to be continued; equal to nothing but itself."""

    model: str
    prefix: tuple[int, ...]
    """Tokens that other asks are likely to begin with: instructions, examples."""
    suffix: tuple[int, ...]
    """The rest of the prompt; never empty."""
    max_tokens: int
    sampling: Sampling = field(default_factory=Sampling)
    stop: tuple[str, ...] = ()
    on_text: Callable[[str], None] | None = None
    """Called with each new piece of the answer's text, from the engine's thread."""
    given_up: Callable[[], bool] = lambda: False
    """Whether nobody waits for the answer any more."""

    @property
    def prompt(self) -> tuple[int, ...]:
        """All tokens of the prompt."""
        return self.prefix + self.suffix


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a prompt was continued with, and what that took."""

    text: str
    pieces: tuple[Piece, ...]
    finish: Literal["stop", "length"]
    prompt_tokens: int
    cached_tokens: int
    """Tokens of the prompt that were not computed for this answer."""
    cpu_s: float
    """This answer's share, by tokens computed, of the batch's processor seconds."""


def next_batch(waiting: Sequence[Ask], free: int = 1) -> list[Ask]:
    """
    The asks to run now: the oldest one and those that go well with it.

    They have the same model and sampling.  If at least half of the asks that could
    join begin like the oldest, or it begins at length, those that begin so run
    together and their common beginning is computed once; otherwise neighbours in
    length run together.  When *free* workers wait, including the one who asks, and
    there is nothing else for the others, they get their part.
    """
    first = waiting[0]
    if first.sampling.seed is not None:
        return [first]
    peers = [a for a in waiting if _way(a) == _way(first)]
    same = [a for a in peers if a.prefix == first.prefix]
    alike = 2 * len(same) >= min(len(peers), MAX_BATCH)
    long = len(first.prefix) >= LONG_PREFIX_TOKENS
    if is_worth_sharing(first.prefix) and (alike or long):
        group, near = same, _near(first, same, key=lambda ask: len(ask.suffix))
    else:
        group, near = peers, _near(first, peers, key=lambda ask: len(ask.prompt))
    return near if len(group) < len(waiting) else near[: -(-len(group) // free)]


def shared_prefix(batch: Sequence[Ask]) -> tuple[int, ...]:
    """The beginning that all of the batch declare, if it is worth keeping."""
    prefix, n = Counter(ask.prefix for ask in batch).most_common(1)[0]
    return prefix if n == len(batch) and is_worth_sharing(prefix) else ()


def is_worth_sharing(prefix: Sequence[int]) -> bool:
    """Whether computing *prefix* once rather than again saves anything."""
    return len(prefix) >= MIN_SHARED_TOKENS


def _way(ask: Ask) -> tuple[str, Sampling]:
    return ask.model, ask.sampling


def _near(first: Ask, asks: list[Ask], *, key: Callable[[Ask], int]) -> list[Ask]:
    """Up to a batch of *asks* with lengths close to that of *first*."""
    chosen: list[Ask] = []
    low = high = key(first)
    for ask in sorted(asks, key=lambda a: (a is not first, abs(key(a) - key(first)))):
        low_then, high_then = min(low, key(ask)), max(high, key(ask))
        longest = max(_size(a) for a in [*chosen, ask])
        fits = high_then <= low_then * LENGTH_RATIO + LENGTH_SLACK and longest * (
            len(chosen) + 1
        ) <= max(MAX_BATCH_TOKENS, _size(first))
        if fits and len(chosen) < MAX_BATCH:
            chosen.append(ask)
            low, high = low_then, high_then
    return chosen


def _size(ask: Ask) -> int:
    """Tokens the ask takes at most."""
    return len(ask.prefix) + len(ask.suffix) + ask.max_tokens
