"""
What a replayed candidate would cost, where its table does not say.

The same assumptions for every table; each is a parameter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from suffice.economics.prices import Price, PriceBook
from suffice.economics.replay_rows import Outcome

_BILLIONS = re.compile(r"(?:(\d+)x)?(\d+(?:\.\d+)?)\s*([bm])(?![a-z0-9])", re.I)


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What is taken for granted where a table is silent."""

    requests_per_month: float = 10_000
    horizon_months: float = 12.0
    margin: float = 0.03
    bar: float | None = None
    """Quality wanted; ``None``: the best measured on the task."""
    question_tokens: float = 100
    instruction_tokens: float = 100
    answer_tokens: float = 20
    shots: float = 8
    passages_tokens: float = 1500
    """Of a prompt with retrieved documents."""
    epochs: float = 3
    prepare_usd: float = 200.0
    """Preparing, training and evaluating a tuned model, machine time apart."""
    usd_per_label: float = 0.0
    tuned_factor: float = 1.5
    """Price of a tuned model's token against its base's, where it is served so."""
    open_usd_per_mtok: float = 0.07
    open_usd_per_mtok_per_billion: float = 0.0139
    """Line through two rows of the price book: Llama 8B at 0.18 and 70B at 1.04."""
    training_factor: float = 3.0
    """Price of a trained token against an input token; 2.3 at Tinker, 12 at OpenAI."""


def input_tokens(row: Outcome, assumed: Assumptions) -> float:
    """Tokens of the prompt: question, instructions, demonstrations, passages."""
    if row.input_tokens is not None:
        return row.input_tokens
    tokens = assumed.question_tokens
    if not row.rung.endswith("fine-tuned"):
        tokens += assumed.instruction_tokens
    if row.rung in ("few-shot", "retrieved-few-shot", "optimised-prompt"):
        shots = assumed.shots if row.shots is None else row.shots
        tokens += shots * (assumed.question_tokens + assumed.answer_tokens)
    if row.rung.startswith("rag"):
        tokens += assumed.passages_tokens
    return tokens


def price_of(
    row: Outcome, book: PriceBook, on: date, assumed: Assumptions
) -> Price | None:
    """The table's own price, else the book's, else that of an open model its size."""
    if row.usd_per_request is not None:
        return None
    usd_in, usd_out = row.input_usd_per_mtok, row.output_usd_per_mtok
    if usd_in is None or usd_out is None:
        tuned = row.rung.endswith("fine-tuned")
        known = book.price(f"ft:{row.model}" if tuned else row.model, on)
        if known is not None and known.kind == "tokens":
            usd_in, usd_out = known.input_usd_per_mtok, known.output_usd_per_mtok
        else:
            usd_in = usd_out = _open_price(row.model, tuned, assumed)
    if usd_in is None or usd_out is None:
        return None
    return Price(
        model=row.model,
        provider="replay",
        from_date=on,
        input_usd_per_mtok=usd_in,
        output_usd_per_mtok=usd_out,
    )


def _open_price(model: str, tuned: bool, assumed: Assumptions) -> float | None:
    found = _BILLIONS.search(model)
    if found is None:
        return None
    billions = float(found[2]) * float(found[1] or 1)
    if found[3].lower() == "m":
        billions /= 1000
    usd = assumed.open_usd_per_mtok + assumed.open_usd_per_mtok_per_billion * billions
    return usd * (assumed.tuned_factor if tuned else 1.0)


def upfront_usd(
    row: Outcome, price: Price | None, assumed: Assumptions
) -> float | None:
    """What a tuned model costs before its first request; prompts cost nothing."""
    if not row.rung.endswith("fine-tuned"):
        return row.upfront_usd or 0.0
    usd = assumed.prepare_usd + assumed.usd_per_label * (row.labels or 0.0)
    if row.upfront_usd is not None:
        return usd + row.upfront_usd
    per_mtok = price.input_usd_per_mtok if price else None
    if per_mtok is not None and row.labels is not None:
        each = assumed.question_tokens + assumed.answer_tokens
        trained = row.labels * each * assumed.epochs
        usd += trained * per_mtok * assumed.training_factor / 1_000_000
    return usd
