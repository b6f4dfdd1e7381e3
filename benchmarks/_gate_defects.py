"""What is put into example sets to see whether the data gate finds it."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

Row = dict[str, Any]


ALNUM = string.ascii_letters + string.digits


@dataclass(frozen=True, kw_only=True)
class Defect:
    """Something to put into rows, and the column of features that tells of it."""

    name: str
    flag: str
    apply: Callable[[Row, Random], Row | str]
    appends: bool = False
    """Whether the changed row comes beside the original, at the end of the file."""
    into_test: bool = False
    """Whether the changed row goes into the test file."""


def question(row: Row) -> Row:
    return next(m for m in reversed(row["messages"]) if m["role"] == "user")


def edited(row: Row, change: Callable[[str], str]) -> Row:
    """A copy of *row* whose question is changed."""
    copy: Row = json.loads(json.dumps(row))
    message = question(copy)
    message["content"] = change(message["content"])
    return copy


def answered(row: Row, change: Callable[[str], str]) -> Row:
    """A copy of *row* whose answer is changed."""
    copy: Row = json.loads(json.dumps(row))
    copy["messages"][-1]["content"] = change(copy["messages"][-1]["content"])
    return copy


def some(rng: Random, n: int, alphabet: str = ALNUM) -> str:
    return "".join(rng.choice(alphabet) for _ in range(n))


def paraphrase(row: Row, rng: Random) -> Row:
    """A polite word before or after, other case or punctuation: the same question."""

    def change(text: str) -> str:
        text = text.rstrip("?.! ") if rng.random() < 0.5 else text
        words = text.split()
        if len(words) >= 12:
            ways = (f"Hello, {text}", f"{text} Thanks!", text.upper(), f"please {text}")
            return rng.choice(ways)
        return rng.choice((text.upper() + " ??", f"  {text} !!", f'"{text}"...'))

    return edited(row, change)


SECRETS = (
    lambda rng: "sk-proj-" + some(rng, 48),
    lambda rng: "ghp_" + some(rng, 36),
    lambda rng: "AKIA" + some(rng, 16, string.ascii_uppercase + string.digits),
    lambda rng: "xoxb-" + some(rng, 12, string.digits) + "-" + some(rng, 24),
    lambda rng: "AIza" + some(rng, 35),
    lambda rng: f"password: {some(rng, 14)}7",
    lambda rng: f"postgres://app:{some(rng, 12)}@db.corp.io/x",
)


PERSONAL = (
    lambda rng: f"{some(rng, 6).lower()}@{some(rng, 5).lower()}.com",
    lambda rng: f"+49 17{rng.randint(0, 9)} {rng.randint(2000000, 9999999)}",
    lambda rng: f"({rng.randint(201, 989)}) 555-{rng.randint(1000, 9999)}",
    lambda rng: card(rng),
    lambda rng: (
        f"{rng.randint(100, 665)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}"
    ),
)


def card(rng: Random) -> str:
    """A number that passes Luhn's check."""
    digits = [4, *(rng.randint(0, 9) for _ in range(14))]
    doubled = [d * 2 if n % 2 == 0 else d for n, d in enumerate(digits)]
    total = sum(d - 9 if d > 9 else d for d in doubled)
    text = "".join(map(str, [*digits, -total % 10]))
    return " ".join(text[n : n + 4] for n in range(0, 16, 4))


def malform(row: Row, rng: Random) -> str:
    """One of the commonest ways to break a line."""
    text = json.dumps(row)
    ways = (
        lambda: text[: len(text) // 2],
        lambda: text.replace('"role": "assistant"', '"role": "bot"'),
        lambda: json.dumps({"messages": row["messages"][:-1]}),
        lambda: json.dumps(answered(row, lambda a: " ")),
        lambda: text.replace('"messages"', '"mesages"', 1),
        lambda: text[:-1] + ', "id": "a", "id": "b"}',
    )
    return rng.choice(ways)()


DEFECTS = (
    Defect(name="malformed line", flag="unusable", apply=malform),
    Defect(
        name="exact duplicate",
        flag="duplicate",
        apply=lambda row, rng: row,
        appends=True,
    ),
    Defect(
        name="near duplicate (rules)",
        flag="near",
        apply=paraphrase,
        appends=True,
    ),
    Defect(
        name="conflicting answer",
        flag="conflict",
        apply=lambda row, rng: answered(row, lambda a: f"not {a}"),
        appends=True,
    ),
    Defect(
        name="leaked twin",
        flag="removed",
        apply=paraphrase,
        into_test=True,
    ),
    Defect(
        name="secret",
        flag="secret",
        apply=lambda row, rng: edited(
            row, lambda q: f"{q} {rng.choice(SECRETS)(rng)} help"
        ),
    ),
    Defect(
        name="personal data",
        flag="personal",
        apply=lambda row, rng: edited(
            row, lambda q: f"{q} reach me: {rng.choice(PERSONAL)(rng)}, thanks"
        ),
    ),
    Defect(
        name="answer off the form",
        flag="off_form",
        apply=lambda row, rng: answered(
            row, lambda a: rng.choice((f"Sure! {a}", f"```\n{a}\n```", "{" + a))
        ),
    ),
)


def renamed(answer: str) -> str:
    """The answer with its last key under another name."""
    value = json.loads(answer)
    value["renamed"] = value.pop(list(value)[-1])
    return json.dumps(value)
