"""``suffice init``: a commented brief and a few examples to start from."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console

from suffice.app import exits
from suffice.errors import UnusableInput
from suffice.files import write_atomically

_BRIEF = """\
# The brief: what you want done, and how good is good enough.
# Only name, instructions and examples are required; the rest has defaults.
name: {name}

# What the model must do, as you would tell a new colleague.
instructions: |
  Say whether the customer's message is a question, a complaint or praise.
  Answer with one word: question, complaint or praise.

# OpenAI chat JSONL; 50 examples are the least, 500 are better. Also s3://...
examples: examples.jsonl
# test_examples: held-out.jsonl   # empty: split off from the examples

# How an answer is compared with the wanted one: exact, json, token-f1 or chrf.
scorer: exact

# The one dial: the quality at which the climb stops, 0 to 1.
# So low because 27 test examples prove little; with 300 or more, say 0.9.
bar: 0.7

# Which models to try. With no endpoint the embedded model on this machine answers.
# models:
#   endpoint:
#     base_url: https://api.openai.com/v1
#     api_key_env: OPENAI_API_KEY       # the variable's name, never the key
#   base: [gpt-6-luna]                   # cheapest first
#   tunable: null                        # or a model your key may still tune

usage:
  requests_per_month: 10000

# Most that one climb may spend, and the months within which tuning must pay.
budget_usd: 5
horizon_months: 12
"""

_MESSAGES = Path(__file__).with_name("starter_messages.txt")
"""One a line, the wanted answer before the bar: enough to check and to climb."""


def init(folder: Path) -> int:
    """
    Write ``brief.yaml`` and ``examples.jsonl`` into *folder*.

    Raises `UnusableInput` when one of them is there already.
    """
    brief, examples = folder / "brief.yaml", folder / "examples.jsonl"
    for path in (brief, examples):
        if path.exists():
            raise UnusableInput(
                f"{str(path)!r} is there already; choose another folder."
            )
    rows = _rows()
    write_atomically(examples, "".join(rows))
    write_atomically(brief, _BRIEF.format(name="my-feature"))
    console = Console(highlight=False)
    console.print(f"wrote {brief} and {examples}")
    console.print(
        f"Try it on the {len(rows)} examples, or replace them by your own first:\n"
        f"  suffice check {brief}    the data, and what a climb costs\n"
        f"  suffice climb {brief}    the verdict"
    )
    return exits.VERDICT


def _rows() -> list[str]:
    """The starter's examples as chat JSONL, their answers mixed."""
    told = [line.split(" | ", 1) for line in _MESSAGES.read_text("utf-8").splitlines()]
    by_answer: dict[str, list[str]] = {}
    for answer, question in told:
        by_answer.setdefault(answer, []).append(_row(question, answer))
    return [row for rows in zip(*by_answer.values(), strict=True) for row in rows]


def _row(question: str, answer: str) -> str:
    messages = [
        {"role": "user", "content": question},
        {"role": "assistant", "content": answer},
    ]
    return json.dumps({"messages": messages}, ensure_ascii=False) + "\n"
