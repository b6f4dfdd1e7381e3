"""
The work of a rung: how many calls, how many tokens, at the most.

It knows what the rungs do on dev and test, and nothing of prices.
"""

from __future__ import annotations

from dataclasses import dataclass

from suffice.economics.choice import TUNED

FLOOR = "floor"


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How many examples there are for each purpose."""

    train: int
    dev: int
    test: int


@dataclass(frozen=True, kw_only=True)
class MeanTokens:
    """Mean tokens of one example's parts, and of the instructions."""

    question: float
    answer: float
    instructions: float
    tuned_instructions: float = 0.0
    """What the tuned model is told at run time."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How hard each rung tries; the defaults are what the rungs themselves use."""

    shots: tuple[int, ...] = (4, 8, 16)
    """Numbers of demonstrations that are tried."""
    draws: int = 3
    """Draws of demonstrations of each number."""
    prompts: int = 6
    """Prompts that the optimised rung chooses from."""
    first_round: int = 8
    """Dev examples in the first round of a choice; each next round doubles them."""
    most_dev: int = 64
    reasoning_tokens: float = 256.0
    """Longest answer of a prompt that asks for reasoning."""
    epochs: int = 3


@dataclass(frozen=True, kw_only=True)
class Load:
    """What one rung asks of a model, in all its calls together."""

    n_calls: int = 0
    input_tokens: float = 0.0
    output_tokens: float = 0.0
    trained_tokens: float = 0.0


def load_of(
    rung: str,
    sizes: Sizes,
    tokens: MeanTokens,
    effort: Effort,
    *,
    max_output_tokens: int,
) -> Load:
    """
    What a rung asks of one model, every example and every alternative tried.

    A prompted model may talk up to the limit; a tuned one answers as it was taught.
    """
    if rung == FLOOR:
        return Load()
    shown = max(effort.shots, default=0) * (tokens.question + tokens.answer)
    written = float(max_output_tokens)
    if rung == TUNED:
        asked, n_candidates = tokens.tuned_instructions, 1
        written = min(written, tokens.answer)
    elif rung == "zero-shot":
        asked, n_candidates = tokens.instructions, 2
    elif rung == "few-shot":
        asked = tokens.instructions + shown
        n_candidates = len(effort.shots) * effort.draws
    else:
        asked, n_candidates = tokens.instructions + shown, effort.prompts
        written = max(written, effort.reasoning_tokens)
    n_calls = sizes.test + choice_calls(n_candidates, sizes.dev, effort)
    each = tokens.tuned_instructions + tokens.question + tokens.answer
    return Load(
        n_calls=n_calls,
        input_tokens=n_calls * (asked + tokens.question),
        output_tokens=n_calls * written,
        trained_tokens=sizes.train * each * effort.epochs if rung == TUNED else 0.0,
    )


def choice_calls(n_candidates: int, n_dev: int, effort: Effort) -> int:
    """
    Calls of a choice by successive halving, at most.

    >>> choice_calls(1, 64, Effort()), choice_calls(4, 64, Effort())
    (0, 152)
    """
    if n_candidates <= 1 or n_dev <= 0:
        return 0
    n_dev = min(n_dev, effort.most_dev)
    asked, left, calls = 0, n_candidates, 0
    upto = min(effort.first_round, n_dev)
    while True:
        calls += left * (upto - asked)
        if upto == n_dev or left == 1:
            return calls
        # The candidate that the choice started from always stays in.
        left = min(left, max(1, left // 2) + 1)
        asked, upto = upto, min(2 * upto, n_dev)
