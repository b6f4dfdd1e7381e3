"""
What a replayed candidate would cost, where its table does not say.

The same assumptions for every table; each is a parameter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from suffice.economics.prices import Price, PriceBook
from suffice.economics.replay_names import priced_names
from suffice.economics.replay_rows import Outcome
from suffice.economics.rungs import tuned

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
    reasoning_tokens: float = 150
    """Written besides by a prompt that asks for reasoning."""
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
    if not tuned(row.rung):
        tokens += assumed.instruction_tokens
    if row.rung in ("few-shot", "retrieved-few-shot", "optimised-prompt"):
        shots = assumed.shots if row.shots is None else row.shots
        tokens += shots * (assumed.question_tokens + assumed.answer_tokens)
    if "rag" in row.rung:
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
        usd_in, usd_out = _book_price(row, book, on, assumed)
    if (usd_in is None or usd_out is None) and row.hosting_usd_per_hour is None:
        return None
    return Price(
        model=row.model,
        provider="replay",
        from_date=on,
        input_usd_per_mtok=usd_in or 0.0,
        output_usd_per_mtok=usd_out or 0.0,
        training_usd_per_mtok=row.training_usd_per_mtok,
        hosting_usd_per_hour=row.hosting_usd_per_hour,
    )


def output_tokens(row: Outcome, assumed: Assumptions) -> float:
    """Tokens of the answer, and of the reasoning where that is asked for."""
    if row.output_tokens is not None:
        return row.output_tokens
    thought = assumed.reasoning_tokens if row.rung == "chain-of-thought" else 0.0
    return assumed.answer_tokens + thought


def _book_price(
    row: Outcome, book: PriceBook, on: date, assumed: Assumptions
) -> tuple[float | None, float | None]:
    """USD per million tokens in and out: the book's, or an open model's its size."""
    trained = tuned(row.rung)
    for name in priced_names(row.model):
        known = book.price(f"ft:{name}" if trained else name, on)
        if known is not None and known.kind == "tokens":
            return known.input_usd_per_mtok, known.output_usd_per_mtok
    usd = _open_price(row.model, trained, assumed)
    return usd, usd


def _open_price(model: str, trained: bool, assumed: Assumptions) -> float | None:
    found = _BILLIONS.search(model)
    if found is None:
        return None
    billions = float(found[2]) * float(found[1] or 1)
    if found[3].lower() == "m":
        billions /= 1000
    usd = assumed.open_usd_per_mtok + assumed.open_usd_per_mtok_per_billion * billions
    return usd * (assumed.tuned_factor if trained else 1.0)


def upfront_usd(
    row: Outcome, price: Price | None, assumed: Assumptions
) -> float | None:
    """What a tuned model costs before its first request; prompts cost nothing."""
    if not tuned(row.rung):
        return row.upfront_usd or 0.0
    usd = assumed.prepare_usd + assumed.usd_per_label * (row.labels or 0.0)
    if row.upfront_usd is not None:
        return usd + row.upfront_usd
    if price is None or row.labels is None:
        return usd
    per_mtok = price.training_usd_per_mtok
    if per_mtok is None:
        per_mtok = (price.input_usd_per_mtok or 0.0) * assumed.training_factor
    each = assumed.question_tokens + assumed.answer_tokens
    return usd + row.labels * each * assumed.epochs * per_mtok / 1_000_000
