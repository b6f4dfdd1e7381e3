"""Reasoning before the answer, and JSON by a schema: each counted as it is."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from suffice.brief import Brief
from suffice.errors import BadBrief
from suffice.measuring.answers import extract
from suffice.stages.climb import kept_candidate
from suffice.stages.means import given_schema
from suffice.stages.measurements import measure_rung


def knows(request):
    """The right code, as far as the last question goes; JSON where it is asked."""
    asked = next(m["content"] for m in request["messages"] if m["role"] == "user")
    things = ("car", "door", "lamp", "chair", "boat", "cup", "kite", "bike", "ring")
    words = asked.split()
    return next((f"K-{t}" for t in things if t in words), "K-rug")


def thinks(request):
    """Many words before the answer."""
    return f"The customer names a thing. It is one of ten. Answer: {knows(request)}"


def breaks_then_mends(request):
    """A bare answer at first; JSON when it is sent back."""
    answer = knows(request)
    mended = any("not a JSON object" in m["content"] for m in request["messages"])
    return json.dumps({"answer": answer}) if mended else answer


def obeys(request):
    """JSON where a schema is sent."""
    return json.dumps({"answer": knows(request)})


def test_the_answer_is_taken_from_the_reasoning_which_is_paid(serve, climb_of):
    """Reasoning that is not priced makes a dear prompt look cheap."""
    climb = climb_of(serve(thinks), rungs=("chain-of-thought",))

    measured = measure_rung(climb, "chain-of-thought", "m")

    candidate = kept_candidate(climb, measured.candidate_key)
    tokens = measured.input_tokens * 1.0 + measured.output_tokens * 4.0
    assert ("passed", "after-answer") == (measured.ruling, candidate.answer_rule)
    assert 12 == measured.output_tokens
    assert measured.usd_per_request == pytest.approx(tokens / 1e6)


def test_a_reply_that_breaks_the_schema_is_sent_back_once(serve, climb_of):
    """Both calls count, in tokens, in time and in money."""
    endpoint = serve(breaks_then_mends)
    climb = climb_of(endpoint, rungs=("structured-output",))

    measured = measure_rung(climb, "structured-output", "m")

    # Of calls that were under way when it was settled, some are not sent back.
    settled_by = {e.question for e in climb.split.test[: measured.n]}
    sent = [r["messages"] for r in endpoint.asked["chat"]]
    calls = Counter(said["content"] for told in sent for said in told)
    assert "passed" == measured.ruling
    assert {2} == {calls[question] for question in settled_by}
    assert 3 == measured.output_tokens


def test_an_endpoint_that_takes_schemas_gets_them(serve, climb_of):
    """Asked once whether it does, and then held to it."""
    endpoint = serve(obeys, takes_schemas=True)
    climb = climb_of(endpoint, rungs=("structured-output",))

    measured = measure_rung(climb, "structured-output", "m")

    candidate = kept_candidate(climb, measured.candidate_key)
    schema = json.loads(candidate.answer_schema)
    probes = [r for r in endpoint.asked["chat"] if "ok" in r["messages"][0]["content"]]
    assert ("passed", True, 1) == (measured.ruling, candidate.schema_sent, len(probes))
    assert "K-car" in schema["properties"]["answer"]["enum"]


def test_an_endpoint_that_refuses_schemas_is_asked_once(serve, climb_of):
    """A no is remembered: each further question would be a failed call."""
    endpoint = serve(obeys)
    climb = climb_of(endpoint, rungs=("structured-output",))
    for _ in range(2):
        measure_rung(climb, "structured-output", "m")

    assert 1 == sum("response_format" in r for r in endpoint.asked["chat"])


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('{"answer": "red"}', "red"),
        ('Sure: {"answer": " red "} there', "red"),
        ('{"answer": 7}', "7"),
        ('{"other": 1}', '{"other": 1}'),
        ("red", "red"),
    ],
)
def test_a_wrapped_answer_is_unwrapped(text, answer):
    """The scorer compares answers, not their wrapping."""
    assert answer == extract(text, "json-answer")


def test_the_briefs_own_schema_is_used_or_refused(tmp_path):
    """A schema that is none would be found out after the money is spent."""
    path = tmp_path / "schema.json"
    path.write_text('{"type": "object"}', encoding="utf-8")
    brief = Brief(
        name="a", instructions="b", examples="c", answer_schema={"type": "objekt"}
    )

    with pytest.raises(BadBrief, match="no JSON schema"):
        given_schema(brief)
    changed = brief.model_copy(update={"answer_schema": str(path)})
    assert {"type": "object"} == given_schema(changed)
