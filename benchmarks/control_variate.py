"""
What another rung's scores are worth as a control variate: widths, coverage, chances.

    python -m benchmarks.control_variate [SAMPLES]

Scores of 0 and 1; quality 0.90 now and 0.80 before; 200 of 1,000 examples are scored.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from scipy.special import ndtri

from benchmarks.acceptance import DESIGN, SEED, WORLDS
from benchmarks.climbs import judge_binary
from suffice.statistics.acceptance import alpha_share
from suffice.statistics.binary import read
from suffice.statistics.control import FEWEST, controlled_mean
from suffice.statistics.designs import Design
from suffice.statistics.intervals import interval

N, N_ALL, QUALITY, BEFORE = 200, 1000, 0.9, 0.8


def both(rng: np.random.Generator, n: int, correlation: float) -> np.ndarray:
    """Scores of the rung now, and of the one before, on *n* examples."""
    common, own, other = rng.standard_normal((3, n))
    weights = np.sqrt([correlation, 1 - correlation])
    now = weights[0] * common + weights[1] * own <= ndtri(QUALITY)
    before = weights[0] * common + weights[1] * other <= ndtri(BEFORE)
    return np.stack([now, before]).astype(float)


def at_a_fixed_n(correlation: float, n_samples: int) -> str:
    """Width beside the exact interval, and how often the truth is held."""
    rng = np.random.default_rng(SEED)
    widths, held, phi = [], 0, []
    for _ in range(n_samples):
        now, before = both(rng, N_ALL, correlation)
        found = controlled_mean(now[:N], before[:N], before[N:])
        low, high = interval(now[:N])
        widths.append((found.high - found.low) / (high - low))
        held += found.low <= QUALITY <= found.high
        phi.append(np.corrcoef(now, before)[0, 1])
    return f"| {np.mean(phi):.2f} | {np.mean(widths):.2f} | {held / n_samples:.1%} |"


def when_it_is_stopped(n_samples: int) -> tuple[float, float]:
    """How often each interval misses, for a rung at the edge, told where it stops."""
    rng, design = (
        np.random.default_rng(SEED),
        Design(bar=0.93, margin=0.03, alpha=0.025, n_max=400),
    )
    missed = [0, 0]
    for _ in range(n_samples):
        now, before = both(rng, N_ALL, 0.6)
        n = stops_at(now[:400], design)
        found = controlled_mean(now[:n], before[:n], before[n:])
        exact = read(now[:n], design)
        missed[0] += not found.low <= QUALITY <= found.high
        missed[1] += not exact.low <= QUALITY <= exact.high
    return missed[0] / n_samples, missed[1] / n_samples


def stops_at(scores: np.ndarray, design: Design) -> int:
    """Examples until a person would stop: the controlled interval leaves the edge."""
    for n in range(FEWEST, design.n_max, 10):
        low, _ = interval(scores[:n])
        if low > design.edge:
            return n
    return design.n_max


def chances(n_climbs: int = 2000) -> list[float]:
    """Share of climbs in which a rung before was scored on FEWEST examples more."""
    design = Design(bar=0.85, margin=0.03, alpha=alpha_share(0.95, 6), n_max=500)
    shares = []
    for world in WORLDS[:3]:
        rng, n_most = np.random.default_rng(SEED), np.zeros(n_climbs)
        gained, over = np.zeros(n_climbs, bool), np.zeros(n_climbs, bool)
        draws = world.latent(rng, n_climbs, DESIGN.n_max)
        for latent, quality in zip(draws, world.qualities, strict=True):
            ends = judge_binary(latent, quality, design)
            gained |= ~over & (n_most - ends.n >= FEWEST) & ends.passed
            n_most = np.maximum(n_most, np.where(over, 0, ends.n))
            over |= ends.passed
        shares.append(float(gained.mean()))
    return shares


def main(n_samples: int = 2000) -> None:
    """Print what was found."""
    began = time.process_time()
    print("| correlation of scores | width, of the exact one | truth held |")
    print("| --- | --- | --- |")
    for correlation in (0.0, 0.6, 0.8, 0.95):
        print(at_a_fixed_n(correlation, n_samples))
    ours, exact = when_it_is_stopped(n_samples // 2)
    print(
        f"\nStopped by looking, at 95 %: misses {ours:.1%}; the sequential limits, "
        f"{exact:.1%}."
    )
    told = ", ".join(
        f"{w.name} {share:.1%}" for w, share in zip(WORLDS, chances(), strict=False)
    )
    print(f"Climbs in which an earlier rung was scored on {FEWEST} more: {told}.")
    print(f"\n{time.process_time() - began:.0f} CPU-seconds, seed {SEED}.")


if __name__ == "__main__":
    main(*(int(n) for n in sys.argv[1:]))
