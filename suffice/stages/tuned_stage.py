"""
What was trained for a rung: the best of it, and its measurement on test.
"""

from __future__ import annotations

from dataclasses import replace

from suffice.candidates import Candidate
from suffice.economics.terms import preparation_usd
from suffice.ladder import RungName
from suffice.learning_curve import CURVE_RUNG
from suffice.measuring.choosing import Choice
from suffice.measuring.tuned_rungs import tuned_candidate
from suffice.results import Measured
from suffice.stages.climb import Climb
from suffice.stages.means import means_of
from suffice.stages.measurements import measure_tuned
from suffice.stages.probing import probed
from suffice.stages.refining import Trained, chosen
from suffice.stages.table import desk


def learns_preferences(climb: Climb, rung: RungName) -> bool:
    """Whether a model of *rung* learns preferences: only where nothing is shown."""
    return climb.brief.tuning.method == "dpo" and rung == CURVE_RUNG


def best_so_far(climb: Climb, rung: RungName, trained: Trained) -> tuple[str, Trained]:
    """The model that is best on dev, and *trained* with what choosing it took."""
    choice = _chosen(climb, rung, trained)
    paid = replace(trained, n_calls=choice.n_calls, spent_usd=choice.spent_usd)
    return choice.winner.model, paid


def measure_best(climb: Climb, rung: RungName, trained: Trained) -> Measured:
    """
    Judge the best of what was trained for *rung*.

    Which checkpoint and which recipe is chosen on dev alone, by the task's scorer;
    where the brief names preferences, whether learning them helped is so, too.
    """
    choice = _chosen(climb, rung, trained)
    choice = replace(
        choice,
        n_calls=choice.n_calls + trained.n_calls,
        spent_usd=choice.spent_usd + trained.spent_usd,
    )
    measured = measure_tuned(
        climb, choice.winner.model, _upfront_usd(climb, trained), rung, choice
    )
    return probed(climb, measured)


def _chosen(climb: Climb, rung: RungName, trained: Trained) -> Choice:
    model = trained.jobs[0].model
    with desk(climb) as at:
        at = at.opened(climb, rung, model)
        means = means_of(climb, rung, model, at.sources)

        def candidate_of(name: str) -> Candidate:
            return tuned_candidate(climb.brief, name, rung, means)

        return chosen(climb, at, trained, candidate_of)


def _upfront_usd(climb: Climb, trained: Trained) -> float | None:
    """What must be paid once before the tuned model answers its first request."""
    if trained.upfront_usd is None:
        return None
    return trained.upfront_usd + preparation_usd(climb.brief)
