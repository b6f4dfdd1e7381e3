"""
The climb that a re-check asks for: only what is affected, within its budget.

It is written down as a brief of its own, so that a person can read it, approve it and
run it with one command, or a deployment can.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from suffice.brief import Brief
from suffice.data.fresh import read_fresh
from suffice.data.splitting import split as divide
from suffice.economics.choice import is_tuned
from suffice.economics.plan import NO_MODEL
from suffice.economics.rungs import tuned
from suffice.economics.triggers import Again
from suffice.economics.wording import dollars
from suffice.examples import Example, Split
from suffice.files import write_atomically
from suffice.results import Verdict
from suffice.stages.climb import Climb
from suffice.stages.planning import planned

MIN_FRESH = 60
"""Fresh examples with an answer from which a climb on them makes sense."""


@dataclass(frozen=True, kw_only=True)
class NextClimb:
    """A climb that is ready to run."""

    brief: Brief
    path: Path
    """Where that brief lies as YAML."""
    usd: float | None
    allowed: bool
    """Whether it may start by itself: the brief says so and the budget bears it."""
    text: str
    """What happens next, or what the reader has to do for it."""


@dataclass(frozen=True, kw_only=True)
class _Supposed(Climb):
    """A climb that nobody has opened yet: it can be planned, and no more."""

    divided: Split

    @property
    def split(self) -> Split:
        """Kept in memory: there is no folder to read it from."""
        return self.divided


def cost_usd(climb: Climb, verdict: Verdict, again: Again) -> float | None:
    """
    Most that this part of a climb costs; ``None`` where a price is unknown.

    It is the plan of that climb.  What the verdict has measured is stored and costs
    nothing, unless it must be asked on fresh examples.
    """
    if not again.rungs or not again.models:
        return 0.0
    brief, split = _limited(climb.brief, again), climb.split
    stored = _measured(verdict, climb.brief)
    if again.on_fresh:
        stored, fresh = frozenset(), _with_fresh(climb)
        if fresh is not None:
            learned, judged = fresh
            split = divide(learned, judged, seed=brief.seed)
    supposed = _Supposed(
        id=climb.id,
        brief=brief,
        data_fingerprint=climb.data_fingerprint,
        divided=split,
    )
    rows = planned(supposed, stored).rows
    if any(row.usd is None for row in rows):
        return None
    return sum(row.usd or 0.0 for row in rows)


def _measured(verdict: Verdict, brief: Brief) -> frozenset[tuple[str, str]]:
    """Rungs and models whose answers are stored, as a plan calls them."""
    base = brief.models.tunable or ""
    found = set()
    for m in verdict.ladder:
        model = m.model
        if m.rung == "floor":
            model = NO_MODEL
        elif is_tuned(m) and base.rpartition("/")[2] in m.model:
            model = f"ft:{base}"
        found.add((m.rung, model))
    return frozenset(found)


def prepare(climb: Climb, again: Again | None, volume: float) -> NextClimb | str:
    """
    The climb for *again*, written down; or the sentence that says why there is none.

    *volume* is the number of requests a month it is to be decided for.
    """
    if again is None or not again.rungs:
        return ""
    brief = _limited(climb.brief, again, volume)
    folder = climb.workspace.recheck(climb.brief.name).resolve()
    if again.on_fresh:
        with_fresh = _on_fresh(climb, brief, folder)
        if with_fresh is None:
            return (
                f"The fresh questions need answers first: label {MIN_FRESH} of them "
                f"in {climb.brief.recheck.fresh}, then re-check again."
            )
        brief = with_fresh
    path = folder / "climb.yaml"
    write_atomically(path, _yaml(brief, again))
    terms = climb.brief.recheck
    borne = again.usd is not None and again.usd <= terms.budget_usd
    allowed = terms.start_climb and borne
    if allowed:
        granted = {"budget_usd": terms.budget_usd, "auto_approve_usd": None}
        brief = brief.model_copy(update=granted)
    return NextClimb(
        brief=brief,
        path=path,
        usd=again.usd,
        allowed=allowed,
        text=_told(again, path, allowed=allowed, borne=borne, cap=terms.budget_usd),
    )


def _told(again: Again, path: Path, *, allowed: bool, borne: bool, cap: float) -> str:
    if allowed:
        return f"Next: {again.told()}; the brief allows it, so it is started."
    why = "it waits for approval"
    if not borne:
        why += f", as it may cost more than recheck.budget_usd ({dollars(cap)})"
    return f"Next: {again.told()}; {why}. To approve it: suffice climb {path}"


def _limited(brief: Brief, again: Again, volume: float | None = None) -> Brief:
    """The brief with the affected rungs and models, and today's volume."""
    models: dict[str, Any] = {"base": again.models}
    if not any(map(tuned, again.rungs)):
        models["tunable"] = None
    changes: dict[str, Any] = {
        "rungs": again.rungs,
        "models": brief.models.model_copy(update=models),
        "tuning": brief.tuning.model_copy(update={"learning_curve": ()}),
    }
    if volume is not None:
        used = {"requests_per_month": volume}
        changes["usage"] = brief.usage.model_copy(update=used)
    for name in ("examples", "test_examples", "documents", "prices", "output"):
        value = getattr(brief, name)
        if isinstance(value, str) and "://" not in value:
            changes[name] = str(Path(value).absolute())
    return brief.model_copy(update=changes)


def _on_fresh(climb: Climb, brief: Brief, folder: Path) -> Brief | None:
    """The brief with the examples of `_with_fresh`, written down."""
    fresh = _with_fresh(climb)
    if fresh is None:
        return None
    examples, test = folder / "examples.jsonl", folder / "test.jsonl"
    for path, rows in zip((examples, test), fresh, strict=True):
        write_atomically(path, "".join(map(_line, rows)))
    return brief.model_copy(
        update={"examples": str(examples), "test_examples": str(test)}
    )


def _with_fresh(climb: Climb) -> tuple[list[Example], list[Example]] | None:
    """
    To learn from and to judge with: a third of the fresh examples with all old ones,
    and the other two thirds.  ``None`` where too few are fresh.
    """
    split = climb.split
    old = (*split.train, *split.dev, *split.test)
    known = {e.question for e in old}
    fresh = [
        e
        for e in read_fresh(climb.brief.recheck.fresh or "").labelled
        if e.question not in known
    ]
    if len(fresh) < MIN_FRESH:
        return None
    return [*old, *fresh[::3]], [e for i, e in enumerate(fresh) if i % 3]


def _line(example: Example) -> str:
    messages = [dict(m) for m in example.messages]
    if example.system is not None:
        messages.insert(0, {"role": "system", "content": example.system})
    messages.append({"role": "assistant", "content": example.answer})
    row: dict[str, Any] = {"messages": messages, "tags": dict(example.tags)}
    if example.references:
        row["references"] = list(example.references)
    if example.cluster is not None:
        row["cluster"] = example.cluster
    return json.dumps(row, ensure_ascii=False) + "\n"


def _yaml(brief: Brief, again: Again) -> str:
    content = brief.model_dump(mode="json", exclude_defaults=True)
    return (
        f"# Prepared by a re-check: {again.why}\n# Run it with: suffice climb FILE\n"
        + yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    )
