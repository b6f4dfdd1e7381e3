"""
Two rungs that shape the reply: reasoning before the answer, and JSON by a schema.

What reasoning costs is in its output tokens, which are priced like any.  A reply that
breaks the schema is sent back once, with the complaint; that call is counted, too.
"""

from __future__ import annotations

import json
from dataclasses import replace

from suffice.brief import Brief
from suffice.candidates import Candidate
from suffice.examples import Split
from suffice.measuring.demonstrations import json_objects
from suffice.measuring.formats import describe_format
from suffice.measuring.means import Means
from suffice.measuring.schemas import answer_schema
from suffice.measuring.tags import TAGS
from suffice.measuring.techniques import think_first, thinking_room

_AROUND_ANSWER = 16
"""Tokens of the JSON around an answer that is none by itself."""


def chain_of_thought(brief: Brief, split: Split, model: str) -> list[Candidate]:
    """Think first, then ``Answer:``; with and without the format, and the role."""
    told = describe_format([e.answer for e in split.train])
    full = think_first(f"{brief.instructions.strip()}\n\n{told}".strip())
    bare = Candidate(
        rung="chain-of-thought",
        name="chain of thought",
        model=model,
        answer_rule="after-answer",
        max_output_tokens=thinking_room(brief.max_output_tokens),
        tags=TAGS["chain-of-thought"],
    )
    return [
        replace(bare, system=full),
        replace(bare, name="chain of thought, no system role", preamble=full),
        replace(
            bare,
            name="chain of thought, format untold",
            system=think_first(brief.instructions.strip()),
        ),
    ]


def structured_output(
    brief: Brief, split: Split, model: str, means: Means
) -> list[Candidate]:
    """JSON by the schema: sent to the endpoint where it takes one, checked anyway."""
    answers = [e.answer for e in split.train]
    wrapped = means.answer_schema is None and json_objects(answers) is None
    schema = means.answer_schema or answer_schema(answers)
    text = json.dumps(schema, ensure_ascii=False)
    told = f"{brief.instructions.strip()}\n\n{_ASKED}\n{text}"
    bare = Candidate(
        rung="structured-output",
        name="schema told",
        model=model,
        system=told,
        answer_rule="json-answer" if wrapped else "json",
        max_output_tokens=brief.max_output_tokens + _AROUND_ANSWER * wrapped,
        answer_schema=text,
        repairs=1,
        tags=TAGS["structured-output"],
    )
    found = [
        bare,
        replace(bare, name="schema told, no system role", system=None, preamble=told),
    ]
    if not means.holds_to_schema:
        return found
    sent = replace(bare, name="schema sent and told", schema_sent=True)
    return [
        sent,
        replace(sent, name="schema sent", system=brief.instructions),
        bare,
    ]


_ASKED = "Reply with one JSON object, and nothing else, that satisfies this schema:"
