"""
The search for a better prompt that ends where it began.

Its winner has been judged on test already, as the candidate of another rung.  To judge
it once more, at another share of the error, would be a second try for the same prompt.
"""

from __future__ import annotations

from dataclasses import replace

from suffice.candidates import Candidate
from suffice.results import Measured
from suffice.stages.climb import Climb, kept_measurements
from suffice.stages.means import STARTS


def judged_before(climb: Climb, candidate: Candidate) -> Measured | None:
    """The same prompt as it was judged on the rung the search began from, if it was."""
    if candidate.rung != "optimised-prompt":
        return None
    same = {replace(candidate, rung=rung).key for rung in STARTS}
    return next((m for m in kept_measurements(climb) if m.candidate_key in same), None)


def as_it_stands(before: Measured, candidate: Candidate) -> Measured:
    """That judgement as *candidate*'s own: for it nothing was asked, nothing paid."""
    return replace(
        before,
        rung=candidate.rung,
        name=candidate.name,
        candidate_key=candidate.key,
        note=(
            "the search found no prompt that is better on dev: the result of "
            f"{before.name} stands, and nothing was asked again"
        ),
        n_calls=0,
        n_reused=0,
        spent_usd=0.0,
    )
