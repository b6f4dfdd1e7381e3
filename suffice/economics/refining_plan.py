"""
What follows a tuning job, in the plan of a climb: its checkpoints on dev, the other
recipes of a search, the preferences, and the probes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from suffice.brief import Brief
from suffice.economics.plan import MeanTokens, Plan, Sizes
from suffice.economics.prices import PriceBook
from suffice.economics.rungs import tuned
from suffice.economics.training_plan import with_tuned
from suffice.economics.workload import Effort

N_PROBES = 60
"""Fixed probes, each asked of the base and of the tuned model."""
_PROBE = MeanTokens(question=25, answer=40, instructions=6, tuned_instructions=6)
_FIRST = "fine-tuned"


def with_refining(
    planned: Plan,
    brief: Brief,
    sizes: Sizes,
    tokens: MeanTokens,
    book: PriceBook,
    *,
    jobs: Mapping[str, Sequence[float]],
    **how: Any,
) -> Plan:
    """
    The plan with what choosing among tuned models and probing them takes at most.

    Every tuned rung may be reached; the probes are asked once.  *jobs* has the trained
    tokens of each further job of a rung: the other recipes of a search, preferences.
    *how* is what `plan` takes.
    """
    rungs = [rung for rung in brief.rungs if tuned(rung)]
    if not rungs or brief.models.tunable is None:
        return planned
    answers = n_models(brief) * min(sizes.dev, Effort().most_dev)
    competing = Sizes(train=0, dev=0, test=answers)
    for rung in rungs:
        one, more = brief.model_copy(update={"rungs": (rung,)}), jobs.get(rung, ())
        if competing.test or more:
            label = f"{rung}, chosen"
            planned = with_tuned(
                planned, label, one, competing, tokens, book, jobs=more, **how
            )
    if not brief.tuning.probes:
        return planned
    one = brief.model_copy(update={"rungs": (_FIRST,)})
    asked = Sizes(train=0, dev=0, test=2 * N_PROBES)
    return with_tuned(planned, "probes", one, asked, _PROBE, book, **how)


def n_models(brief: Brief) -> int:
    """
    Models that compete on dev, at most; none where there is nothing to choose.

    >>> n_models(Brief(name="a", instructions="b", examples="c"))
    4
    """
    tuning = brief.tuning
    jobs = tuning.search + (tuning.method == "dpo")
    # The last ones, and the one of least validation loss.
    each = tuning.checkpoints + 1 if tuning.checkpoints > 1 else 1
    return jobs * each if jobs * each > 1 else 0
