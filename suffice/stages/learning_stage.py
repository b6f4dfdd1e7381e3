"""
The learning curve of a climb: the tuned model again, on parts of the examples.

Judged on dev, never on test: these models show what more examples would bring, and
none of them can be chosen.  Whatever goes wrong here is told, and ends nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from suffice.economics.learned import seen_on_dev
from suffice.errors import SufficeError
from suffice.examples import Example
from suffice.learning_curve import CURVE_RUNG
from suffice.measuring.asking import ask_all
from suffice.measuring.subsampling import part_of, taught
from suffice.measuring.tuned_rungs import tuned_candidate
from suffice.results import CurvePoint, Measured, Outcome
from suffice.stages.climb import Climb
from suffice.stages.table import desk
from suffice.stages.tune_stage import submit_tuning
from suffice.stages.waiting_stage import Ended, Later, Seat, follow_all
from suffice.statistics.clusters import cluster_means
from suffice.statistics.intervals import interval


@dataclass(frozen=True, kw_only=True)
class Part:
    """A share of the examples on its way to a point of the curve."""

    share: float
    n_train: int
    job_id: str | None = None
    model: str | None = None
    point: CurvePoint | None = None
    why_not: str | None = None
    """Why there is no point, or why it rests on fewer answers than it should."""

    @property
    def name(self) -> str:
        """What its job is called."""
        return f"{CURVE_RUNG}-{self.n_train}-examples"

    def without(self, error: SufficeError) -> Part:
        """The same, given up for this reason."""
        return replace(self, why_not=str(error))

    def ended(self, ended: Ended) -> Part:
        """The same with what its job came to, where it had one."""
        if self.job_id is None:
            return self
        if self.name in ended.errors:
            return self.without(ended.errors[self.name])
        return replace(self, model=ended.models[self.name].model)


@dataclass(frozen=True, kw_only=True)
class Learned:
    """The points there are, smallest first, and what to warn of."""

    points: tuple[CurvePoint, ...] = ()
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, parts: Sequence[Part]) -> Learned:
        """What came of these parts."""
        return cls(
            points=tuple(part.point for part in parts if part.point),
            warnings=tuple(
                f"Learning curve, {part.n_train} examples: {part.why_not}"
                for part in parts
                if part.why_not
            ),
        )


def parts_of(climb: Climb, ladder: Sequence[Measured]) -> tuple[Part, ...]:
    """
    What the curve is to be drawn from, the whole last; nothing without a tuned model.
    """
    shares = climb.brief.tuning.learning_curve
    whole = next((m for m in ladder if m.rung == CURVE_RUNG), None)
    if not shares or whole is None:
        return ()
    train, seed = climb.split.train, climb.brief.seed
    parts = [
        Part(share=share, n_train=len(part_of(train, share, seed=seed)))
        for share in shares
    ]
    last = Part(share=1.0, n_train=len(taught(train)), model=whole.model)
    return (*parts, last)


def submit_part(climb: Climb, part: Part) -> Part:
    """The part with the id of its one job, or with the reason why there is none."""
    if part.model is not None:
        return part
    try:
        return replace(part, job_id=submit_tuning(climb, CURVE_RUNG, part.share))
    except SufficeError as error:
        return part.without(error)


def trained_parts(
    climb: Climb, parts: Sequence[Part], seat: Seat
) -> tuple[Part, ...] | Later:
    """The parts with their models, or that some of their jobs go on."""
    jobs = {part.name: part.job_id for part in parts if part.job_id is not None}
    ended = follow_all(climb, jobs, seat)
    return ended if isinstance(ended, Later) else tuple(p.ended(ended) for p in parts)


def measure_part(climb: Climb, part: Part) -> Part:
    """The part with its point: its model asked all of dev."""
    try:
        return part if part.model is None else _judged(climb, part, part.model)
    except SufficeError as error:
        return part.without(error)


def _judged(climb: Climb, part: Part, model: str) -> Part:
    dev = climb.split.dev
    candidate = tuned_candidate(climb.brief, model, CURVE_RUNG)
    with desk(climb) as at:
        asked = ask_all(candidate, dev, at.desk(climb, model))
    scores, clusters = _scores(dev, asked.outcomes)
    if not scores:
        return replace(part, why_not=f"none of {len(dev)} dev examples was answered.")
    low, high = interval(scores, clusters=clusters)
    units = cluster_means(scores, clusters)
    point = CurvePoint(
        share=part.share,
        n_train=part.n_train,
        model=model,
        n=len(scores),
        quality=float(units.mean()),
        quality_low=low,
        quality_high=high,
    )
    climb.journal.write("done", rung="", text=seen_on_dev(point))
    few = None
    if len(scores) < len(dev):
        few = f"{len(scores)} of {len(dev)} dev examples were answered."
    return replace(part, model=model, point=point, why_not=few)


def _scores(
    dev: Sequence[Example], outcomes: Sequence[Outcome]
) -> tuple[list[float], list[str] | None]:
    """Scores of what was answered, and its clusters where there are any."""
    pairs = [
        (example, outcome.score)
        for example, outcome in zip(dev, outcomes, strict=False)
        if outcome.score is not None
    ]
    scores = [score for _, score in pairs]
    if not any(example.cluster for example, _ in pairs):
        return scores, None
    return scores, [example.cluster or f"\0{example.id}" for example, _ in pairs]
