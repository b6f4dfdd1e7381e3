"""
The data gate within a climb: what it judges lengths by, and where its result goes.

One call for a Prefect task each, like `suffice.stages.measurements`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from suffice.brief import Brief
from suffice.data.checking import CheckReport, sentence, to_json
from suffice.data.cleaning import Change
from suffice.data.needs import Proof
from suffice.data.tokens import TokenRules, training_limit
from suffice.files import write_atomically
from suffice.journal import Journal
from suffice.local.weights import BASES
from suffice.report.data_page import data_page
from suffice.stages.judging import prompting_attempts, tuned_attempts
from suffice.stages.orders import epochs_of
from suffice.stages.preference_stage import check_preferences
from suffice.stages.scoring import gives_grades
from suffice.stages.table import prices, today
from suffice.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Files:
    """Where the result of the gate lies."""

    page: Path
    result: Path
    """JSON; see `suffice.data.checking.SCHEMA`."""
    changes: Path
    """What cleaning would do, one JSON object a line."""


def token_rules(brief: Brief) -> TokenRules:
    """What the examples' lengths are judged by: the price book's and our own limits."""
    contexts = {m: _context(brief, m) for m in brief.models.base}
    known = {model: n for model, n in contexts.items() if n is not None}
    shortest = min(known, key=lambda m: known[m]) if known else brief.models.base[0]
    tunable = brief.models.tunable if tuned_attempts(brief) else None
    price = prices(brief).price(tunable, today()) if tunable else None
    return TokenRules(
        model=shortest,
        context_tokens=known.get(shortest),
        instructions=brief.instructions,
        tunable=tunable,
        training_tokens=_training_tokens(brief, tunable) if tunable else None,
        training_usd_per_mtok=price.training_usd_per_mtok if price else None,
        priced_by_time=price is not None and price.kind != "tokens",
        epochs_of=partial(epochs_of, brief),
    )


def proof(brief: Brief) -> Proof:
    """How quality is proven, as the plan reckons before anything is measured."""
    n_attempts = len(prompting_attempts(brief)) + len(tuned_attempts(brief))
    return Proof.of(brief, n_attempts=n_attempts, graded=gives_grades(brief))


def _context(brief: Brief, model: str) -> int | None:
    if _is_embedded(brief, model):
        return BASES[model].context_tokens
    price = prices(brief).price(model, today())
    return price.context_tokens if price else None


def _training_tokens(brief: Brief, model: str) -> int | None:
    if _is_embedded(brief, model):
        return BASES[model].context_tokens
    return training_limit(model)


def _is_embedded(brief: Brief, model: str) -> bool:
    return brief.models.endpoint.base_url is None and model in BASES


def begin(brief: Brief) -> Callable[[str], None]:
    """Tell the journal that the check begins; what is returned tells how far it is."""
    journal = _journal(brief)
    check_preferences(brief)
    journal.write("stage", text="checking the examples")
    return lambda text: journal.write("stage", text=f"checking the examples: {text}")


def files_of(brief: Brief) -> Files:
    """Where `publish` writes for this brief."""
    folder = Workspace(Path(brief.output)).root / "data" / brief.name
    return Files(
        page=folder / "data.html",
        result=folder / "data.json",
        changes=folder / "changes.jsonl",
    )


def publish(brief: Brief, report: CheckReport, changes: Sequence[Change]) -> Files:
    """Page, JSON result and planned changes on disk; the journal is told."""
    files = files_of(brief)
    lines = (json.dumps(asdict(c), ensure_ascii=False) + "\n" for c in changes)
    write_atomically(files.changes, "".join(lines))
    write_atomically(files.result, to_json(report))
    write_atomically(files.page, data_page(report, title=brief.name))
    _tell(brief, report)
    return files


def _tell(brief: Brief, report: CheckReport) -> None:
    """What came through, and what was found that a reader must know of."""
    journal = _journal(brief)
    parts = ", ".join(f"{n} {part}" for part, n in report.n_by_part.items())
    text = f"{report.n_rows} lines read: {parts}"
    notes = sum(f.severity == "info" for f in report.findings)
    if notes:
        text += f"; {notes} note{'s' * (notes > 1)} in the data report"
    journal.write("done", rung="", text=text)
    for finding in report.findings:
        if finding.severity != "info":
            text = f"{finding.severity}: {sentence(finding)}"
            journal.write("done", rung="", text=text)


def _journal(brief: Brief) -> Journal:
    return Journal.of(Workspace(Path(brief.output)).journal)
