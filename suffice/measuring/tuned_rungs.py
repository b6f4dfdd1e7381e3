"""
The tuned rungs: the prompt a tuned model is asked with, and the rows it is taught.

What is trained is what will run: where a tuned model will be shown passages or
examples, each row it learns from shows them too, found in the same way and never the
row itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from typing import Any

from suffice.brief import Brief
from suffice.candidates import NOTHING_FOUND, Candidate, Found, Retrieval
from suffice.examples import Example
from suffice.ladder import RungName
from suffice.measuring.demonstrations import n_tokens
from suffice.measuring.means import NO_MEANS, Means
from suffice.measuring.tags import TAGS
from suffice.retrieval.finding import Finder
from suffice.retrieval.pools import Pool

SHOWN = 4
"""Examples or passages a tuned model is shown where no rung below has chosen."""


def tuned_candidate(
    brief: Brief, model: str, rung: RungName = "fine-tuned", means: Means = NO_MEANS
) -> Candidate:
    """The tuned *model* with its short prompt, which is what makes it cheap."""
    retrieval = _retrieval(rung, brief, means)
    shown = f", {retrieval.by}, k = {retrieval.k}" if retrieval else ", short prompt"
    return Candidate(
        rung=rung,
        name=f"{rung}{shown}",
        model=model,
        system=brief.tuning.instructions or brief.name,
        max_output_tokens=brief.max_output_tokens,
        retrieval=retrieval,
        tags=TAGS[rung],
    )


def _retrieval(rung: RungName, brief: Brief, means: Means) -> Retrieval | None:
    if rung == "fine-tuned":
        return None
    if means.found is not None:
        return means.found
    documents = rung == "fine-tuned-rag"
    pool: Pool = (means.documents if documents else means.examples) or Pool()
    told = brief.tuning.instructions or brief.name
    room = means.context_tokens - brief.max_output_tokens - n_tokens(len(told), 2)
    return Retrieval(
        what="documents" if documents else "examples",
        by="bm25",
        k=SHOWN,
        pool=pool.digest,
        # Half of the context: the question must fit, too, whatever its length.
        room_tokens=max(1, room // 2),
    )


def training_rows(
    brief: Brief,
    examples: Iterable[Example],
    candidate: Candidate | None = None,
    finder: Finder | None = None,
) -> list[dict[str, Any]]:
    """
    Chat JSONL rows, each the prompt of *candidate* and the wanted answer.

    Examples whose answer must not be learned are left out.  For a thread without a
    running event loop.
    """
    candidate = candidate or tuned_candidate(brief, model="")
    taught = [e for e in examples if e.weight]
    shown = asyncio.run(_shown(candidate.retrieval, taught, finder))
    rows = []
    for example, found in zip(taught, shown, strict=True):
        row: dict[str, Any] = {"messages": [*_asked(candidate, example, found)]}
        row["messages"].append(_wanted(example))
        if example.tools:
            row["tools"] = [dict(tool) for tool in example.tools]
        rows.append(row)
    return rows


async def _shown(
    retrieval: Retrieval | None, examples: Sequence[Example], finder: Finder | None
) -> list[Found]:
    if retrieval is None or finder is None:
        return [NOTHING_FOUND] * len(examples)
    async with finder:
        found = await asyncio.gather(*(finder.find(retrieval, e) for e in examples))
    return [one.found for one in found]


def _asked(
    candidate: Candidate, example: Example, found: Found
) -> list[dict[str, Any]]:
    """The prompt as it will run, with the weights that training honours."""
    messages = candidate.prompt(example, found)
    own = messages[-len(example.messages) :]
    for message, given in zip(own, example.messages, strict=True):
        if "weight" in given:
            message["weight"] = given["weight"]
    for message in messages[: -len(example.messages)]:
        if message["role"] == "assistant":
            # What is only shown was right for another question.
            message["weight"] = 0
    return messages


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
