"""
The measuring stages of a climb: prompts, and models that were tuned.

Each is one call for a Prefect task: it opens the clients, calls the pure parts, stores
what came out and tells the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from suffice.candidates import Candidate
from suffice.economics.choice import is_tuned
from suffice.economics.wording import ruled
from suffice.ladder import RungName
from suffice.measuring.asking import Asked
from suffice.measuring.choosing import Choice, choose
from suffice.measuring.floor import measure_floor
from suffice.measuring.indicators import n_malformed, n_too_long
from suffice.measuring.measure import measure
from suffice.measuring.proposing import propose
from suffice.measuring.rungs import alternatives
from suffice.measuring.tuned_rungs import tuned_candidate
from suffice.results import Measured, Outcome
from suffice.stages.calibration import corrected_note
from suffice.stages.climb import Climb, keep, kept_outcomes
from suffice.stages.in_batches import ask_in_batches
from suffice.stages.judging import design
from suffice.stages.means import means_of
from suffice.stages.scoring import scorer_of
from suffice.stages.sources import keep_pool
from suffice.stages.table import Table, account, desk, today
from suffice.stages.unchanged import as_it_stands, judged_before
from suffice.statistics.designs import Design


def measure_rung(
    climb: Climb, rung: RungName, model: str, asked: Sequence[Asked] = ()
) -> Measured:
    """
    Choose the rung's candidate on dev, judge it on test, store the result.

    What other tasks have *asked* for it already is in the store, and counts as its.
    """
    climb.journal.write("stage", text=rung if rung == "floor" else f"{rung}, {model}")
    if rung == "floor":
        with account(climb) as (store, budget):
            candidate, measured, outcomes = measure_floor(
                climb.split,
                scorer=scorer_of(climb.brief, today(), store=store, budget=budget),
                design=design(climb, rung),
                journal=climb.journal,
            )
        return _kept(climb, candidate, measured, outcomes, None)
    with desk(climb) as at:
        at = at.opened(climb, rung, model)
        choice = _chosen(climb, rung, model, at)
        for other in asked:
            choice = choice.with_calls(n=other.n_calls, usd=other.spent_usd)
        before = judged_before(climb, choice.winner)
        if before is None:
            return _judge(climb, choice.winner, at, choice)
        outcomes = kept_outcomes(climb, before.candidate_key)
        keep_pool(climb.folder, choice.winner, at.sources)
    again = as_it_stands(before, choice.winner)
    return _kept(climb, choice.winner, again, outcomes, choice)


def choose_candidate(
    climb: Climb, rung: RungName, model: str
) -> tuple[Candidate, Design, Asked]:
    """The candidate of *rung* as `measure_rung` will choose it, how it is judged."""
    with desk(climb) as at:
        at = at.opened(climb, rung, model)
        choice = _chosen(climb, rung, model, at)
        keep_pool(climb.folder, choice.winner, at.sources)
    spent = Asked(outcomes=(), spent_usd=choice.spent_usd, n_calls=choice.n_calls)
    return choice.winner, design(climb, rung, model, choice.won), spent


def _chosen(climb: Climb, rung: RungName, model: str, at: Table) -> Choice:
    return choose(
        _tried(climb, rung, model, at),
        climb.split.dev,
        desk=at.desk(climb, model),
        journal=climb.journal,
        keep_first=rung == "optimised-prompt",
        bar=climb.brief.bar,
    )


def _tried(climb: Climb, rung: RungName, model: str, at: Table) -> list[Candidate]:
    """The candidates of *rung*; the start of the optimised prompt comes first."""
    brief, split = climb.brief, climb.split
    desk = at.desk(climb, model)
    means = means_of(climb, rung, model, at.sources, desk)
    found = alternatives(rung, brief, split, model, means)
    if rung != "optimised-prompt" or brief.optimiser is None:
        return found
    proposed = propose(
        found[0],
        split.train,
        split.dev,
        optimiser=brief.optimiser,
        desk=desk,
        proposers_desk=at.desk(climb, brief.optimiser.proposer),
        seed=brief.seed,
        journal=climb.journal,
    )
    means = replace(means, proposed=proposed)
    return alternatives(rung, brief, split, model, means)


def measure_tuned(
    climb: Climb,
    model: str,
    upfront_usd: float | None,
    rung: RungName = "fine-tuned",
    choice: Choice | None = None,
) -> Measured:
    """
    Judge the tuned *model* with the prompt it was trained on, like every other.

    *choice* is how it was found on dev, where there was one.
    """
    climb.journal.write("stage", text=f"{rung}, {model}")
    with desk(climb) as at:
        at = at.opened(climb, rung, model)
        means = means_of(climb, rung, model, at.sources)
        candidate = tuned_candidate(climb.brief, model, rung, means)
        return _judge(climb, candidate, at, choice, upfront_usd=upfront_usd)


def _judge(
    climb: Climb,
    candidate: Candidate,
    at: Table,
    choice: Choice | None,
    *,
    upfront_usd: float | None = 0.0,
) -> Measured:
    tried = choice.won if choice else None
    keep_pool(climb.folder, candidate, at.sources)
    judged = design(climb, candidate.rung, candidate.model, tried)
    batched = Asked(outcomes=(), spent_usd=0.0, n_calls=0)
    place = at.desk(climb, candidate.model)
    if climb.brief.models.endpoint.batch:
        batched = ask_in_batches(climb, candidate, judged, place)
    measured, outcomes = measure(
        candidate,
        climb.split.test,
        desk=place,
        design=judged,
        journal=climb.journal,
    )
    measured = replace(
        measured,
        spent_usd=measured.spent_usd + batched.spent_usd,
        n_calls=measured.n_calls + batched.n_calls,
        n_reused=max(0, measured.n_reused - batched.n_calls),
    )
    return _kept(climb, candidate, measured, outcomes, choice, upfront_usd=upfront_usd)


def _kept(
    climb: Climb,
    candidate: Candidate,
    measured: Measured,
    outcomes: tuple[Outcome, ...],
    choice: Choice | None,
    *,
    upfront_usd: float | None = 0.0,
) -> Measured:
    """Stored and told; what choosing took is part of what measuring took."""
    if choice is not None:
        measured = _with_choice(measured, choice)
    notes = (measured.note, _hit_note(measured), corrected_note(climb, outcomes))
    train = climb.split.train
    measured = replace(
        measured,
        upfront_usd=upfront_usd,
        note="; ".join(filter(None, notes)),
        n_malformed=n_malformed(outcomes, [e.answer for e in train]),
        n_too_long=n_too_long(outcomes),
        n_train=len(train) if is_tuned(measured) else None,
    )
    keep(climb, candidate, measured, outcomes)
    climb.journal.write(
        "done", rung=measured.rung, usd=measured.spent_usd, text=told(measured)
    )
    return measured


def _with_choice(measured: Measured, choice: Choice) -> Measured:
    return replace(
        measured,
        note="; ".join(filter(None, (measured.note, choice.note))),
        spent_usd=measured.spent_usd + choice.spent_usd,
        n_calls=measured.n_calls + choice.n_calls,
        n_reused=measured.n_reused + choice.n_reused,
        dev_quality=choice.won.quality if choice.won else None,
        dev_n=choice.won.n if choice.won else 0,
    )


def _hit_note(measured: Measured) -> str:
    """How well retrieval did, apart from what the model made of it."""
    hit = measured.retrieval_hit
    if hit is None:
        return ""
    return f"what was retrieved held the wanted answer for {hit:.0%} of the questions"


def told(measured: Measured) -> str:
    """One line on a measurement: ruling, quality, how much was asked and reused."""
    calls = ""
    if measured.n_calls or measured.n_reused:
        calls = f"; {measured.n_calls} calls, {measured.n_reused} reused"
    return f"{ruled(measured)}{calls}"
