"""
The last stage of a climb: its report on disk and in MLflow, and what artifacts show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from suffice.economics.prices import Price
from suffice.economics.verdict_io import to_json, to_markdown
from suffice.economics.wording import first_token, latencies, with_rung
from suffice.files import write_atomically
from suffice.registry import pages
from suffice.registry.record import Registry
from suffice.report.cost_view import costs_of
from suffice.report.page import DataSummary, Side, page, side_by_side
from suffice.results import Verdict
from suffice.stages import kept_prices
from suffice.stages.climb import Climb, keep_verdict, kept_outcomes
from suffice.stages.data_stage import files_of
from suffice.stages.succession import keep_golden
from suffice.stages.table import prices


@dataclass(frozen=True, kw_only=True)
class Published:
    """The verdict, and where its report lies."""

    verdict: Verdict
    report: Path
    pages: Mapping[str, str]
    """Addresses in MLflow by name (candidates, report, model); empty without one."""


def publish(climb: Climb, verdict: Verdict, *, flow_run: str = "") -> Published:
    """
    The report on disk and in MLflow; tells the journal that the verdict is there.

    *flow_run* is the address of the flow run's page, to be linked from MLflow.
    """
    climb.journal.write("stage", text="writing the report")
    report = climb.folder / "report.html"
    write_atomically(report, report_page(climb, verdict))
    markdown = climb.folder / "verdict.md"
    write_atomically(markdown, to_markdown(verdict))
    kept_prices.keep(climb, verdict)
    path = keep_verdict(climb, verdict)
    registry = Registry(climb.workspace.root)
    registry.log_verdict(climb.brief, climb.id, to_json(verdict), flow_run)
    data = files_of(climb.brief)
    of_data = [file for file in (data.page, data.result) if file.exists()]
    golden = keep_golden(climb, verdict)
    kept = (report, markdown, path, *of_data, *filter(None, (golden,)))
    registry.log_report(climb.brief, climb.id, kept)
    climb.journal.write("verdict", name=verdict.name, path=str(path))
    found = pages.of_climb(registry, climb.brief, climb.id, verdict.registered)
    return Published(verdict=verdict, report=report.resolve(), pages=found)


def report_page(climb: Climb, verdict: Verdict) -> str:
    """The report of this verdict as HTML."""
    split = climb.split
    n_by_part = {
        "to learn from": len(split.train),
        "to choose with": len(split.dev),
        "to judge with": len(split.test),
    }
    return page(
        verdict,
        side=_side(climb, verdict),
        data=DataSummary(findings=climb.warnings, n_by_part=n_by_part),
        prices=_prices_used(climb, verdict),
        costs=costs_of(verdict, climb.brief, prices(climb.brief)),
    )


def table(verdict: Verdict) -> list[dict[str, str]]:
    """
    The ladder as rows of text, for a table artifact.

    What matters stands first: Prefect's page shows three or four columns at once.
    """
    return [
        {
            "candidate": with_rung(m.rung, m.name),
            "quality": f"{m.quality:.3f} ({m.quality_low:.3f} to {m.quality_high:.3f})",
            "ruling": m.ruling,
            "n": f"{m.n} of {m.n_available}",
            "$ / 1k requests": (
                "unknown"
                if m.usd_per_request is None
                else f"{1000 * m.usd_per_request:.4f}"
            ),
            "p50 / p95 / p99 s": latencies(m),
            "first token s": first_token(m),
            "model": m.model,
        }
        for m in verdict.ladder
    ]


def choice(verdict: Verdict) -> list[dict[str, str | float | None]]:
    """The verdict in one row, for programs that trigger a climb and read its end."""
    chosen = next(
        (m for m in verdict.ladder if m.candidate_key == verdict.chosen), None
    )
    return [
        {
            "action": verdict.action,
            "rung": verdict.rung,
            "model": chosen.model if chosen else None,
            "quality": chosen.quality if chosen else None,
            "quality_low": chosen.quality_low if chosen else None,
            "usd_per_request": chosen.usd_per_request if chosen else None,
            "registered": verdict.registered,
            "climb": verdict.climb_id,
        }
    ]


def linked(markdown: str, published: Published) -> str:
    """The verdict as Markdown, with the pages that say more."""
    links = [f"[{name} in MLflow]({url})" for name, url in published.pages.items()]
    return f"{markdown}\n{' · '.join([*links, f'report: `{published.report}`'])}\n"


def _prices_used(climb: Climb, verdict: Verdict) -> tuple[Price, ...]:
    """The price rows that the verdict rests on, one for each model."""
    book = prices(climb.brief)
    found = (book.price(m.model, verdict.prices_on) for m in verdict.ladder)
    return tuple(dict.fromkeys(price for price in found if price is not None))


def _side(climb: Climb, verdict: Verdict) -> Side | None:
    """The chosen candidate beside the best other one that calls a model."""
    others = [
        m
        for m in verdict.ladder
        if m.candidate_key != verdict.chosen and m.rung != "floor"
    ]
    if verdict.chosen is None or not others:
        return None
    other = max(others, key=lambda m: m.quality)
    return side_by_side(
        other,
        climb.split.test,
        kept_outcomes(climb, verdict.chosen),
        kept_outcomes(climb, other.candidate_key),
    )
