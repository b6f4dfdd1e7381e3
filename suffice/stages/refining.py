"""
From a finished job to the tuned model that is judged: which checkpoint, which recipe.

The last checkpoints of each job compete on dev by the task's own scorer; so do those
of the other recipes where the brief allows a search, which train side by side with it.
Preferences are learned on top of the best of them, and have to win on dev as well.
Whatever goes wrong with a job is told, and ends nothing while another gives a model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

from suffice.candidates import Candidate
from suffice.errors import SufficeError
from suffice.ladder import RungName
from suffice.measuring.choosing import Choice, choose
from suffice.measuring.rivals import Tried
from suffice.stages.climb import Climb
from suffice.stages.connect import connect_tuning
from suffice.stages.preference_stage import submit_preferences
from suffice.stages.table import Table
from suffice.stages.tune_stage import submit_tuning
from suffice.stages.waiting_stage import Ended
from suffice.tuning.job import TunedModel
from suffice.tuning.job_replies import JobCheckpoint
from suffice.tuning.protocol import Backend

_FIRST_ROUND = 16
"""Dev examples that all models answer: more than prompts do, for checkpoints of one
job differ little, and fewer than there are, for each answer costs."""


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """Jobs that were submitted side by side, and why others were not."""

    jobs: Mapping[str, str]
    """Ids, by what the jobs are called."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Trained:
    """The jobs of one rung that have given a model: one at least."""

    jobs: tuple[TunedModel, ...]
    notes: tuple[str, ...] = ()
    """What a reader should know of those that gave none."""
    n_calls: int = 0
    """What choosing among them has taken so far, like the next."""
    spent_usd: float = 0.0

    @property
    def upfront_usd(self) -> float | None:
        """Of all jobs together; `None` when the price of one is unknown."""
        usd = [job.upfront_usd for job in self.jobs]
        return None if None in usd else sum(u for u in usd if u is not None)


def submit_recipes(climb: Climb, rung: RungName) -> Ordered:
    """
    The job of *rung*, and those of the other recipes that the brief allows to try.

    Raises what the first one is refused with; what another is refused with is told.
    """
    ordered = Ordered(jobs={rung: submit_tuning(climb, rung)})
    for v in range(1, climb.brief.tuning.search):
        order = partial(submit_tuning, climb, rung, variation=v)
        ordered = _more(climb, ordered, f"{rung} recipe {v + 1}", order)
    return ordered


def submit_on_best(climb: Climb, rung: RungName, best: str) -> Ordered:
    """The job that learns what is preferred on top of the model *best*."""
    order = partial(submit_preferences, climb, best)
    return _more(climb, Ordered(jobs={}), f"{rung} preferences", order)


def trained(climb: Climb, ordered: Ordered, ended: Ended) -> Trained:
    """
    The models that there are, in the order in which their jobs were submitted.

    Raises what the first job ended with where there is none.
    """
    found = with_ended(climb, Trained(jobs=()), ordered, ended)
    if not found.jobs:
        raise next(iter(ended.errors.values()))
    return found


def _more(
    climb: Climb, ordered: Ordered, name: str, submit: Callable[[], str]
) -> Ordered:
    try:
        return replace(ordered, jobs={**ordered.jobs, name: submit()})
    except SufficeError as error:
        return replace(ordered, notes=(*ordered.notes, _told(climb, name, error)))


def with_ended(
    climb: Climb, before: Trained, ordered: Ordered, ended: Ended
) -> Trained:
    """*before* with the models of these jobs, and why the others gave none."""
    jobs = [ended.models[name] for name in ordered.jobs if name in ended.models]
    failed = [_told(climb, name, error) for name, error in ended.errors.items()]
    return replace(
        before,
        jobs=(*before.jobs, *jobs),
        notes=(*before.notes, *ordered.notes, *failed),
    )


def _told(climb: Climb, name: str, error: SufficeError) -> str:
    climb.journal.write("note", rung="fine-tuned", text=f"{name}: {error}")
    return f"{name} gave none: {error}"


def chosen(
    climb: Climb,
    at: Table,
    trained: Trained,
    candidate_of: Callable[[str], Candidate],
) -> Choice:
    """
    The best model of *trained* on dev; the first job's own model wins ties.

    One model alone is chosen without a call.
    """
    served = models_of(climb, trained.jobs)
    candidates = [candidate_of(model) for model in served]
    choice = choose(
        candidates,
        climb.split.dev,
        desk=at.desk(climb, candidates[0].model),
        journal=climb.journal,
        first_round=_FIRST_ROUND,
    )
    names = {c.key: served[c.model] for c in candidates}
    told = (*_compared(choice, names), *trained.notes)
    return replace(choice, reason="; ".join(told))


def models_of(climb: Climb, jobs: Sequence[TunedModel]) -> dict[str, str]:
    """Each model that competes, and what it is called; a job's own comes first."""
    served: dict[str, str] = {}
    most = climb.brief.tuning.checkpoints
    with closing(connect_tuning(climb.brief)) as client:
        for number, job in enumerate(jobs, 1):
            name = "the tuned model" if number == 1 else f"job {number}'s model"
            served.setdefault(job.model, name)
            for checkpoint in _last(client, job, most):
                where = f"step {checkpoint.step} of job {number}"
                served.setdefault(checkpoint.model, where)
    return served


def _last(client: Backend, job: TunedModel, most: int) -> list[JobCheckpoint]:
    """The last checkpoints and the one of least validation loss, where they answer."""
    if most == 1 or not client.serves_at_once:
        return []
    try:
        kept = sorted(client.checkpoints(job.job_id), key=lambda c: -c.step)
    except SufficeError:
        return []  # An endpoint without checkpoints has the one model.
    judged = [c for c in kept if c.valid_loss is not None]
    best = min(judged, key=lambda c: c.valid_loss or 0.0, default=None)
    last = kept[:most]
    if best is not None and best not in last:
        last.append(best)
    return [c for c in last if c.model == job.model or client.answers(c.model)]


def _compared(choice: Choice, names: Mapping[str, str]) -> list[str]:
    """How the models did on dev, the winner first; nothing where there was one."""
    if not choice.tried:
        return []
    ranked = sorted(choice.tried, key=lambda t: t.candidate_key != choice.winner.key)
    n = max(t.n for t in ranked)
    (first, *rest) = [f"{names[t.candidate_key]} {_score(t, n)}" for t in ranked]
    others = f"; not {', '.join(rest)}" if rest else ""
    return [f"chosen by the scorer on {n} dev examples: {first}{others}"]


def _score(tried: Tried, n: int) -> str:
    """On dev; those that were left out before all *n* examples say on how many."""
    if tried.quality is None:
        return "(unanswered)"
    few = f" on {tried.n}" if tried.n < n else ""
    return f"({tried.quality:.2f}{few})"
