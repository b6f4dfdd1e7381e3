"""
Asks a tuned model that passed, and its base, the fixed probes.

What it finds travels with the measurement and changes no ruling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from suffice.errors import SufficeError
from suffice.forgetting import Forgetting
from suffice.measuring.asking import Asked, ask_all
from suffice.measuring.probes import asked_of, changes, probes, score_probe
from suffice.results import Measured
from suffice.stages.climb import Climb, keep, kept_candidate, kept_outcomes
from suffice.stages.table import Table, desk


def probed(climb: Climb, measured: Measured) -> Measured:
    """
    The same with what tuning took away, stored; as it was when it has not passed.

    The calls count against the budget.  A provider that answers none, or a budget that
    is used up, is told in its note.
    """
    base = climb.brief.models.tunable
    wanted = climb.brief.tuning.probes and measured.ruling == "passed"
    if not wanted or base is None or measured.forgetting is not None:
        return measured
    climb.journal.write("stage", text=f"{measured.rung}: general and harmful probes")
    try:
        with desk(climb) as at:
            before = _ask(climb, at, base)
            after = _ask(climb, at, measured.model)
    except SufficeError as error:
        climb.journal.write("note", rung=measured.rung, text=f"no probes: {error}")
        return measured
    found = _found(measured, base, before, after)
    measured = replace(
        measured,
        forgetting=found,
        spent_usd=measured.spent_usd + found.spent_usd,
        n_calls=measured.n_calls + before.n_calls + after.n_calls,
    )
    key = measured.candidate_key
    keep(climb, kept_candidate(climb, key), measured, kept_outcomes(climb, key))
    climb.journal.write("done", rung="", text=found.text)
    return measured


def forgotten(ladder: Sequence[Measured]) -> list[str]:
    """One note for each tuned model that was asked the probes."""
    notes = []
    for m in ladder:
        if m.forgetting is not None:
            lost, told = m.forgetting.lost, m.forgetting.text
            what = f"has lost by tuning: {lost}" if lost else f"after tuning: {told}"
            notes.append(f"{m.model} {what}.")
    return notes


def _ask(climb: Climb, at: Table, model: str) -> Asked:
    place = replace(at.desk(climb, model), scorer=score_probe, finds=None)
    return ask_all(asked_of(model), [probe.example for probe in probes()], place)


def _found(measured: Measured, base: str, before: Asked, after: Asked) -> Forgetting:
    found = changes(before.outcomes, after.outcomes)
    n_both, n = sum(change.n for change in found), len(probes())
    missing = f"{n - n_both} of {n} probes stayed unanswered" if n_both < n else ""
    return Forgetting(
        base=base,
        changes=found,
        format_valid=1 - measured.n_malformed / measured.n if measured.n else 1.0,
        spent_usd=before.spent_usd + after.spent_usd,
        note=missing,
    )
