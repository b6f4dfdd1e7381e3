"""
The tuning stage of a climb: what to train on, what it may cost, the one job, its model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any

from suffice.economics.terms import preparation_usd
from suffice.economics.wording import dollars
from suffice.errors import TrainingUnavailable
from suffice.examples import Example
from suffice.ladder import RungName
from suffice.measuring.tuned_rungs import training_rows, tuned_candidate
from suffice.stages.ability_stage import refuse_hopeless
from suffice.stages.climb import Climb, claims_of, ledger_of, spent_usd
from suffice.stages.connect import connect_tuning
from suffice.stages.means import means_of
from suffice.stages.orders import Order, learned, spec_of
from suffice.stages.table import desk
from suffice.stages.training_cost import most_usd
from suffice.tuning.claims import Claims
from suffice.tuning.following import Terms, TunedModel, TuneSpec, submit
from suffice.tuning.kept_files import keep_file
from suffice.tuning.ledger import Ledger
from suffice.tuning.protocol import Backend
from suffice.tuning.quoting import most_usd as most_usd_of


def submit_tuning(
    climb: Climb, rung: RungName = "fine-tuned", share: float = 1.0, variation: int = 0
) -> str:
    """
    Id of the one job for this climb's data and parameters: found, adopted or made.

    Each tuned *rung*, and each *share* of the examples, has rows of its own, and so a
    job of its own; so has each *variation* of the recipe.  Raises `TrainingUnavailable`
    when the brief names no tunable model.
    """
    brief, order = climb.brief, Order(rung=rung, share=share, variation=variation)
    if brief.models.tunable is None:
        raise TrainingUnavailable(
            f"The brief {brief.name!r} names no model to tune: set models.tunable."
        )
    text = f"{rung}: training {brief.models.tunable}{order.told}"
    climb.journal.write("stage", text=text)
    part = learned(brief, order, climb.split.train)
    files = _files(climb, rung, part)
    return ordered(
        climb,
        files,
        lambda name: spec_of(brief, order, files, len(part), name),
        most_usd(climb, order),
    )


def ordered(
    climb: Climb,
    files: tuple[bytes, bytes | None],
    spec: Callable[[str], TuneSpec],
    ours_usd: float | None,
) -> str:
    """
    Id of the one job of *spec*, which is told the name of the account.

    It may cost *ours_usd*, or what the provider says where that is more, or where
    ours is unknown.
    """
    brief = climb.brief
    with (
        closing(connect_tuning(brief)) as client,
        Ledger(ledger_of(brief)) as ledger,
    ):
        wanted = spec(client.name)
        refuse_hopeless(brief, wanted, client, ledger)
        for file in filter(None, files):
            keep_file(climb.workspace.training, file)
        terms = Terms(
            climb_id=climb.id,
            reserve_usd=_quoted(climb, wanted, files, client, ledger, ours_usd),
            cap_usd=max(0.0, brief.budget_usd - spent_usd(climb)),
            again=True,
        )
        return submit(
            wanted,
            *files,
            client=client,
            ledger=ledger,
            terms=terms,
            claims=_claims(climb, client),
        )


def _claims(climb: Climb, client: Backend) -> Claims | None:
    """Of other machines; what is trained here concerns none of them."""
    prefix = None if client.embedded else claims_of(climb.brief)
    return None if prefix is None else Claims(prefix)


def _quoted(
    climb: Climb,
    spec: TuneSpec,
    files: tuple[bytes, bytes | None],
    client: Backend,
    ledger: Ledger,
    ours_usd: float | None,
) -> float | None:
    usd = most_usd_of(
        spec,
        files,
        client=client,
        ledger=ledger,
        ours_usd=ours_usd,
        climb_id=climb.id,
    )
    if usd is not None and usd != ours_usd:
        text = f"{client.name} says that the job will cost {dollars(usd)}"
        climb.journal.write("note", rung="fine-tuned", text=text)
    return usd


def _files(
    climb: Climb, rung: RungName, part: Sequence[Example]
) -> tuple[bytes, bytes]:
    """Training and validation file; each row shows what will be shown when it runs."""
    brief, split = climb.brief, climb.split
    model = brief.models.tunable or ""
    with desk(climb) as at:
        at = at.opened(climb, rung, model)
        means = means_of(climb, rung, model, at.sources)
        candidate = tuned_candidate(brief, model, rung, means)
        training, validation = (
            jsonl(training_rows(brief, examples, candidate, at.sources.finder))
            for examples in (part, split.dev)
        )
    return training, validation


def upfront_usd(climb: Climb, tuned: TunedModel) -> float | None:
    """What must be paid once before the tuned model answers its first request."""
    if tuned.upfront_usd is None:
        return None
    return tuned.upfront_usd + preparation_usd(climb.brief)


def jsonl(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """One JSON object a line."""
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows).encode()
