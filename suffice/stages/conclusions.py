"""
The stages of a climb after its measurements: enough?  tune?  decide, register.

Like `suffice.stages.measurements`: each is one call for a Prefect task.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from suffice.economics.choice import is_tuned
from suffice.economics.decide import decide as decide_on
from suffice.economics.prices import PriceBook
from suffice.economics.prospects import Prospect, TuneDecision
from suffice.economics.prospects import enough as enough_of
from suffice.economics.prospects import should_tune as should_tune_on
from suffice.ladder import TUNED_RUNGS, RungName
from suffice.registry import loss_curves
from suffice.registry.record import Registry
from suffice.results import Measured, Outcome, Verdict
from suffice.stages import kept_curves, training_cost
from suffice.stages.calibration import judge_warnings
from suffice.stages.climb import (
    Climb,
    keep_verdict,
    kept_candidate,
    kept_outcomes,
)
from suffice.stages.judging import tuned_attempts
from suffice.stages.learning_stage import Learned
from suffice.stages.probing import forgotten
from suffice.stages.shutdowns import prices_told
from suffice.stages.sources import kept_pool
from suffice.stages.table import committed_usd, today
from suffice.statistics.acceptance import alpha_share, non_inferior


def enough(climb: Climb, ladder: Sequence[Measured]) -> bool:
    """Whether a rung has passed and no later one can pay."""
    return enough_of(
        ladder,
        brief=climb.brief,
        book=_book(climb, ladder),
        on=today(),
        later=_later(climb, ladder),
    )


def should_tune(climb: Climb, ladder: Sequence[Measured]) -> TuneDecision:
    """Whether fine-tuning can help, and why; the reason is told."""
    decision = should_tune_on(
        ladder,
        brief=climb.brief,
        book=_book(climb, ladder),
        on=today(),
        training_estimate=_first_estimate(climb),
    )
    climb.journal.write("done", rung="", text=decision.why)
    return decision


def worth_tuning(climb: Climb, ladder: Sequence[Measured], rung: RungName) -> bool:
    """
    Whether to train for *rung*: no tuned model has passed, and this one may help.

    A tuned model with a longer prompt costs more than one that passed with a short
    one, so the first that passes is the last.
    """
    if any(is_tuned(m) and m.ruling == "passed" for m in ladder):
        return False
    return should_tune_on(
        ladder,
        brief=climb.brief,
        book=_book(climb, ladder),
        on=today(),
        training_estimate=training_cost.training_estimate(climb, rung),
    ).yes


def _book(climb: Climb, ladder: Sequence[Measured]) -> PriceBook:
    """Today's prices; the endpoint's own word on what it switches off wins."""
    models = [m.model for m in ladder if m.rung != "floor"]
    return prices_told(climb.brief, models)


def _first_estimate(climb: Climb) -> Prospect:
    """Of the first tuned rung of the brief."""
    rungs = tuned_attempts(climb.brief) or [TUNED_RUNGS[0]]
    return training_cost.training_estimate(climb, rungs[0])


def decide(
    climb: Climb,
    ladder: Sequence[Measured],
    *,
    tuning_failed: str | None = None,
    tune: TuneDecision | None = None,
    learned: Learned | None = None,
) -> Verdict:
    """The verdict on *ladder* at today's prices, stored."""
    learned = learned or Learned()
    warnings = [*climb.warnings, *judge_warnings(climb), *learned.warnings]
    warnings += forgotten(ladder)
    if tuning_failed:
        warnings.append(f"Fine-tuning gave no model: {tuning_failed}")
    verdict = decide_on(
        ladder,
        brief=climb.brief,
        book=_book(climb, ladder),
        on=today(),
        climb_id=climb.id,
        data_fingerprint=climb.data_fingerprint,
        warnings=warnings,
        non_inferior=_non_inferior(climb, ladder),
        tune=tune,
        spent_usd=committed_usd(climb),
        elapsed_s=time.time() - climb.started,
        learning_curve=learned.points,
    )
    keep_verdict(climb, verdict)
    return verdict


def register(climb: Climb, verdict: Verdict) -> Verdict:
    """Every candidate and the winner in MLflow; the same again changes nothing."""
    climb.journal.write("stage", text="recording in MLflow")
    registry = Registry(climb.workspace.root)
    run_id = registry.start_climb(
        climb.brief,
        climb_id=climb.id,
        data_fingerprint=climb.data_fingerprint,
        split=climb.split,
    )
    for curve in kept_curves.kept(climb.folder):
        loss_curves.log(registry.client, run_id, curve)
    for measured in verdict.ladder:
        candidate = kept_candidate(climb, measured.candidate_key)
        outcomes = kept_outcomes(climb, measured.candidate_key)
        registry.log_candidate(
            run_id, candidate, measured, outcomes, examples=climb.split.test
        )
    if verdict.chosen is None:
        return verdict
    version = _champion(registry, run_id, climb, verdict, verdict.chosen)
    verdict = replace(verdict, registered=version)
    keep_verdict(climb, verdict)
    climb.journal.write(
        "done", rung="", text=f"registered as {version}, alias champion"
    )
    return verdict


def _champion(
    registry: Registry, run_id: str, climb: Climb, verdict: Verdict, key: str
) -> str:
    """The winner as a model version: its name and number."""
    winner = kept_candidate(climb, key)
    return registry.register_champion(
        run_id,
        climb.brief,
        winner,
        next(m for m in verdict.ladder if m.candidate_key == key),
        verdict,
        train=climb.split.train,
        pool=kept_pool(climb.folder, winner),
    )


def _later(climb: Climb, ladder: Sequence[Measured]) -> tuple[Prospect, ...]:
    """What could still be tried: another model, or a tuned one."""
    tried = {(m.rung, m.model) for m in ladder}
    models = [
        model
        for model in climb.brief.models.base
        if not any(model == seen for _, seen in tried)
    ]
    later = [Prospect(rung="zero-shot", model=model) for model in models]
    tuned = tuned_attempts(climb.brief)
    later += [training_cost.training_estimate(climb, rung) for rung in tuned]
    return tuple(later)


def _non_inferior(climb: Climb, ladder: Sequence[Measured]) -> dict[str, bool]:
    """For each tuned candidate: whether it is no worse than the prompt that passed."""
    passed = [m for m in ladder if not is_tuned(m) and m.ruling == "passed"]
    tuned = [m for m in ladder if is_tuned(m)]
    if not passed:
        return {}
    incumbent = max(passed, key=lambda m: m.quality)
    alpha = alpha_share(climb.brief.confidence, 1)
    shown = {}
    for m in tuned:
        ours, theirs = _paired(
            kept_outcomes(climb, m.candidate_key),
            kept_outcomes(climb, incumbent.candidate_key),
        )
        if not ours:
            shown[m.candidate_key] = False
            continue
        result = non_inferior(ours, theirs, margin=climb.brief.margin, alpha=alpha)
        shown[m.candidate_key] = result.passed
    return shown


def _paired(
    ours: Sequence[Outcome], theirs: Sequence[Outcome]
) -> tuple[list[float], list[float]]:
    """Scores of both on the examples that both have answered."""
    other = {o.example_id: o.score for o in theirs if o.score is not None}
    pairs = [
        (o.score, other[o.example_id])
        for o in ours
        if o.score is not None and o.example_id in other
    ]
    return [a for a, _ in pairs], [b for _, b in pairs]
