"""
P11: what a training job is told to take, beside what OpenAI's rule bills for its file.

Fifty data sets drawn from a seed: languages, code, logs, tables and long threads, each
alone and mixed.  What is reserved must not be less than what is billed, nor so much
more that a budget refuses what it could pay.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from statistics import median, quantiles
from typing import Any

import pytest
from test_estimated_tokens import ASKED
from test_training_in_the_plan import climb_of

from suffice.data.tokens import TokenCounter
from suffice.examples import Example, Split
from suffice.measuring.tuned_rungs import training_rows
from suffice.stages.climb import Climb, open_climb
from suffice.stages.orders import Order, epochs_of
from suffice.stages.training_cost import trained_tokens

N_SETS = 50
Estimate = Callable[[Climb], float]
COUNTER = TokenCounter("gpt-4o")


def _code(rng: random.Random) -> str:
    name, n = rng.choice(("total", "is_open", "read_rows")), rng.randint(2, 9)
    body = "\n".join(f"    values[{i}] = {name}(rows, key='{i}')" for i in range(n))
    return f"def {name}(rows, *, key):\n{body}\n    return values\n"


def _log(rng: random.Random) -> str:
    stamp = f"2026-11-{rng.randint(1, 30):02}T{rng.randint(0, 23):02}:14:07.{n_(rng)}Z"
    return (
        f"{stamp} ERROR {rng.randbytes(16).hex()} /v1/orders/{n_(rng)} 502 {n_(rng)}ms"
    )


def _table(rng: random.Random) -> str:
    rows = [{"id": n_(rng), "sum": n_(rng) / 100, "ok": True} for _ in range(4)]
    return json.dumps({"rows": rows})


def n_(rng: random.Random) -> int:
    return rng.randint(100, 999_999)


def _prose(language: str) -> Any:
    return lambda rng: " ".join([ASKED[language]] * rng.randint(1, 4))


KINDS: dict[str, Any] = {
    **{language: _prose(language) for language in ASKED},
    "code": _code,
    "log": _log,
    "table": _table,
}


def data_set(seed: int) -> list[Example]:
    """Examples of one to three kinds of text, some of them threads."""
    rng = random.Random(seed)
    kinds = rng.sample(list(KINDS), rng.randint(1, 3))
    turns = rng.choice((1, 1, 3))
    examples = []
    for i in range(rng.randint(12, 60)):
        write = KINDS[rng.choice(kinds)]
        messages = [
            {"role": "user" if t % 2 == 0 else "assistant", "content": write(rng)}
            for t in range(turns)
        ]
        answer = write(rng) if rng.random() < 0.3 else "cancel_order"
        examples.append(Example(id=f"e{i}", messages=tuple(messages), answer=answer))
    return examples


def planned(folder: Any, seed: int, base: str) -> Climb:
    """The climb that would train *base* on that set."""
    brief, examples = climb_of(folder, name=f"set-{seed}").brief, data_set(seed)
    models = brief.models.model_copy(update={"tunable": base})
    brief = brief.model_copy(update={"models": models})
    split = Split(train=tuple(examples), dev=(), test=tuple(examples[:5]))
    return open_climb(brief, split, f"{seed:064}")


def billed(climb: Climb) -> float:
    """Tokens of the file by OpenAI's published rule, times the epochs."""
    rows = training_rows(climb.brief, climb.split.train)
    tokens = sum(
        3 + sum(4 + COUNTER.count(m["content"]) for m in row["messages"])
        for row in rows
    )
    return tokens * epochs_of(climb.brief, len(rows))


def errors_of(folder: Any, base: str, estimated: Estimate) -> list[float]:
    """By how much of what is billed each set's estimate is above it."""
    climbs = [planned(folder, seed, base) for seed in range(N_SETS)]
    return [estimated(climb) / billed(climb) - 1 for climb in climbs]


@pytest.mark.parametrize(("base", "most"), [("gpt-4o-mini", 0.01), ("other", 0.21)])
def test_p11_no_set_is_billed_more_than_was_reserved(base, most, tmp_path):
    """Too low spends what nobody allowed; too high refuses what could be paid."""
    errors = errors_of(tmp_path, base, lambda climb: trained_tokens(climb, Order()))
    violated = sum(error < -1e-9 for error in errors)
    print(  # noqa: T201
        f"{base}: {N_SETS} sets, {violated} estimated too low; {median(errors):.1%} "
        f"(median) and {quantiles(errors, n=20)[-1]:.1%} (95 %) more than is billed"
    )

    assert 0 == violated
    assert quantiles(errors, n=20)[-1] < most


def test_counting_characters_is_caught(tmp_path):
    """The mutant: four characters a token, as English prose has."""

    def by_characters(climb: Climb) -> float:
        rows = training_rows(climb.brief, climb.split.train)
        chars = sum(len(m["content"]) for row in rows for m in row["messages"])
        return chars / 4 * epochs_of(climb.brief, len(rows))

    assert any(error < -0.2 for error in errors_of(tmp_path, "m", by_characters))
