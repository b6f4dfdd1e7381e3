"""Orders for things: examples whose answer is a code of the thing."""

from __future__ import annotations

from suffice.examples import Example, Split

PRICES = """
[[price]]
model = "{model}"
provider = "test"
from = 2026-01-01
kind = "tokens"
usd_per_mtok = {{ input = 1.0, output = 4.0, training = 3.0 }}
source = "https://example.org/prices"
"""
THINGS = ("car", "door", "lamp", "chair", "boat", "cup", "kite", "bike", "ring", "rug")
ASKING = (
    "I would like the {n} {t} please",
    "Have you still got that {t} number {n}",
    "My sister bought a {t} and wants {n} more",
    "Send me {n} pieces of the {t} by post today",
)


def order(number: int) -> Example:
    """A question about a thing; its answer is a code of the thing."""
    thing = THINGS[number % len(THINGS)]
    text = ASKING[number // len(THINGS) % len(ASKING)].format(t=thing, n=number)
    return Example(
        id=f"e{number}",
        messages=({"role": "user", "content": text},),
        answer=f"K-{thing}",
    )


def orders(first: int, n: int) -> tuple[Example, ...]:
    return tuple(map(order, range(first, first + n)))


SPLIT = Split(train=orders(0, 60), dev=orders(1000, 16), test=orders(2000, 60))
