"""
The tuning stage of a climb: what to train on, what it may cost, the one job, its model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from suffice.brief import Brief
from suffice.economics.plan import MeanTokens
from suffice.economics.prices import Price
from suffice.economics.prospects import Prospect
from suffice.economics.terms import preparation_usd
from suffice.errors import TrainingUnavailable
from suffice.ladder import RungName
from suffice.measuring.subsampling import part_of
from suffice.measuring.tuned_rungs import SHOWN, training_rows, tuned_candidate
from suffice.stages import cancel_stage, kept_curves
from suffice.stages.ability_stage import refuse_hopeless
from suffice.stages.climb import Climb, ledger_of, spent_usd
from suffice.stages.connect import connect_tuning
from suffice.stages.means import means_of
from suffice.stages.orders import EPOCHS, Order, spec_of
from suffice.stages.planning import mean_tokens
from suffice.stages.table import desk, prices, today
from suffice.tuning.estimates import CPU_S_PER_TOKEN
from suffice.tuning.following import (
    Patience,
    StillTraining,
    Terms,
    TunedModel,
    TuneSpec,
    finished,
    submit,
    wait_a_while,
)
from suffice.tuning.job import JobState
from suffice.tuning.kept_files import keep_file
from suffice.tuning.ledger import Ledger
from suffice.tuning.watching import Tell


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
    files = _files(climb, rung, share)
    # The examples are prepared once, for whatever is trained on them.
    reserve_usd = _reserve_usd(climb, rung, share, prepared=bool(variation))
    return ordered(
        climb, files, lambda name: spec_of(brief, order, files, name), reserve_usd
    )


def ordered(
    climb: Climb,
    files: tuple[bytes, bytes | None],
    spec: Callable[[str], TuneSpec],
    reserve_usd: float,
) -> str:
    """Id of the one job of *spec*, which is told the name of the account."""
    brief = climb.brief
    terms = Terms(
        climb_id=climb.id,
        reserve_usd=reserve_usd,
        cap_usd=max(0.0, brief.budget_usd - spent_usd(climb)),
        again=True,
    )
    with (
        closing(connect_tuning(brief)) as client,
        Ledger(ledger_of(brief)) as ledger,
    ):
        wanted = spec(client.name)
        refuse_hopeless(brief, wanted, client, ledger)
        for file in filter(None, files):
            keep_file(climb.workspace.training, file)
        return submit(wanted, *files, client=client, ledger=ledger, terms=terms)


def _reserve_usd(
    climb: Climb, rung: RungName, share: float, *, prepared: bool
) -> float:
    """For a part of the examples: the training alone, they have been prepared."""
    whole = training_estimate(climb, rung).upfront_usd
    if whole is None:
        raise TrainingUnavailable(
            f"What training {climb.brief.models.tunable} costs is unknown, so that no "
            "budget can hold it: add its price to price_rows or prices in the brief."
        )
    if share == 1.0 and not prepared:
        return whole
    return share * max(0.0, whole - preparation_usd(climb.brief))


def _files(climb: Climb, rung: RungName, share: float) -> tuple[bytes, bytes]:
    """Training and validation file; each row shows what will be shown when it runs."""
    brief, split = climb.brief, climb.split
    model = brief.models.tunable or ""
    with desk(climb) as at:
        at = at.opened(climb, rung, model)
        means = means_of(climb, rung, model, at.sources)
        candidate = tuned_candidate(brief, model, rung, means)
        learned = split.train
        if share < 1.0:
            learned = part_of(split.train, share, seed=brief.seed)
        training, validation = (
            jsonl(training_rows(brief, part, candidate, at.sources.finder))
            for part in (learned, split.dev)
        )
    return training, validation


@dataclass(frozen=True, kw_only=True)
class Seat:
    """Whose time is spent on waiting, and who listens."""

    hold_s: float | None = None
    """Seconds for which the process may be held; ``None``: until the job ends."""
    waited_s: float = 0.0
    """Seconds that processes before this one have waited."""
    run_id: str = ""
    """The flow run that waits; cancelling it may cancel the job."""
    tell: Tell = lambda _: None


def wait_for_tuning(climb: Climb, job_id: str, name: str = "fine-tuned") -> TunedModel:
    """The finished model, priced; see `suffice.tuning.wait` for how it may end."""
    return finished(follow_tuning(climb, job_id, name, Seat()))


def follow_tuning(
    climb: Climb, job_id: str, name: str, seat: Seat
) -> TunedModel | StillTraining:
    """The finished model, or that it goes on when the seat is wanted by others."""
    brief = climb.brief
    cancel_stage.note_waiting(climb, job_id, seat.run_id)
    with (
        closing(connect_tuning(brief)) as client,
        Ledger(ledger_of(brief)) as ledger,
    ):
        tuned = wait_a_while(
            job_id,
            client=client,
            ledger=ledger,
            patience=_patience(brief, seat),
            cost_usd=lambda state: _cost_usd(climb, state),
            journal=climb.journal,
            tell=seat.tell,
            keep=lambda events: kept_curves.keep(climb.folder, job_id, name, events),
        )
    if isinstance(tuned, StillTraining):
        return tuned
    took = "" if tuned.train_s is None else f" in {tuned.train_s:.0f} s"
    climb.journal.write("done", rung="", text=f"trained {tuned.model}{took}")
    return tuned


def _patience(brief: Brief, seat: Seat) -> Patience:
    return Patience(
        poll_s=brief.tuning.poll_s,
        deadline_s=brief.tuning.deadline_s,
        silence_s=brief.tuning.waiting.silence_s,
        hold_s=seat.hold_s,
        waited_s=seat.waited_s,
    )


def upfront_usd(climb: Climb, tuned: TunedModel) -> float | None:
    """What must be paid once before the tuned model answers its first request."""
    if tuned.upfront_usd is None:
        return None
    return tuned.upfront_usd + preparation_usd(climb.brief)


def training_estimate(climb: Climb, rung: RungName = "fine-tuned") -> Prospect:
    """The tuned candidate that nobody has trained yet, at the least it could cost."""
    brief = climb.brief
    mean = mean_tokens(brief, climb.split.train)
    shown = _shown_tokens(climb, rung, mean)
    row = mean.tuned_instructions + shown + mean.question + mean.answer
    tokens = row * len(climb.split.train) * (brief.tuning.epochs or EPOCHS)
    base = brief.models.tunable or ""
    price = prices(brief).price(base, today())
    training = training_usd(price, tokens, tokens * CPU_S_PER_TOKEN)
    return Prospect(
        rung=rung,
        model=f"ft:{base}",
        static_tokens=mean.tuned_instructions,
        input_tokens=mean.tuned_instructions + shown + mean.question,
        output_tokens=mean.answer,
        upfront_usd=None if training is None else training + preparation_usd(brief),
    )


def _shown_tokens(climb: Climb, rung: RungName, mean: MeanTokens) -> float:
    """Tokens of what is retrieved for one question, estimated."""
    if rung == "fine-tuned-rag":
        return float(SHOWN * climb.brief.chunks.tokens)
    if rung == "fine-tuned-few-shot":
        return SHOWN * (mean.question + mean.answer)
    return 0.0


def _cost_usd(climb: Climb, state: JobState) -> float | None:
    if state.usd is not None:
        return state.usd
    price = prices(climb.brief).price(climb.brief.models.tunable or "", today())
    return training_usd(price, state.trained_tokens, state.cpu_s)


def training_usd(
    price: Price | None, tokens: float | None, cpu_s: float | None
) -> float | None:
    """Of a job: by CPU-seconds where we train ourselves, by tokens elsewhere."""
    if price is None:
        return None
    if price.kind == "cpu":
        return price.usd(input_tokens=0, output_tokens=0, cpu_s=cpu_s)
    return None if tokens is None else price.training_usd(tokens)


def jsonl(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """One JSON object a line."""
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows).encode()
