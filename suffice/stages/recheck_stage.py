"""The re-check of a verdict, as one call for a Prefect task."""

from __future__ import annotations

from pathlib import Path

from suffice.brief import Brief
from suffice.data.lines import open_lines
from suffice.economics.recheck import Recheck, UsageSummary, summarise_usage
from suffice.economics.recheck import recheck as recheck_of
from suffice.stages import tune_stage
from suffice.stages.climb import Climb, latest_verdict
from suffice.stages.measurements import prices, today
from suffice.workspace import Workspace


def recheck(brief: Brief) -> Recheck:
    """The last verdict's arithmetic at today's usage, prices and retirements."""
    verdict, _ = latest_verdict(Workspace(Path(brief.output)), brief.name)
    climb = Climb(
        id=verdict.climb_id, brief=brief, data_fingerprint=verdict.data_fingerprint
    )
    result = recheck_of(
        verdict,
        brief=brief,
        book=prices(brief),
        on=today(),
        usage=_usage(brief),
        training_estimate=tune_stage.training_estimate(climb),
    )
    climb.journal.write("done", rung="", text=result.text)
    return result


def _usage(brief: Brief) -> UsageSummary | None:
    if brief.usage.log is None:
        return None
    return summarise_usage(line.data for line in open_lines(brief.usage.log))
