"""The answers of one candidate as files: a table that MLflow's page shows, and all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suffice.candidates import Candidate
from suffice.results import Outcome

if TYPE_CHECKING:
    from mlflow import MlflowClient

SHOWN_ROWS = 2000
"""Answers in the table that the MLflow page shows; the Parquet file has them all."""
SHOWN = "answers.json"
"""That table."""


def log(
    client: MlflowClient,
    run_id: str,
    candidate: Candidate,
    outcomes: Sequence[Outcome],
) -> None:
    """Every answer as Parquet, the first of them as a table, and the candidate."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [_row(outcome) for outcome in outcomes]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recipe = json.dumps(asdict(candidate), ensure_ascii=False, indent=2)
        (folder / "candidate.json").write_text(recipe, encoding="utf-8")
        if rows:
            pq.write_table(pa.Table.from_pylist(rows), folder / "answers.parquet")
            shown = {
                "columns": list(rows[0]),
                "data": [list(row.values()) for row in rows[:SHOWN_ROWS]],
            }
            text = json.dumps(shown, ensure_ascii=False)
            (folder / SHOWN).write_text(text, encoding="utf-8")
        client.log_artifacts(run_id, str(folder))


def _row(outcome: Outcome) -> dict[str, Any]:
    call = outcome.completion
    return {
        "example": outcome.example_id,
        "answer": outcome.answer,
        "score": outcome.score,
        "reason": outcome.reason,
        "reply": call.text if call else None,
        "input_tokens": call.input_tokens if call else None,
        "output_tokens": call.output_tokens if call else None,
        "latency_s": call.latency_s if call else None,
    }
