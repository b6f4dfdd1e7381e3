"""A provider that leaves out examples without a word is told by what it bills."""

from __future__ import annotations

import pytest
from test_estimate_honesty import billed, planned

from suffice.measuring.tuned_rungs import training_rows
from suffice.stages.left_out import left_out
from suffice.stages.orders import epochs_of
from suffice.stages.tune_stage import jsonl
from suffice.tuning.job import TunedModel, TuneSpec
from suffice.tuning.kept_files import keep_file
from suffice.tuning.ledger import Intent, Ledger


@pytest.mark.parametrize(
    ("base", "share", "told"),
    [("gpt-4o-mini", 1.0, False), ("gpt-4o-mini", 0.8, True), ("other", 0.5, False)],
)
def test_examples_that_were_left_out_are_told(base, share, told, tmp_path):
    """The verdict is of a model that has not seen what its owner thinks it has."""
    climb = planned(tmp_path, 1, base)
    rows = training_rows(climb.brief, climb.split.train)
    file = jsonl(rows)
    keep_file(climb.workspace.training, file)
    epochs = epochs_of(climb.brief, len(rows))
    spec = TuneSpec.of(file, None, base=base, hyperparameters={"n_epochs": epochs})
    tuned = TunedModel(
        model=f"ft:{base}",
        base=base,
        job_id="job-1",
        trained_tokens=round(billed(climb) * share),
        cpu_s=None,
        train_s=None,
        upfront_usd=None,
    )
    intent = Intent(kind="job", provider="p", key=spec.key, pinned=spec.identity)
    with Ledger(tmp_path / "ledger.db") as ledger:
        said = left_out(climb, tuned, ledger.intend(intent))

    assert told == (said is not None)
    if said:
        assert "see the events of job-1" in said
        assert f"some of the {len(rows)} examples" in said
