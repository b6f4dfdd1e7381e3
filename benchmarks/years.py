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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from benchmarks.year_bills import Outcome, clairvoyant, settle
from benchmarks.year_worlds import (
    BASE_VOLUME,
    KEYS,
    LADDER,
    START,
    Floats,
    World,
    running_usd,
    worlds,
)
from suffice.brief import Brief, Models, Usage
from suffice.economics.decide import decide
from suffice.economics.ownership import own
from suffice.economics.recheck import recheck
from suffice.economics.terms import DAYS_PER_MONTH, Terms
from suffice.economics.usage import DayUsage, UsageSummary, summary_of
from suffice.results import Measured, Verdict


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
            best = settle(table, clairvoyant(table))
            found = {
                name: settle(table, way(world, table)) for name, way in WAYS.items()
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
