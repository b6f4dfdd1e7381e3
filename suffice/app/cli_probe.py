"""``suffice probe``: what this key may train at this endpoint, for nothing."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from suffice.app import exits
from suffice.brief import Brief
from suffice.brief_io import load_brief
from suffice.data.reading import read_examples
from suffice.economics.price import Price
from suffice.economics.wording import count, digits, dollars
from suffice.errors import TrainingUnavailable
from suffice.stages.connect import connect_tuning
from suffice.stages.orders import epochs_of
from suffice.stages.table import prices, today
from suffice.stages.tokens import mean_tokens
from suffice.tuning.abilities import Ability, ability_of
from suffice.tuning.estimates import Estimate, estimate

_SHOWN_BASES = 12


def probe(path: Path) -> int:
    """
    Print what may be trained there, until when, at what price and in what time.

    Raises `TrainingUnavailable` when the brief names no tunable model, and
    `CallFailed` when the endpoint does not answer.
    """
    brief = load_brief(path)
    base = brief.models.tunable
    if base is None:
        raise TrainingUnavailable(
            f"The brief {brief.name!r} names no model to tune: set models.tunable."
        )
    book, on = prices(brief), today()
    with closing(connect_tuning(brief)) as backend:
        found = ability_of(backend, base, book, on)
        quotes = backend.quotes
    row = book.price(base, on)
    job = estimate(row, _trained_tokens(brief), found.tokens_per_s)
    _show(found, job, book.price(f"ft:{base}", on), quotes=quotes)
    return exits.NOTHING_ACCEPTABLE if found.may_train == "no" else exits.VERDICT


def _trained_tokens(brief: Brief) -> float:
    """Of all examples: a climb keeps some of them for judging, and trains on fewer."""
    examples = read_examples(brief.examples, columns=brief.columns).examples
    mean = mean_tokens(brief, examples)
    row = mean.row(mean.tuned_instructions)
    return row * len(examples) * epochs_of(brief, len(examples))


def _show(found: Ability, job: Estimate, tuned: Price | None, *, quotes: bool) -> None:
    console, grid = Console(), Table.grid(padding=(0, 2))
    answer = {"yes": "yes", "no": "no", "unknown": "not known"}[found.may_train]
    limits = ", ".join(f"{name} {value:g}" for name, value in found.limits.items())
    lines = {
        "account": found.account,
        "base": found.base,
        "may train": f"{answer}: {found.why}",
        "methods": ", ".join(found.methods),
        "jobs until": str(found.trainable_until or "no date is known"),
        "switched off": str(found.shutdown_on or "no date is known"),
        "limits": limits or "none told",
        "training": _training(job, quotes=quotes),
        "time": _time(job),
        "tuned model": _served(found, tuned),
        "other bases": _bases(found),
    }
    for name, text in lines.items():
        grid.add_row(name, Text(text))
    console.print(grid)
    console.print("Nothing was spent.", style="dim")


def _training(job: Estimate, *, quotes: bool) -> str:
    tokens = f"{count(job.trained_tokens)} tokens, epochs included"
    asked = "; it says what a job costs once its file is there" if quotes else ""
    if job.usd is None:
        return f"price unknown for {tokens}: {job.usd_from}{asked}"
    return f"about {dollars(job.usd)} for {tokens} ({job.usd_from}{asked})"


def _time(job: Estimate) -> str:
    if job.seconds is None:
        return f"unknown: {job.seconds_from}"
    return f"about {digits(job.seconds / 60)} minutes ({job.seconds_from})"


def _served(found: Ability, tuned: Price | None) -> str:
    where = "answers at once" if found.serves_at_once else "must be hosted to answer"
    if tuned is None:
        return f"{where}; its price is unknown"
    if tuned.kind == "hosted":
        usd = tuned.hosting_usd_per_hour
        rate = "at an unknown price" if usd is None else f"at {dollars(usd)}"
        return f"{where}; billed by the hour, {rate}"
    if tuned.kind == "cpu":
        return f"{where}; costs your own processor"
    into, out = tuned.input_usd_per_mtok, tuned.output_usd_per_mtok
    return f"{where}; ${into} in, ${out} out per million tokens"


def _bases(found: Ability) -> str:
    others = [base for base in found.bases if base != found.base]
    if not others:
        return "none told"
    more = f" and {len(others) - _SHOWN_BASES} more"
    return ", ".join(others[:_SHOWN_BASES]) + more * (len(others) > _SHOWN_BASES)
