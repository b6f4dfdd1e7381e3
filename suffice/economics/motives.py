"""
Why this candidate and not an earlier one: indicators that were measured, not asked.

Quality, cost, latency, format, a specialised task, prompts that fit no context: each
comes from the numbers of the candidates, and says so in one sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from suffice.economics.choice import Choice, Standard, is_tuned, passes
from suffice.economics.rungs import rung_index
from suffice.economics.wording import dollars, label, seen
from suffice.results import Measured, Motive

_MANY = 0.05
"""Share of calls whose prompt was too long that makes it a reason."""


@dataclass(frozen=True, kw_only=True)
class Reasoned:
    """The motive, and everything measured that speaks for the choice."""

    motive: Motive
    indicators: tuple[str, ...] = ()


def motive_of(
    choice: Choice, measured: Sequence[Measured], standard: Standard
) -> Reasoned:
    """Why not an earlier rung; *none* where there was none, or nothing is chosen."""
    chosen = choice.chosen
    if chosen is None:
        return Reasoned(motive="none")
    place = rung_index(chosen.rung)
    before = [m for m in measured if m is not chosen and rung_index(m.rung) < place]
    enough = [m for m in before if m in choice.acceptable]
    if enough:
        cheapest = next(m for m in choice.acceptable if m in enough)
        return Reasoned(motive="cost", indicators=(_cost(chosen, cheapest, choice),))
    if not before:
        return Reasoned(motive="none")
    found: list[tuple[Motive, str]] = []
    best = max(before, key=lambda m: m.quality)
    for motive, said in (
        ("latency", _latency(before, standard)),
        ("context", _context(before, chosen)),
        ("format", _format(best, chosen, standard)),
        ("specialised-task", _specialised(before, chosen)),
        ("quality", _quality(best, chosen)),
    ):
        if said:
            found.append((motive, said))  # type: ignore[arg-type]
    return Reasoned(motive=found[0][0], indicators=tuple(said for _, said in found))


def given_up(choice: Choice) -> str:
    """What other acceptable candidates would have given, in one sentence."""
    chosen = choice.chosen
    others = [m for m in choice.acceptable if m is not chosen]
    if chosen is None or not others:
        return ""
    parts = []
    best = max(others, key=lambda m: m.quality)
    if best.quality > chosen.quality:
        gap = best.quality - chosen.quality
        parts.append(f"{gap:.3f} of quality against {label(best)}")
    timed = [m for m in others if m.latency_p95_s is not None]
    if timed and chosen.latency_p95_s is not None:
        fast = min(timed, key=lambda m: m.latency_p95_s or 0.0)
        slower = chosen.latency_p95_s - (fast.latency_p95_s or 0.0)
        if slower > 0.05 * chosen.latency_p95_s:
            parts.append(f"{slower:.2g} s at the 95th percentile against {label(fast)}")
    if not parts:
        return "Nothing is given up: no other that passed measured better or faster."
    return f"Given up: {', and '.join(parts)}."


def _cost(chosen: Measured, other: Measured, choice: Choice) -> str:
    mine, theirs = (choice.ownership[m.candidate_key] for m in (chosen, other))
    return (
        f"Cost: {label(other)} would do too, at {dollars(theirs.total_usd)} against "
        f"{dollars(mine.total_usd)} over the horizon."
    )


def _latency(before: Sequence[Measured], standard: Standard) -> str:
    """An earlier one was good enough and too slow."""
    if standard.max_latency_s is None:
        return ""
    patient = replace(standard, max_latency_s=None)
    slow = [m for m in before if passes(m, patient) and not passes(m, standard)]
    if not slow:
        return ""
    least = min(slow, key=lambda m: m.latency_p95_s or 0.0)
    return (
        f"Latency: {label(least)} is good enough, and took {least.latency_p95_s:.2f} s "
        f"at the 95th percentile, over the {standard.max_latency_s:g} s wanted."
    )


def _context(before: Sequence[Measured], chosen: Measured) -> str:
    """Prompts before did not fit the model's context, and these do."""
    for m in before:
        asked = m.n + m.n_missing
        if asked and m.n_too_long >= _MANY * asked and chosen.n_too_long == 0:
            return (
                f"Context: {m.n_too_long} of {asked} prompts of {label(m)} were longer "
                "than its model takes."
            )
    return ""


def _format(best: Measured, chosen: Measured, standard: Standard) -> str:
    """Had the malformed answers been right, the best before would have reached it."""
    if not best.n or not best.n_malformed:
        return ""
    lost, left = best.n_malformed / best.n, chosen.n_malformed / max(1, chosen.n)
    if best.quality + lost < standard.bar - standard.margin or left > lost / 2:
        return ""
    return (
        f"Format: {lost:.0%} of the answers of {label(best)} were not in the wanted "
        f"form, which is what it lacked; of {label(chosen)} {left:.0%} are not."
    )


def _specialised(before: Sequence[Measured], chosen: Measured) -> str:
    """Every prompt failed on every model, and a tuned one passes."""
    prompts = [m for m in before if not is_tuned(m) and m.rung != "floor"]
    if not is_tuned(chosen) or len({m.rung for m in prompts}) < 2:
        return ""
    models = len({m.model for m in prompts})
    best = max(prompts, key=lambda m: m.quality)
    return (
        f"Specialised task: {len(prompts)} prompts on {models} "
        f"model{'s' if models > 1 else ''} fell short, the best with {seen(best)}."
    )


def _quality(best: Measured, chosen: Measured) -> str:
    return (
        f"Quality: {label(best)} reached {seen(best)}, {label(chosen)} {seen(chosen)}."
    )
