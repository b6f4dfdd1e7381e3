"""
Simulated years: what a nightly re-check costs, against knowing the future.

    python -m benchmarks.years [--seeds 2] [--days 730] > benchmarks/years.md

Every night of a year the product's own `recheck` gets the usage of the last thirty
days and the price book as known on that day; when it says so, the choice changes and
what that costs is paid.  Beside it: never looking again, deciding every day on point
estimates, and a clairvoyant who knows volumes, prices and retirements of all days.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt

from suffice.brief import Brief, Models, Usage
from suffice.economics.decide import decide
from suffice.economics.ownership import own
from suffice.economics.prices import Price, PriceBook, load_prices
from suffice.economics.recheck import recheck
from suffice.economics.terms import DAYS_PER_MONTH, Terms
from suffice.economics.usage import DayUsage, UsageSummary, summary_of
from suffice.results import Measured, Verdict

Floats = npt.NDArray[np.float64]

START = date(2026, 7, 10)
BASE_VOLUME = 4_000_000.0
"""Requests a month on the first day."""
SWITCH_USD = 100.0
"""What any change of the choice costs in work, training apart."""
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


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one way of choosing has cost, and how often it changed its mind."""

    usd: float
    n_switches: int
    n_needless: int
    """Changes that cost more, until the next one, than staying would have."""


def settle(world: World, table: Floats, path: Sequence[int]) -> Outcome:
    """The bill of running *path*: running, changes, training once."""
    trained: set[int] = set()
    usd, n_needless = 0.0, 0
    changes = [0, *(d for d in range(1, len(path)) if path[d] != path[d - 1])]
    for i, day in enumerate(changes):
        chosen = path[day]
        end = changes[i + 1] if i + 1 < len(changes) else len(path)
        paid = _setup_usd(chosen, trained) if day else _train_usd(chosen, trained)
        trained.add(chosen)
        usd += paid
        if day:
            stayed = float(table[path[day - 1], day:end].sum())
            n_needless += paid + float(table[chosen, day:end].sum()) > stayed
    usd += float(table[np.array(path), np.arange(len(path))].sum())
    return Outcome(usd=usd, n_switches=len(changes) - 1, n_needless=n_needless)


def _train_usd(chosen: int, trained: set[int]) -> float:
    return 0.0 if chosen in trained else LADDER[chosen].upfront_usd or 0.0


def _setup_usd(chosen: int, trained: set[int]) -> float:
    return SWITCH_USD + _train_usd(chosen, trained)


def clairvoyant(table: Floats) -> list[int]:
    """The cheapest path of all, over what runs and what has been trained."""
    tuned = [i for i, m in enumerate(LADDER) if m.upfront_usd]
    masks = range(2 ** len(tuned))
    states = [(c, mask) for mask in masks for c in range(len(LADDER))]
    runs = np.array([c for c, _ in states])
    move = np.full((len(states), len(states)), np.inf)
    cost = np.full(len(states), np.inf)
    for j, (then, after) in enumerate(states):
        own_bit = 1 << tuned.index(then) if then in tuned else 0
        train = LADDER[then].upfront_usd or 0.0
        if after == own_bit:
            cost[j] = train + table[then, 0]
        for i, (now, before) in enumerate(states):
            if after == before | own_bit:
                pays = SWITCH_USD + train * (not before & own_bit)
                move[i, j] = 0.0 if now == then else pays
    came = np.zeros((table.shape[1], len(states)), dtype=int)
    for day in range(1, table.shape[1]):
        ways = cost[:, None] + move
        came[day] = ways.argmin(axis=0)
        cost = ways.min(axis=0) + table[runs, day]
    at = int(cost.argmin())
    path = [int(runs[at])]
    for day in range(table.shape[1] - 1, 0, -1):
        at = int(came[day, at])
        path.append(int(runs[at]))
    return path[::-1]


def brief_of(volume: float) -> Brief:
    return Brief(
        name="year",
        instructions="Answer.",
        examples="examples.jsonl",
        models=Models(base=tuple(m.model for m in LADDER[:4]), tunable=None),
        usage=Usage(requests_per_month=volume),
    )


def first_verdict(world: World) -> Verdict:
    """What a climb on the first day decides, for the volume the user expects."""
    return decide(
        LADDER,
        brief=brief_of(BASE_VOLUME),
        book=world.known(START),
        on=START,
        climb_id="year",
        data_fingerprint="f" * 64,
        non_inferior={m.candidate_key: True for m in LADDER},
    )


def never(world: World, table: Floats) -> list[int]:
    """The first choice, for as long as its model lives; then the cheapest that day."""
    path = [KEYS.index(first_verdict(world).chosen or "")]
    for day in range(1, table.shape[1]):
        stays = np.isfinite(table[path[-1], day])
        path.append(path[-1] if stays else int(table[:, day].argmin()))
    return path


def every_day(world: World, table: Floats) -> list[int]:
    """The cheapest over the horizon, on yesterday's volume, with no second thought."""
    path = [KEYS.index(first_verdict(world).chosen or "")]
    for day in range(1, table.shape[1]):
        on = START + timedelta(days=day)
        terms = Terms(
            requests_per_month=float(world.volumes[day - 1]) * DAYS_PER_MONTH,
            horizon_months=12.0,
            on=on,
            book=world.known(on),
        )
        paid = [
            replace(m, upfront_usd=0.0) if i == path[-1] else m
            for i, m in enumerate(LADDER)
        ]
        totals = [own(m, terms).total_usd for m in paid]
        path.append(int(np.argmin([np.inf if t is None else t for t in totals])))
    return path


def rechecked(world: World, table: Floats) -> list[int]:
    """What the product's re-check says, every night."""
    verdict, brief = first_verdict(world), brief_of(BASE_VOLUME)
    path = [KEYS.index(verdict.chosen or "")]
    days: list[DayUsage] = []
    for day in range(1, table.shape[1]):
        days.append(_counted(world, day - 1, LADDER[path[-1]]))
        on = START + timedelta(days=day)
        found = recheck(
            verdict,
            brief=brief,
            book=world.known(on),
            on=on,
            usage=_summary(days, verdict.decided_on),
        )
        verdict = found.verdict
        path.append(KEYS.index(verdict.chosen or ""))
    return path


def _counted(world: World, day: int, ran: Measured) -> DayUsage:
    on = START + timedelta(days=day)
    first_s = datetime(on.year, on.month, on.day, tzinfo=UTC).timestamp()
    n = round(float(world.volumes[day]))
    return DayUsage(
        day=on,
        n=n,
        input_tokens=round(n * ran.input_tokens),
        output_tokens=round(n * ran.output_tokens),
        first_s=first_s,
        last_s=first_s + 86_399,
    )


def _summary(days: Sequence[DayUsage], since: date) -> UsageSummary | None:
    """The last thirty days; in the first week the user's own number is better."""
    if len(days) < 7:
        return None
    return summary_of(days[-30:], tokens_after=since)


WAYS: dict[str, Callable[[World, Floats], list[int]]] = {
    "never look again": never,
    "decide every day": every_day,
    "suffice recheck": rechecked,
}


def main() -> None:
    """Print the table for all worlds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--worlds", action="store_true", help="a row for each world")
    asked = parser.parse_args()
    years = asked.days / 365
    rows: list[tuple[str, float, dict[str, Outcome]]] = []
    for seed in range(asked.seeds):
        for world in worlds(asked.days, seed):
            table = running_usd(world)
            best = settle(world, table, clairvoyant(table))
            found = {
                name: settle(world, table, way(world, table))
                for name, way in WAYS.items()
            }
            rows.append((f"{world.name}, seed {seed}", best.usd, found))
    print_table(rows, years, each=asked.worlds)


def print_table(
    rows: Sequence[tuple[str, float, Mapping[str, Outcome]]],
    years: float,
    *,
    each: bool,
) -> None:
    """Regret of each way in all worlds together, and in the worst of them."""
    best = sum(row[1] for row in rows)
    print(
        f"{len(rows)} worlds of {years:g} years; the clairvoyant pays ${best:,.0f}.\n"
    )
    print("| way | cost | regret | worst world | changes a year | needless a year |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in WAYS:
        outs = [row[2][name] for row in rows]
        usd = sum(out.usd for out in outs)
        worst = max(out.usd / row[1] - 1 for out, row in zip(outs, rows, strict=True))
        switches = np.mean([out.n_switches for out in outs]) / years
        needless = np.mean([out.n_needless for out in outs]) / years
        print(
            f"| {name} | ${usd:,.0f} | {100 * (usd / best - 1):.1f} % | "
            f"{100 * worst:.0f} % | {switches:.1f} | {needless:.2f} |"
        )
    if each:
        print("\n| world | clairvoyant | " + " | ".join(WAYS) + " |")
        print("| --- | ---: |" + " ---: |" * len(WAYS))
        for name, usd, found in rows:
            cells = [
                f"{100 * (out.usd / usd - 1):.0f} % ({out.n_switches}, "
                f"{out.n_needless})"
                for out in found.values()
            ]
            print(f"| {name} | ${usd:,.0f} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
