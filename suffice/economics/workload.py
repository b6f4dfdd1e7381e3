"""
The work of a rung: how many calls, how many tokens, at the most.

It knows what the rungs do on dev and test, and nothing of prices.
"""

from __future__ import annotations

from dataclasses import dataclass

from suffice.economics.rungs import retrieves, tuned

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
    framing: float = 0.0
    """What the messages of a row to learn from take besides their texts."""

    def row(self, prompt: float) -> float:
        """Of a row to learn from, its question after a *prompt* of so many tokens."""
        return prompt + self.question + self.answer + self.framing


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How hard each rung tries; the defaults are what the rungs themselves use."""

    shots: tuple[int, ...] = (2, 4, 8, 16, 25)
    """Numbers of demonstrations that are tried."""
    retrieved: tuple[int, ...] = (4, 8, 16)
    """Numbers of retrieved examples that are tried, in each way to search."""
    passages: tuple[int, ...] = (2, 5, 10)
    """The same of passages."""
    passage_tokens: float = 200.0
    retrievers: int = 2
    """Ways to search: by words, and by vectors where the endpoint has them."""
    shown_tuned: int = 4
    """Examples or passages that a tuned model is shown, where it is shown any."""
    draws: int = 3
    """Draws of demonstrations of each number."""
    prompts: int = 10
    """Prompts that the optimised rung chooses from."""
    search_calls: int = 0
    """Answers that an optimiser may use besides."""
    first_round: int = 8
    """Dev examples in the first round of a choice; each next round doubles them."""
    most_dev: int = 64
    reasoning_tokens: float = 256.0
    """Longest answer of a prompt that asks for reasoning."""
    epochs: int = 3
    validations: int = 0
    """Looks at dev during training that are billed like training."""


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
    work = _work(rung, tokens, effort)
    written = float(max_output_tokens)
    if tuned(rung):
        written = min(written, tokens.answer)
    elif rung in ("chain-of-thought", "optimised-prompt"):
        written = max(written, effort.reasoning_tokens)
    n_calls = sizes.test + choice_calls(work.candidates, sizes.dev, effort)
    n_calls = n_calls * work.calls_each + work.more_calls
    row = tokens.row(work.prompt_tokens)
    seen = sizes.train * effort.epochs + sizes.dev * effort.validations
    return Load(
        n_calls=n_calls,
        input_tokens=n_calls * (work.prompt_tokens + tokens.question),
        output_tokens=n_calls * written,
        trained_tokens=seen * row if tuned(rung) else 0.0,
    )


@dataclass(frozen=True, kw_only=True)
class _Work:
    """What sets one rung's work apart."""

    candidates: int
    prompt_tokens: float
    """Of the longest prompt, without the question."""
    calls_each: int = 1
    """Calls for one answer, at most."""
    more_calls: int = 0


def _work(rung: str, tokens: MeanTokens, effort: Effort) -> _Work:
    """The longest prompt of the rung, and how many candidates it chooses among."""
    if tuned(rung):
        return _tuned_work(rung, tokens, effort)
    pair = tokens.question + tokens.answer
    told, ways = tokens.instructions, effort.retrievers
    most = max(effort.shots, default=0) * pair
    match rung:
        case "zero-shot":
            return _Work(candidates=2, prompt_tokens=told)
        case "structured-output":
            # The schema is about as long as a few answers.
            asked = told + 4 * tokens.answer
            return _Work(candidates=3, prompt_tokens=asked, calls_each=2)
        case "chain-of-thought":
            return _Work(candidates=3, prompt_tokens=told)
        case "few-shot":
            n = len(effort.shots) * effort.draws
            return _Work(candidates=n, prompt_tokens=told + most)
        case "retrieved-few-shot":
            n = ways * (len(effort.retrieved) + 1)
            nearest = max(effort.retrieved, default=0) * pair
            return _Work(candidates=n, prompt_tokens=told + nearest)
        case "rag":
            n = ways * len(effort.passages)
            passages = max(effort.passages, default=0) * effort.passage_tokens
            return _Work(candidates=n, prompt_tokens=told + passages)
        case _:
            return _Work(
                candidates=effort.prompts,
                prompt_tokens=told + most,
                more_calls=effort.search_calls,
            )


def _tuned_work(rung: str, tokens: MeanTokens, effort: Effort) -> _Work:
    """One candidate, whose prompt is short but for what it is shown."""
    shown = 0.0
    if rung == "fine-tuned-few-shot":
        shown = effort.shown_tuned * (tokens.question + tokens.answer)
    elif retrieves(rung):
        shown = effort.shown_tuned * effort.passage_tokens
    return _Work(candidates=1, prompt_tokens=tokens.tuned_instructions + shown)


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
