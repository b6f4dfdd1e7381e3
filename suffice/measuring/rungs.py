"""
Rungs: for each, the candidates among which the choice is made on dev.

A candidate is made from training examples only, and is deployable as it stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from suffice.brief import Brief, RungName
from suffice.candidates import AnswerRule, Candidate, Demonstration
from suffice.errors import BadExamples
from suffice.examples import Example, Split
from suffice.measuring.demonstrations import draw_demonstrations, n_tokens
from suffice.measuring.floor import floor_candidates
from suffice.measuring.formats import natural_rule
from suffice.measuring.techniques import Technique, bank

SHOTS = (4, 8, 16)
"""Numbers of demonstrations that are tried, as far as the context bears them."""
DRAWS = 3
CONTEXT_TOKENS = 4096
"""Longest prompt that is tried, answer included, unless the caller knows better."""

_TAGS: dict[str, tuple[str, ...]] = {
    "zero-shot": ("prompt engineering", "base-eval"),
    "few-shot": ("few-shot prompting", "icl-eval"),
    "optimised-prompt": ("prompt engineering", "icl-eval"),
    "fine-tuned": ("fine-tuning", "customized-eval"),
}
"""What the rungs are called elsewhere, NVIDIA's data flywheel among it."""


def alternatives(
    rung: RungName,
    brief: Brief,
    split: Split,
    model: str,
    *,
    start: Candidate | None = None,
    context_tokens: int = CONTEXT_TOKENS,
) -> list[Candidate]:
    """
    The candidates of *rung* with *model*; what the choice starts from comes first.

    *start* is the best candidate of the rungs below: the optimised prompt begins
    there, keeps its demonstrations, and so can only gain on dev.
    """
    match rung:
        case "floor":
            return floor_candidates(split.train)
        case "zero-shot":
            return _zero_shot(brief, split, model)
        case "few-shot":
            return _few_shot(brief, split, model, context_tokens)
        case "optimised-prompt":
            start = start or _few_shot(brief, split, model, context_tokens)[0]
            return _optimised(brief, split, model, start)
        case "fine-tuned":
            return [tuned_candidate(brief, model)]


def tuned_candidate(brief: Brief, model: str) -> Candidate:
    """The tuned *model* with its short prompt, which is what makes it cheap."""
    return Candidate(
        rung="fine-tuned",
        name="fine-tuned, short prompt",
        model=model,
        system=brief.tuning.instructions or brief.name,
        max_output_tokens=brief.max_output_tokens,
        tags=_TAGS["fine-tuned"],
    )


def training_rows(brief: Brief, examples: Iterable[Example]) -> list[dict[str, Any]]:
    """
    Chat JSONL rows, each the prompt of `tuned_candidate` and the wanted answer.

    What is trained is what will run: a different prompt at run time costs quality.
    Examples whose answer must not be learned are left out.
    """
    told = {"role": "system", "content": tuned_candidate(brief, model="").system}
    rows = []
    for example in examples:
        if example.weight == 0:
            continue
        row: dict[str, Any] = {
            "messages": [told, *map(dict, example.messages), _wanted(example)]
        }
        if example.tools:
            row["tools"] = [dict(tool) for tool in example.tools]
        rows.append(row)
    return rows


def _wanted(example: Example) -> dict[str, Any]:
    """The last message of a training row; calls as the API writes them."""
    if not example.tools or not example.answer.startswith("["):
        return {"role": "assistant", "content": example.answer}
    calls = [
        {
            "id": f"call_{n}",
            "type": "function",
            "function": {
                "name": call["name"],
                "arguments": json.dumps(call["arguments"], ensure_ascii=False),
            },
        }
        for n, call in enumerate(json.loads(example.answer), 1)
    ]
    return {"role": "assistant", "tool_calls": calls}


def _candidate(
    rung: RungName, name: str, brief: Brief, split: Split, model: str
) -> Candidate:
    return Candidate(
        rung=rung,
        name=name,
        model=model,
        answer_rule=_rule(split),
        max_output_tokens=brief.max_output_tokens,
        tags=_TAGS[rung],
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
    shots = [k for k in SHOTS if k < len(split.train)] or [len(split.train)]
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


def _optimised(
    brief: Brief, split: Split, model: str, start: Candidate
) -> list[Candidate]:
    first = replace(
        start,
        rung="optimised-prompt",
        name=f"as before: {start.name}",
        model=model,
        tags=_TAGS["optimised-prompt"],
    )
    techniques = bank(
        brief.instructions,
        [e.answer for e in split.train],
        rule=_rule(split),
        max_output_tokens=brief.max_output_tokens,
    )
    found = [first]
    for technique in techniques:
        found.append(_said(first, technique, ()))
        if technique.shows_answers and first.demonstrations:
            found.append(_said(first, technique, first.demonstrations))
    return found


def _said(
    first: Candidate, technique: Technique, shown: tuple[Demonstration, ...]
) -> Candidate:
    """*first* with its instructions put as the technique puts them."""
    without_system = first.system is None and first.preamble is not None
    name = f"{technique.name}, {len(shown)} examples" if shown else technique.name
    return replace(
        first,
        name=name,
        system=None if without_system else technique.text,
        preamble=technique.text if without_system else None,
        demonstrations=shown,
        answer_rule=technique.answer_rule,
        max_output_tokens=technique.max_output_tokens,
    )


def _chars(messages: Iterable[Any]) -> int:
    return sum(len(str(m.get("content") or "")) for m in messages)
