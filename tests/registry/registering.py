"""Registers the winner of a small climb, as a climb's last stage does."""

from __future__ import annotations

from climb_parts import FEW_SHOT, measured, outcomes, split, verdict

from suffice.brief import Brief
from suffice.candidates import Candidate
from suffice.examples import Split
from suffice.registry.record import Registry


def register(
    registry: Registry,
    brief: Brief,
    candidate: Candidate = FEW_SHOT,
    climb_id: str = "support-1",
    **changed: object,
) -> str:
    parts: Split = split()
    run_id = registry.start_climb(
        brief, climb_id=climb_id, data_fingerprint="f" * 64, split=parts
    )
    found = measured(candidate, **changed)
    registry.log_candidate(run_id, candidate, found, outcomes())
    return registry.register_champion(
        run_id,
        brief,
        candidate,
        found,
        verdict(candidate, climb_id),
        train=parts.train,
    )
