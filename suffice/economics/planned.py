"""The rows of a plan, and the pace they are reckoned at. Values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast calls are answered: measured on this endpoint, or assumed."""

    seconds_per_call: float = 1.0
    concurrency: int = 16
    training_tokens_per_s: float | None = None
    training_cpu_s_per_token: float | None = None
    """``None``: one core is taken to be busy for as long as training lasts."""
    measured: bool = False
    """False: these are assumptions, and the plan says so."""

    def training_cpu_s(self, tokens: float) -> float | None:
        """CPU-seconds of training so many tokens; ``None``: nobody knows."""
        if self.training_cpu_s_per_token is not None:
            return tokens * self.training_cpu_s_per_token
        per_s = self.training_tokens_per_s
        return None if per_s is None else tokens / per_s


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One rung with one model, at the most it can take."""

    rung: str
    model: str
    n_calls: int
    input_tokens: float
    """In all calls together, like the next."""
    output_tokens: float
    trained_tokens: float = 0.0
    usd: float | None
    """``None``: a price is unknown."""
    seconds: float | None
    """``None``: nobody knows how fast training is there."""
    smallest_provable: float | None
    """Lowest observed quality that would still prove the bar with these examples."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a climb can take at most."""

    rows: tuple[Planned, ...]
    budget_usd: float
    assumptions: tuple[str, ...] = ()
    what: str = "climb"
    """What it is the plan of, as a sentence calls it."""

    @property
    def n_calls(self) -> int:
        """Calls of all rungs."""
        return sum(row.n_calls for row in self.rows)

    @property
    def usd(self) -> float:
        """USD of all rungs whose prices are known."""
        return sum(row.usd for row in self.rows if row.usd is not None)

    @property
    def seconds(self) -> float:
        """Seconds of all rungs whose duration is known."""
        return sum(row.seconds for row in self.rows if row.seconds is not None)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Models whose price is not known."""
        models = [row.model for row in self.rows if row.usd is None]
        return tuple(dict.fromkeys(models))


def together(rung: str, rows: Sequence[Planned]) -> Planned:
    """The *rows* of one model as one: a sum is unknown where a part of it is."""
    usd = [row.usd for row in rows]
    seconds = [row.seconds for row in rows]
    return Planned(
        rung=rung,
        model=rows[0].model,
        n_calls=sum(row.n_calls for row in rows),
        input_tokens=sum(row.input_tokens for row in rows),
        output_tokens=sum(row.output_tokens for row in rows),
        trained_tokens=sum(row.trained_tokens for row in rows),
        usd=_sum(usd),
        seconds=_sum(seconds),
        smallest_provable=None,
    )


def _sum(parts: Sequence[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None
