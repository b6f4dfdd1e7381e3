"""
What follows a tuning job, in the plan of a climb: its checkpoints on dev, the other
recipes of a search, and the probes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from suffice.brief import Brief
from suffice.economics.plan import MeanTokens, Plan, Planned, Sizes, plan
from suffice.economics.prices import PriceBook
from suffice.economics.rungs import tuned
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
    **how: Any,
) -> Plan:
    """
    The plan with what choosing among tuned models and probing them takes at most.

    Every tuned rung may be reached; the probes are asked once.  What learning
    preferences costs is reckoned when it is submitted.  *how* is what `plan` takes.
    """
    rungs = [rung for rung in brief.rungs if tuned(rung)]
    if not rungs or brief.models.tunable is None:
        return planned
    tuning = brief.tuning.model_copy(update={"prepare_usd": 0.0})
    alone = brief.model_copy(update={"tuning": tuning})
    rows: list[Planned] = []
    competing = Sizes(
        train=(tuning.search - 1) * sizes.train,
        dev=0,
        test=n_models(brief) * min(sizes.dev, Effort().most_dev),
    )
    for rung in rungs if competing.test or competing.train else ():
        one = alone.model_copy(update={"rungs": (rung,)})
        rows += _named(f"{rung}, chosen", plan(one, competing, tokens, book, **how))
    if tuning.probes:
        one = alone.model_copy(update={"rungs": (_FIRST,)})
        asked = Sizes(train=0, dev=0, test=2 * N_PROBES)
        rows += _named("probes", plan(one, asked, _PROBE, book, **how))
    return replace(planned, rows=(*planned.rows, *rows))


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


def _named(label: str, planned: Plan) -> list[Planned]:
    return [replace(r, rung=label, smallest_provable=None) for r in planned.rows]
