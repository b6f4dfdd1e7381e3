"""
Rungs: for each, the candidates among which the choice is made on dev.

A candidate is made from training examples only, and is deployable as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from suffice.brief import Brief
from suffice.candidates import AnswerRule, Candidate
from suffice.errors import BadExamples
from suffice.examples import Split
from suffice.ladder import RungName
from suffice.measuring.definitions import define_labels
from suffice.measuring.demonstrations import draw_demonstrations, n_tokens
from suffice.measuring.floor import floor_candidates
from suffice.measuring.formats import natural_rule
from suffice.measuring.means import NO_MEANS, Means
from suffice.measuring.retrieving_rungs import rag, retrieved_few_shot
from suffice.measuring.shaped_rungs import chain_of_thought, structured_output
from suffice.measuring.tags import TAGS
from suffice.measuring.techniques import Technique, bank
from suffice.measuring.tuned_rungs import tuned_candidate

SHOTS = (2, 4, 8, 16, 25)
"""Numbers of demonstrations that are tried, as far as the context bears them."""
DRAWS = 3


def alternatives(
    rung: RungName, brief: Brief, split: Split, model: str, means: Means = NO_MEANS
) -> list[Candidate]:
    """
    The candidates of *rung* with *model*; what the choice starts from comes first.

    The optimised prompt begins at the best of the rungs below, keeps what that shows,
    and so can only gain on dev.
    """
    match rung:
        case "floor":
            return floor_candidates(split.train)
        case "zero-shot":
            return _zero_shot(brief, split, model)
        case "structured-output":
            return structured_output(brief, split, model, means)
        case "few-shot":
            return _few_shot(brief, split, model, means.context_tokens)
        case "retrieved-few-shot":
            return retrieved_few_shot(brief, split, model, means)
        case "chain-of-thought":
            return chain_of_thought(brief, split, model)
        case "optimised-prompt":
            return _optimised(brief, split, model, means)
        case "rag":
            return rag(brief, split, model, means)
        case _:
            return [tuned_candidate(brief, model, rung, means)]


def _candidate(
    rung: RungName, name: str, brief: Brief, split: Split, model: str
) -> Candidate:
    return Candidate(
        rung=rung,
        name=name,
        model=model,
        answer_rule=_rule(split),
        max_output_tokens=brief.max_output_tokens,
        tags=TAGS[rung],
    )


def _rule(split: Split) -> AnswerRule:
    return natural_rule([e.answer for e in split.train])


def _zero_shot(brief: Brief, split: Split, model: str) -> list[Candidate]:
    bare = _candidate("zero-shot", "zero-shot", brief, split, model)
    return [
        replace(bare, system=brief.instructions),
        replace(bare, name="zero-shot, no system role", preamble=brief.instructions),
    ]


def _few_shot(
    brief: Brief, split: Split, model: str, context_tokens: int
) -> list[Candidate]:
    if not split.train:
        raise BadExamples(
            "few-shot has nothing to show: there are 0 training examples; add some, "
            "or leave few-shot and optimised-prompt out of rungs"
        )
    bare = _candidate("few-shot", "", brief, split, model)
    bare = replace(bare, system=brief.instructions)
    shots = sorted({min(k, len(split.train)) for k in SHOTS})
    found = []
    for k in shots:
        for draw in range(1, DRAWS + 1):
            shown = draw_demonstrations(split.train, k, seed=brief.seed, draw=draw)
            name = f"few-shot, {len(shown)} examples, draw {draw}"
            found.append(replace(bare, name=name, demonstrations=shown))
    fitting = [c for c in found if fits(c, split, context_tokens)]
    return fitting or found[:1]


def fits(candidate: Candidate, split: Split, context_tokens: int) -> bool:
    """Whether its longest prompt on the training examples fits, by estimate."""
    longest = max(split.train, key=lambda e: _chars(e.messages), default=None)
    prompt = candidate.prompt(longest) if longest else []
    room = context_tokens - candidate.max_output_tokens
    return n_tokens(_chars(prompt), len(prompt)) <= room


def _optimised(brief: Brief, split: Split, model: str, means: Means) -> list[Candidate]:
    start = means.start or _few_shot(brief, split, model, means.context_tokens)[0]
    first = replace(
        start,
        rung="optimised-prompt",
        name=f"as before: {start.name}",
        model=model,
        tags=TAGS["optimised-prompt"],
    )
    found = [first]
    for technique in techniques_of(brief, split, means):
        found.append(_said(first, technique, showing=False))
        if technique.shows_answers and (first.demonstrations or first.retrieval):
            found.append(_said(first, technique, showing=True))
    return found


def techniques_of(brief: Brief, split: Split, means: Means) -> list[Technique]:
    """The bank's, and what an optimiser has proposed."""
    rule = _rule(split)
    known = bank(
        brief.instructions,
        [e.answer for e in split.train],
        rule=rule,
        max_output_tokens=brief.max_output_tokens,
        definitions=define_labels(split.train),
        thinking="chain-of-thought" not in brief.rungs,
    )
    proposed = [
        Technique(
            name=f"proposed {n}",
            text=text,
            answer_rule=rule,
            max_output_tokens=brief.max_output_tokens,
        )
        for n, text in enumerate(means.proposed, 1)
    ]
    return known + proposed


def _said(first: Candidate, technique: Technique, *, showing: bool) -> Candidate:
    """*first* with its instructions put as the technique puts them."""
    without_system = first.system is None and first.preamble is not None
    shown = first.demonstrations if showing else ()
    retrieval = first.retrieval if showing else None
    n_shown = len(shown) + (retrieval.k if retrieval else 0)
    name = f"{technique.name}, {n_shown} examples" if n_shown else technique.name
    return replace(
        first,
        name=name,
        system=None if without_system else technique.text,
        preamble=technique.text if without_system else None,
        demonstrations=shown,
        retrieval=retrieval,
        answer_rule=technique.answer_rule,
        max_output_tokens=technique.max_output_tokens,
    )


def _chars(messages: Iterable[Any]) -> int:
    return sum(len(str(m.get("content") or "")) for m in messages)
