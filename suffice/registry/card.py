"""
The model card of a registered winner: what it is, how good, at what cost, until when.

It is the description of the registered version, as Markdown that MLflow's page
renders; the same facts stand as tags, to be searched.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from suffice.brief import EMBEDDED_MODEL, Brief
from suffice.candidates import Candidate
from suffice.economics.wording import called, with_rung
from suffice.ladder import TUNED_RUNGS
from suffice.results import Measured, Verdict

UNKNOWN = "unknown"
_LICENCES = {EMBEDDED_MODEL: "Apache-2.0"}
"""Of bases whose weights we hand out; of others the provider's terms hold."""
_MARKS = re.compile(r"([\\`*_{}\[\]()#+!|~>-])")


@dataclass(frozen=True, kw_only=True)
class Winner:
    """What is registered, and why."""

    brief: Brief
    candidate: Candidate
    measured: Measured
    verdict: Verdict

    @property
    def alias(self) -> str:
        """``challenger`` while it is not proved good enough."""
        return "champion" if self.measured.ruling == "passed" else "challenger"

    @property
    def base(self) -> str:
        """The model it stands on: the base of a tuned one, else itself."""
        tuned = self.candidate.rung in TUNED_RUNGS
        return (self.brief.models.tunable if tuned else None) or self.candidate.model


def tags(winner: Winner) -> dict[str, str]:
    """The facts, to be searched; what is not known has no tag."""
    m, v = winner.measured, winner.verdict
    found: dict[str, Any] = {
        "climb_id": v.climb_id,
        "candidate_key": winner.candidate.key,
        "data_fingerprint": v.data_fingerprint,
        "rung": winner.candidate.rung,
        "model": winner.candidate.model,
        "base": winner.base,
        "base_licence": licence(winner),
        "quality": f"{m.quality:.4f}",
        "quality_low": f"{m.quality_low:.4f}",
        "quality_high": f"{m.quality_high:.4f}",
        "n": m.n,
        "usd_per_1k_requests": _per_thousand(m.usd_per_request),
        "prices_on": v.prices_on,
        "shutdown_on": v.shutdown_on,
    }
    return {key: str(value) for key, value in found.items() if value is not None}


def licence(winner: Winner) -> str:
    """Under which terms the base may be used."""
    if winner.candidate.rung == "floor":
        return "none: no language model"
    if winner.brief.models.endpoint.base_url is None:
        return _LICENCES.get(winner.base, UNKNOWN)
    return "the provider's terms"


def text(winner: Winner, tags: Mapping[str, str]) -> str:
    """The card as Markdown; nothing in it can become a link, an image or HTML."""
    rows = _rows(winner, tags)
    table = [f"| {name} | {plain(value)} |" for name, value in rows.items()]
    lines = [plain(winner.verdict.text), "", "| | |", "| --- | --- |", *table]
    warned = [f"- {plain(warning)}" for warning in winner.verdict.warnings]
    return "\n".join([*lines, *(["", "Warnings:", "", *warned] if warned else [])])


_LADDER = (
    *("candidate", "model", "quality", "quality_low", "quality_high", "n"),
    *("usd_per_1k_requests", "latency_p50_ms", "latency_p95_ms", "ruling"),
)


def ladder(verdict: Verdict) -> dict[str, Any]:
    """All candidates side by side, as the tables that MLflow's page shows."""
    return {
        "columns": list(_LADDER),
        "data": [_cells(verdict, m) for m in verdict.ladder],
    }


_SHORT = (
    *("candidate", "model", "quality", "low", "high", "n", "USD per 1,000"),
    *("p50 ms", "p95 ms", "ruling"),
)
"""Headings that fit into the narrow column in which MLflow shows a description."""


def ladder_text(verdict: Verdict, link: str = "") -> str:
    """
    The verdict over the same table, as Markdown.

    *link* is Markdown that stands above the table, of which MLflow hides the end.
    """
    rows = [_SHORT, ["---", "---", *["---:"] * 7, "---"]]
    shown = [_short(*row) for row in ladder(verdict)["data"]]
    table = [f"| {' | '.join(row)} |" for row in (*rows, *shown)]
    above = [plain(verdict.text), "", *([link, ""] if link else [])]
    return "\n".join([*above, *table])


def _short(name: str, model: str, *rest: Any) -> list[str]:
    """The cells of a row of the description: tuned models are called by their base."""
    quality, low, high, n, usd, p50, p95, ruling = rest
    told = usd if usd == UNKNOWN else f"{float(usd):.3g}"
    ends = (f"{q:.2f}" for q in (quality, low, high))
    cells = (name, called(model), *ends, n, told, p50, p95, ruling)
    return [plain(cell) for cell in cells]


def _cells(verdict: Verdict, m: Measured) -> list[Any]:
    chosen = "(chosen) " if m.candidate_key == verdict.chosen else ""
    ends = (round(q, 3) for q in (m.quality, m.quality_low, m.quality_high))
    usd = _per_thousand(m.usd_per_request) or UNKNOWN
    latencies = (_ms(m.latency_p50_s), _ms(m.latency_p95_s))
    return [
        f"{chosen}{with_rung(m.rung, m.name)}",
        m.model,
        *ends,
        m.n,
        usd,
        *latencies,
        m.ruling,
    ]


def plain(said: object) -> str:
    """*said* as Markdown that shows it and does nothing else, on one line."""
    one_line = " ".join(str(said).split())
    # An address without its colon is no link to any renderer.
    shown = _MARKS.sub(r"\\\1", html.escape(one_line))
    return shown.replace("://", ":&#47;&#47;").replace("www.", "www&#46;")


def _rows(winner: Winner, tags: Mapping[str, str]) -> dict[str, str]:
    m, v = winner.measured, winner.verdict
    usd = _per_thousand(m.usd_per_request)
    return {
        "rung": with_rung(winner.candidate.rung, winner.candidate.name),
        "model": winner.candidate.model,
        "base, licence": f"{winner.base}, {licence(winner)}",
        "base switched off on": str(v.shutdown_on or "no date known"),
        "quality, 0 to 1": f"{m.quality:.3f} ({m.quality_low:.3f} to "
        f"{m.quality_high:.3f}), {m.n} of {m.n_available} test examples, {m.ruling}",
        "bar, margin, confidence": f"{v.bar:g}, {v.margin:g}, {v.confidence:g}",
        "scorer": str(winner.brief.scorer),
        "USD per 1,000 requests": f"{usd or UNKNOWN}, prices of {v.prices_on}",
        "latency p50, p95 in ms": f"{_ms(m.latency_p50_s)}, {_ms(m.latency_p95_s)}",
        "examples": f"{winner.brief.examples}, fingerprint {v.data_fingerprint}",
        "prompt": tags.get("prompt", "none"),
        "climb, decided on": f"{v.climb_id}, {v.decided_on}",
    }


def _ms(seconds: float | None) -> str:
    return UNKNOWN if seconds is None else f"{1000 * seconds:.0f}"


def _per_thousand(usd: float | None) -> str | None:
    return None if usd is None else f"{1000 * usd:.6g}"
