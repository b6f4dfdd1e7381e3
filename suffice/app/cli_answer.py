"""``suffice answer``: a question to the champion, or a file of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console

from suffice.app import exits
from suffice.brief_io import load_brief
from suffice.data import inert
from suffice.data.files_of_rows import cells_of, rows_of, writing
from suffice.economics.wording import dollars
from suffice.errors import CallFailed, OverBudget, UnusableInput
from suffice.examples import Example
from suffice.registry.loading import Loaded, fetch, load
from suffice.registry.recipe import as_example
from suffice.registry.record import Registry
from suffice.results import Completion, Outcome
from suffice.stages.answering import Asking, Tally, account_of, ask_all, price_of

ADDED: dict[str, type] = {
    "champion_answer": str,
    "champion_missing": str,
    "champion_input_tokens": int,
    "champion_output_tokens": int,
    "champion_usd": float,
}
"""Columns that stand behind the file's own; missing says why there is no answer."""
_TOGETHER = 500


@dataclass(frozen=True, kw_only=True)
class Whom:
    """Which model is asked, and where its registry is."""

    wanted: str
    """A brief's file or name, or the id of a climb."""
    alias: str
    output: Path
    budget_usd: float | None

    def load(self) -> Loaded:
        """The model; of a brief's file, at that brief's own output folder."""
        return load(self._registry(), self._name(), self.alias)

    def fetch(self, folder: Path) -> Path:
        """A checked copy of it in *folder*."""
        return fetch(self._registry(), self._name(), folder, self.alias)

    @property
    def place(self) -> Path:
        """The output folder."""
        return Path(load_brief(self._path).output) if self._is_file else self.output

    def asking(self, champion: Loaded, account: str) -> Asking:
        """Whom to ask, on *account*."""
        cap = champion.brief.budget_usd if self.budget_usd is None else self.budget_usd
        return Asking(
            champion=champion, output=self.place, budget_usd=cap, account=account
        )

    @property
    def _path(self) -> Path:
        return Path(self.wanted)

    @property
    def _is_file(self) -> bool:
        return self._path.suffix in (".yaml", ".yml") or self._path.is_file()

    def _name(self) -> str:
        return load_brief(self._path).name if self._is_file else self.wanted

    def _registry(self) -> Registry:
        return Registry(self.place)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A file of questions, and where the answers go."""

    source: str
    target: str
    column: str


def run(
    whom: Whom,
    *,
    question: str | None,
    batch: Batch | None,
    folder: Path | None,
    as_json: bool,
) -> int:
    """Do the one thing that was asked for; `UnusableInput` for none or several."""
    if sum(given is not None for given in (question, batch, folder)) != 1:
        raise UnusableInput("Give a question, or --file with --to, or --fetch: one.")
    if question is not None:
        return one(whom, question, as_json=as_json)
    if batch is not None:
        return file(whom, batch)
    assert folder is not None
    sys.stdout.write(f"{whom.fetch(folder)}\n")
    return exits.VERDICT


def batch_of(source: str | None, target: str | None, column: str) -> Batch | None:
    """What --file and --to say; `UnusableInput` for one without the other."""
    if source is None and target is None:
        return None
    if source is None or target is None:
        raise UnusableInput("--file and --to belong together: give both.")
    return Batch(source=source, target=target, column=column)


def one(whom: Whom, question: str, *, as_json: bool) -> int:
    """Print the answer to *question*; what it took goes to the other stream."""
    champion = whom.load()
    asking = whom.asking(champion, f"answers-{champion.name}")
    tally = Tally()
    ((_, outcome),) = ask_all(asking, [(None, as_example(question))], tally)
    if outcome.completion is None or outcome.answer is None:
        raise CallFailed(f"No answer: {outcome.reason}.")
    if as_json:
        sys.stdout.write(json.dumps(_told(champion, outcome), indent=2) + "\n")
        return exits.VERDICT
    sys.stdout.write(inert.shown(outcome.answer) + "\n")
    sys.stderr.write(_line(champion, outcome))
    return exits.VERDICT


def file(whom: Whom, batch: Batch) -> int:
    """Write the file again with an answer to each row; run again it goes on."""
    champion = whom.load()
    n_rows = sum(1 for _ in _items(batch))
    tally = Tally(price_known=champion.is_floor or price_of(champion) is not None)
    asking = whom.asking(champion, account_of(champion, batch.source))
    try:
        with writing(batch.target, batch.source, ADDED) as write:
            answers = ask_all(asking, _items(batch), tally)
            rows = (_row(champion, cells, outcome) for cells, outcome in answers)
            while some := list(islice(rows, _TOGETHER)):
                write(some)
    except OverBudget as error:
        raise OverBudget(
            f"{tally.n:,} of {n_rows:,} rows are answered and stored, and {error}; "
            "give more with --budget-usd"
        ) from error
    Console(stderr=True, highlight=False).print(_sum(champion, tally, batch.target))
    return exits.VERDICT if tally.n > tally.n_missing else exits.NOTHING_ACCEPTABLE


def _items(batch: Batch) -> Iterator[tuple[dict[str, Any], Example]]:
    """The rows with their questions; `UnusableInput` at the first that is none."""
    column = batch.column
    for row in rows_of(batch.source):
        cells = cells_of(row)
        taken = [name for name in ADDED if name in cells]
        if taken:
            raise UnusableInput(
                f"{row.where}: there is a column {taken[0]!r} already; rename it."
            )
        name = "messages" if column not in cells and "messages" in cells else column
        if name not in cells:
            raise UnusableInput(
                f"{row.where}: there is no column {column!r}, only "
                f"{', '.join(map(repr, list(cells)[:12]))}; name it with --column."
            )
        try:
            yield cells, as_example(_question(cells[name]), row.where)
        except UnusableInput as error:
            raise UnusableInput(f"{row.where}: {error}") from error


def _question(cell: Any) -> Any:
    """
    Text, or a chat without the answer that may stand at its end.

    Raises `UnusableInput` for nothing.
    """
    if isinstance(cell, list) and cell and cell[-1].get("role") == "assistant":
        return cell[:-1]
    if cell is None or not str(cell).strip():
        raise UnusableInput("the question is empty; leave the row out.")
    return cell if isinstance(cell, list) else str(cell)


def _row(champion: Loaded, cells: dict[str, Any], outcome: Outcome) -> dict[str, Any]:
    done = outcome.completion
    told = (
        outcome.answer if done else None,
        None if done else outcome.reason,
        done.input_tokens if done else None,
        done.output_tokens if done else None,
        _usd(champion, done) if done else None,
    )
    return cells | dict(zip(ADDED, told, strict=True))


def _told(champion: Loaded, outcome: Outcome) -> dict[str, Any]:
    done = outcome.completion
    assert done is not None
    kept = ("input_tokens", "cached_tokens", "output_tokens", "latency_s")
    taken = asdict(done)
    return {
        "answer": outcome.answer,
        "name": champion.name,
        "version": champion.version,
        "rung": champion.recipe.candidate.rung,
        "model": done.model,
        "usd": _usd(champion, done),
        "reused": done.reused,
        **{name: taken[name] for name in kept},
    }


def _usd(champion: Loaded, done: Completion) -> float | None:
    """What was paid for it, now or before; the floor calls nobody."""
    return 0.0 if champion.is_floor else done.usd


def _line(champion: Loaded, outcome: Outcome) -> str:
    told = _told(champion, outcome)
    how = "stored before" if told["reused"] else f"{told['latency_s']:.2f} s"
    return (
        f"{champion.name}/{champion.version}, {told['rung']} on {told['model']}: "
        f"{told['input_tokens']} + {told['output_tokens']} tokens, "
        f"{dollars(told['usd'])}, {how}\n"
    )


def _sum(champion: Loaded, tally: Tally, target: str) -> str:
    spent = dollars(tally.spent_usd) if tally.price_known else "at an unknown price"
    missing = f", {tally.n_missing:,} of them missing" if tally.n_missing else ""
    return (
        f"{tally.n:,} rows{missing}, {tally.n_reused:,} answered before; spent "
        f"{spent}; {champion.name}/{champion.version}, "
        f"{champion.recipe.candidate.rung}; wrote {target}"
    )
