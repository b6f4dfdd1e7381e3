"""
Worlds for `benchmarks.years`: how usage, prices and retirements may go, day by day.

    python -m benchmarks.year_worlds      the worlds of one seed, by name
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from suffice.economics.ownership import own
from suffice.economics.prices import Price, PriceBook, load_prices
from suffice.economics.terms import DAYS_PER_MONTH, Terms
from suffice.results import Measured

Floats = npt.NDArray[np.float64]

START = date(2026, 7, 10)
BASE_VOLUME = 4_000_000.0
"""Requests a month on the first day."""
NOTICE = timedelta(days=90)
"""How long before it a simulated retirement is announced."""


def candidate(
    rung: str, model: str, read: int, static: int, usd: float = 0
) -> Measured:
    """A candidate that has passed, with 30 tokens written."""
    return Measured(
        rung=rung,
        name=rung,
        model=model,
        candidate_key=f"{rung}/{model}",
        ruling="passed",
        n=200,
        n_available=200,
        quality=0.95,
        quality_low=0.92,
        quality_high=0.97,
        usd_per_request=None,
        input_tokens=read,
        static_tokens=static,
        output_tokens=30,
        upfront_usd=usd,
    )


LADDER = (
    candidate("zero-shot", "gpt-5.6-terra", 300, 100),
    candidate("few-shot", "gpt-5.4-mini", 1800, 1600),
    candidate("few-shot", "gpt-5.6-luna", 1800, 1600),
    candidate("few-shot", "gpt-6-luna", 1800, 1600),
    candidate("fine-tuned", "ft:gpt-4.1-mini", 180, 20, usd=500.0),
    candidate("fine-tuned", "own-gpu", 180, 20, usd=300.0),
)
GPU = Price(
    model="own-gpu",
    provider="self-hosted",
    kind="hosted",
    from_date=date(2026, 1, 1),
    hosting_usd_per_hour=1.212,
    source="https://aws.amazon.com/ec2/pricing/on-demand/",
    note="g5.2xlarge; one of them is taken to bear every volume here",
)
KEYS = tuple(m.candidate_key for m in LADDER)


@dataclass(frozen=True, kw_only=True)
class World:
    """What happens, day by day; only the clairvoyant knows it before."""

    name: str
    volumes: Floats
    """Requests of each day."""
    book: PriceBook
    retired: Mapping[str, date]
    """Simulated retirements, announced `NOTICE` before."""

    def known(self, on: date) -> PriceBook:
        """The price book as anybody knows it on that day."""
        book = self.book
        for model, day in self.retired.items():
            if on >= day - NOTICE:
                book = book.with_shutdown(model, day)
        return book


def usage_paths(n: int, rng: np.random.Generator) -> dict[str, Floats]:
    """Requests of each day: five ways a feature may fare, weekends and noise added."""
    day = np.arange(n)
    shape = {
        "steady": np.ones(n),
        "growth": 4.0 ** (day / 365),
        "decline": 0.3 ** (day / 365),
        "season": 1 + 0.5 * np.sin(2 * np.pi * (day - 60) / 365),
        "spike": 1 + 6 * np.exp(-np.clip(day - 120, 0, None) / 20) * (day >= 120),
    }
    week = np.where(day % 7 >= 5, 0.55, 1.18)
    noise = rng.lognormal(-0.02, 0.2, n)
    daily = BASE_VOLUME / DAYS_PER_MONTH
    return {name: daily * path * week * noise for name, path in shape.items()}


def price_paths(n: int, rng: np.random.Generator) -> dict[str, PriceBook]:
    """The book as it was in 2026, standing still after, and two made-up histories."""
    real = load_prices().with_price(GPU)
    models = ["gpt-5.6-terra", "gpt-5.4-mini", "gpt-5.6-luna"]
    return {
        "real 2026": real,
        "yearly cuts": _cut(real, models, rng, n, per_year=1.0),
        "frequent cuts": _cut(real, models, rng, n, per_year=3.0),
    }


def _cut(
    book: PriceBook,
    models: Sequence[str],
    rng: np.random.Generator,
    n: int,
    *,
    per_year: float,
) -> PriceBook:
    """The prices of the first day with random cuts by 20 to 80 %, one rise in six."""
    layer: dict[str, tuple[Price, ...]] = {}
    for model in models:
        row = book.price(model, START)
        assert row is not None
        row = replace(row, model=model, from_date=START, to_date=None)
        rows = []
        days = np.sort(rng.integers(5, n, rng.poisson(per_year * n / 365)))
        for day in np.unique(days).tolist():
            on = START + timedelta(days=int(day))
            rows.append(replace(row, to_date=on))
            cut = 1.25 if rng.random() < 1 / 6 else 1 - rng.uniform(0.2, 0.8)
            row = replace(
                rows[-1], **_scaled(rows[-1], cut), from_date=on, to_date=None
            )
        layer[model] = (*rows, row)
    kept = {m.model: rows for m in LADDER for rows in _rows(book, m.model)}
    return PriceBook(layers=({**kept, **layer},))


def _rows(book: PriceBook, model: str) -> list[tuple[Price, ...]]:
    """The rows that hold from the first day on; gpt-6-luna has none."""
    row = book.price(model, START)
    return [] if row is None else [(replace(row, model=model, to_date=None),)]


def _scaled(row: Price, factor: float) -> dict[str, float]:
    names = ("input_usd_per_mtok", "cached_usd_per_mtok", "output_usd_per_mtok")
    found = {name: getattr(row, name) for name in names}
    if row.cache_write_usd_per_mtok is not None:
        found["cache_write_usd_per_mtok"] = row.cache_write_usd_per_mtok
    return {name: value * factor for name, value in found.items() if value is not None}


def worlds(n: int, seed: int) -> Iterator[World]:
    """Every usage with every price history, without and with a retirement."""
    rng = np.random.default_rng(seed)
    usages, prices = usage_paths(n, rng), price_paths(n, rng)
    gone = START + timedelta(days=int(rng.integers(150, 300)))
    for (usage, volumes), (price, book), retires in itertools.product(
        usages.items(), prices.items(), (False, True)
    ):
        retired = {"gpt-5.4-mini": gone, "gpt-5.6-luna": gone} if retires else {}
        name = f"{usage}, {price}{', retirements' * retires}"
        yield World(name=name, volumes=volumes, book=book, retired=retired)


def running_usd(world: World) -> Floats:
    """What each candidate costs to run on each day; infinite where it cannot run."""
    n = len(world.volumes)
    table = np.full((len(LADDER), n), np.inf)
    books = dict.fromkeys(range(n), world.book)
    for model, gone in world.retired.items():
        books = {d: b.with_shutdown(model, gone) for d, b in books.items()}
    for day in range(n):
        on, volume = START + timedelta(days=day), float(world.volumes[day])
        terms = Terms(
            requests_per_month=volume * DAYS_PER_MONTH,
            horizon_months=1.0,
            on=on,
            book=books[day],
        )
        for i, m in enumerate(LADDER):
            cost = own(m, terms)
            if cost.usd_per_month is not None and cost.life_months > 0:
                table[i, day] = cost.usd_per_month / DAYS_PER_MONTH
    return table


if __name__ == "__main__":
    for world in worlds(730, 0):
        print(f"{world.name}: {world.volumes.sum():,.0f} requests in two years")
