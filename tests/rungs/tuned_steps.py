"""What the flow does to train, without Prefect."""

from __future__ import annotations

from suffice.ladder import RungName
from suffice.results import Measured
from suffice.stages import refining
from suffice.stages.climb import Climb
from suffice.stages.learning_stage import Learned, parts_of, submit_part, trained_parts
from suffice.stages.learning_stage import measure_part as measure
from suffice.stages.refining import Ordered, Trained
from suffice.stages.tuned_stage import best_so_far, learns_preferences
from suffice.stages.waiting_stage import Ended, Seat, follow_all


def ended(climb: Climb, ordered: Ordered) -> Ended:
    """How the jobs ended; nobody else wants this seat."""
    found = follow_all(climb, ordered.jobs, Seat())
    assert isinstance(found, Ended)
    return found


def trained_for(climb: Climb, rung: RungName) -> Trained:
    """All that is trained for *rung*."""
    ordered = refining.submit_recipes(climb, rung)
    trained = refining.trained(climb, ordered, ended(climb, ordered))
    if not learns_preferences(climb, rung):
        return trained
    best, trained = best_so_far(climb, rung, trained)
    ordered = refining.submit_on_best(climb, rung, best)
    return refining.with_ended(climb, trained, ordered, ended(climb, ordered))


def drawn(climb: Climb, ladder: list[Measured], between: object = None) -> Learned:
    """The learning curve; *between* is called once all jobs are submitted."""
    parts = [submit_part(climb, part) for part in parts_of(climb, ladder)]
    if callable(between):
        between()
    trained = trained_parts(climb, parts, Seat())
    assert isinstance(trained, tuple)
    return Learned.of([measure(climb, part) for part in trained])
