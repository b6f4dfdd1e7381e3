"""What a replay says of one task: the verdict, why, and the regret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suffice.economics.choice import Choice, is_tuned
from suffice.economics.wording import dollars, label
from suffice.results import Measured


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """The verdict on one task, and how far it is from the oracle's."""

    task: str
    bar: float
    chosen: Measured | None
    chosen_usd: float | None
    """Over the horizon; ``None`` when its price is unknown."""
    oracle: Measured
    """The cheapest that reaches the bar, less the margin, by its measured number."""
    oracle_usd: float | None
    n_candidates: int
    why: str = ""

    @property
    def regret(self) -> float | None:
        """Extra cost as a share of the oracle's; ``None`` when a price is unknown."""
        if self.chosen is not None and (
            self.chosen.candidate_key == self.oracle.candidate_key
        ):
            return 0.0
        if self.chosen_usd is None or self.oracle_usd is None:
            return None
        if self.oracle_usd == 0:
            return float("inf") if self.chosen_usd > 0 else 0.0
        return self.chosen_usd / self.oracle_usd - 1


def why(choice: Choice, ladder: Sequence[Measured]) -> str:
    """Why this one, in a few words; from the numbers alone."""
    chosen = choice.chosen
    if chosen is None:
        return "nothing reaches the bar"
    passed = [m for m in ladder if m.ruling == "passed"]
    if len(passed) == 1:
        return "only this reaches the bar"
    if is_tuned(chosen) and not any(not is_tuned(m) for m in passed):
        return "only tuning reaches the bar; this is the cheapest"
    if is_tuned(chosen):
        return "tuning is as good and pays"
    tuned = [m for m in passed if is_tuned(m)]
    if not tuned:
        return f"the cheapest of {len(passed)} that reach the bar"
    own = choice.ownership
    if own[chosen.candidate_key].total_usd is None:
        return "an unknown price is no reason to tune"
    kept = {m.candidate_key for m in choice.acceptable}
    good = [m for m in tuned if m.candidate_key in kept]
    if not good:
        return "tuning is no better"
    if all(own[m.candidate_key].total_usd is None for m in good):
        return "what tuning costs is unknown"
    return "tuning cannot pay"


def to_markdown(replays: Sequence[Replayed]) -> str:
    """One row a task, and the mean regret where it is known."""
    lines = [
        "| task | bar | verdict | quality | $ over the horizon | why | oracle "
        "| regret |",
        "| --- | ---: | --- | ---: | ---: | --- | --- | ---: |",
    ]
    for r in replays:
        chosen = "nothing suffices" if r.chosen is None else named(r.chosen)
        quality = "" if r.chosen is None else f"{r.chosen.quality:.3f}"
        regret = "unknown" if r.regret is None else f"{r.regret:.1%}"
        same = r.chosen is not None and r.chosen is r.oracle
        oracle = "the same" if same else named(r.oracle)
        lines.append(
            f"| {r.task} | {r.bar:.3f} | {chosen} | {quality} | "
            f"{dollars(r.chosen_usd)} | {r.why} | {oracle} | {regret} |"
        )
    known = [r.regret for r in replays if r.regret is not None]
    if known:
        mean = sum(known) / len(known)
        lines += ["", f"Mean regret {mean:.1%} over {len(known)} of {len(replays)}."]
    return "\n".join(lines) + "\n"


def named(measured: Measured) -> str:
    """A candidate in words, its model by the name in the table."""
    return label(measured).replace(measured.model, measured.name)
