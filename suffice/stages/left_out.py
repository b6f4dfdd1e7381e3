"""
Whether a provider has learned from all that it was sent.

Examples that a provider's moderation takes for harmful are left out of training without
a word; what it bills tells that there were fewer.
"""

from __future__ import annotations

import json

from suffice.stages.climb import Climb
from suffice.stages.tokens import counter, row_tokens
from suffice.tuning.job import TunedModel, TuneSpec
from suffice.tuning.kept_files import is_whole
from suffice.tuning.ledger_entry import Entry

LEAST = 0.9
"""Share of the tokens sent that must be billed: tools are counted in their own way."""


def left_out(climb: Climb, tuned: TunedModel, entry: Entry | None) -> str | None:
    """
    A sentence where clearly fewer tokens were trained on than were sent.

    ``None`` also where it cannot be told: the model's way of counting is unknown, the
    number of epochs is not ours, or the file is not here.
    """
    count = counter(climb.brief)
    if entry is None or not count.exact or not tuned.trained_tokens:
        return None
    spec = TuneSpec.identified(json.loads(entry.pinned))
    path = climb.workspace.training / f"{spec.training_sha256}.jsonl"
    epochs = spec.hyperparameters.get("n_epochs")
    if spec.method == "dpo" or epochs is None or not is_whole(path):
        return None
    rows = [json.loads(row) for row in path.read_bytes().splitlines()]
    sent = epochs * sum(row_tokens(count, row["messages"]) for row in rows)
    if tuned.trained_tokens >= LEAST * sent:
        return None
    return (
        f"{entry.provider} trained on {tuned.trained_tokens:,} of some {sent:,.0f} "
        f"tokens that were sent: it may have left out some of the {len(rows)} "
        f"examples; see the events of {tuned.job_id} there."
    )
