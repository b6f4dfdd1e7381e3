"""What a brief names, read, split and measured: for the gate, and for cleaning."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suffice.brief import Brief
from suffice.data.features import Examined, features
from suffice.data.measures import measure_texts
from suffice.data.needs import Proof
from suffice.data.reading import read_examples
from suffice.data.splitting import asked, divide, strata
from suffice.data.summary import Summary, summarise
from suffice.data.tokens import TokenRules
from suffice.data.twins import find_twins

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was read, before it is judged."""

    examined: Examined
    summary: Summary
    frame: pd.DataFrame
    """One row for each line; see `suffice.data.features.COLUMNS`."""
    rules: TokenRules


def examine(
    brief: Brief,
    rules: TokenRules | None = None,
    proof: Proof | None = None,
    *,
    tell: Callable[[str], None] | None = None,
) -> Seen:
    """
    Read and split what *brief* names, and measure every row and the whole set.

    *rules* say what is too long, *proof* how quality is proven; without them nothing
    is, and the brief's rungs share the error.  *tell* is told now and then how much of
    a large file has been read.  Raises
    `UnusableInput` where nothing can be read.
    """
    with _uncollected():
        return _examine(brief, rules or TokenRules(), proof or Proof.of(brief), tell)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """
    No search for cycles meanwhile: a million examples have none, and it goes through
    all of them again and again.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _examine(
    brief: Brief, rules: TokenRules, proof: Proof, tell: Callable[[str], None] | None
) -> Seen:
    sources = [s for s in (brief.test_examples, brief.examples) if s]
    reads = [read_examples(s, columns=brief.columns, tell=tell) for s in sources]
    everything = tuple(e for read in reads for e in read.examples)
    n_test = len(reads[0].examples) if brief.test_examples else 0
    labels = strata(everything)
    twins = find_twins([asked(e) for e in everything], n_first=n_test)
    divided = divide(
        everything[n_test:],
        everything[:n_test],
        twins,
        seed=brief.seed,
        labels=labels,
    )
    examined = Examined(
        reads=tuple(reads),
        everything=everything,
        twins=twins,
        divided=divided,
        measures=measure_texts(everything, rules, seed=brief.seed),
        labels=tuple(labels),
        instructions=brief.instructions,
    )
    summary = summarise(examined, brief, rules, proof)
    marks = {"off_form": summary.off_form, "label_suspect": summary.suspects}
    return Seen(
        examined=examined,
        summary=summary,
        frame=features(examined, marks),
        rules=rules,
    )
