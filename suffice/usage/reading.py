"""From the brief to a rate: reads whichever source of usage it names."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from suffice.economics.usage import DayUsage, UsageSummary, summary_of
from suffice.errors import EnvironmentFailed
from suffice.rechecking import MlflowUsage, Usage
from suffice.usage.daily import read_daily
from suffice.usage.logs import read_logs
from suffice.usage.openai_api import read_openai
from suffice.usage.prometheus import read_prometheus


def read_usage(
    usage: Usage,
    *,
    kept: Path,
    output: Path,
    now_s: float,
    tokens_after: date | None = None,
) -> UsageSummary | None:
    """
    What was used lately; ``None`` where the brief names no source.

    *kept* is where sums of a log are kept between runs, *output* the folder whose
    MLflow store is asked when no other is named.  Tokens count from the day after
    *tokens_after*, on which another candidate took over.
    """
    if usage.kind is None:
        return None
    days: tuple[DayUsage, ...]
    n_bad = 0
    if usage.openai is not None:
        days = read_openai(
            usage.openai, model=usage.model, days=usage.days, now_s=now_s
        )
    elif usage.prometheus is not None:
        days = read_prometheus(usage.prometheus, days=usage.days, now_s=now_s)
    elif usage.mlflow is not None:
        days = _read_traces(usage.mlflow, output, days=usage.days, now_s=now_s)
    elif usage.daily is not None:
        sums = read_daily(usage.daily)
        days, n_bad = sums.days, sums.n_bad
    else:
        logs = read_logs(usage, kept)
        days, n_bad = logs.days, logs.n_bad
    return summary_of(
        days, n_bad=n_bad, last_days=usage.days, tokens_after=tokens_after
    )


def _read_traces(
    source: MlflowUsage, output: Path, *, days: int, now_s: float
) -> tuple[DayUsage, ...]:
    from suffice.registry.trace_usage import read_traces

    uri = source.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI")
    if not uri:
        raise EnvironmentFailed(
            "Where the traces are is not said: set usage.mlflow.tracking_uri or the "
            "environment variable MLFLOW_TRACKING_URI."
        )
    return read_traces(uri, source.experiment, output, days=days, now_s=now_s)
