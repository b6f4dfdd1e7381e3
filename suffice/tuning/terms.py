"""What a submission may cost, and how patient it is. Values only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a submission may cost, and how patient it is."""

    climb_id: str = ""
    reserve_usd: float | None = 0.0
    """The most the job may cost; reserved with the intent. ``None`` is refused."""
    cap_usd: float | None = None
    """Budget of the climb; ``None`` reserves without a limit."""
    again: bool = False
    """Pay for another job when the one there is failed or was cancelled."""
    settle_s: float | None = None
    """Seconds of looking before anything is sent again; empty: the endpoint's own."""
    patience_s: float = 600.0
    """Seconds without an answer from the provider before giving up for now."""
    attempts: int = 3
    """Most times the job is sent, each after its settle window found nothing."""
    pause_s: float = 0.5
    """Seconds between the first two looks; later ones are rarer."""
