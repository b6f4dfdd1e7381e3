"""Which rungs a brief means, and what it must say for them."""

from __future__ import annotations

import pytest
from rung_endpoint import copies_the_nearest

from suffice.brief import Brief
from suffice.brief_io import load_brief
from suffice.candidates import Candidate
from suffice.errors import BadBrief
from suffice.measuring.asking import ask_all
from suffice.measuring.tags import TAGS
from suffice.stages.climb import kept_candidate
from suffice.stages.judging import design, prompting_attempts
from suffice.stages.measurements import measure_rung
from suffice.stages.planning import plan
from suffice.stages.table import desk

NEEDED = {"name": "a", "instructions": "b", "examples": "c"}


def test_without_rungs_those_that_apply_are_tried():
    """RAG needs documents, a schema JSON, a training job the user's word."""
    bare = Brief(**NEEDED)
    rich = Brief(**NEEDED, documents="d", scorer="json-fields")

    assert {"rag", "structured-output"} == set(rich.rungs) - set(bare.rungs)
    assert bare.rungs[-1] == rich.rungs[-1] == "fine-tuned"
    assert ("floor", "zero-shot") == bare.rungs[:2]


def test_rag_without_documents_is_refused_with_the_line(tmp_path):
    """Found out in the middle of a climb it would have cost the rungs below."""
    path = tmp_path / "brief.yaml"
    path.write_text(
        "name: a\ninstructions: b\nexamples: c\nrungs: [zero-shot, rag]\n", "utf-8"
    )

    with pytest.raises(BadBrief, match=r"brief.yaml:4: .*add 'documents: FOLDER'"):
        load_brief(path)


def test_files_of_a_brief_lie_beside_it(tmp_path):
    """A brief is moved with its data."""
    path = tmp_path / "brief.yaml"
    path.write_text(
        "name: a\ninstructions: b\nexamples: c\ndocuments: docs\nanswer_schema: s\n",
        "utf-8",
    )
    brief = load_brief(path)

    assert (str(tmp_path / "docs"), str(tmp_path / "s")) == (
        brief.documents,
        brief.answer_schema,
    )


def test_every_rung_has_the_names_it_has_elsewhere():
    """People look for what they know: base-eval, icl-eval, customized-eval."""
    rich = Brief(**NEEDED, documents="d", scorer="json-fields")
    known = {name for names in TAGS.values() for name in names}

    assert set(rich.rungs) <= set(TAGS)
    assert {"base-eval", "icl-eval", "customized-eval"} <= known


def test_a_schema_that_is_none_is_refused_with_the_plan(serve, climb_of):
    """Not after floor and zero-shot have been paid for."""
    climb = climb_of(serve(copies_the_nearest), answer_schema={"type": 7})

    with pytest.raises(BadBrief, match="no JSON schema"):
        plan(climb)


def test_every_listed_rung_is_planned_and_has_its_share_of_the_error(serve, climb_of):
    """What is not planned is not budgeted; what has no share certifies nothing."""
    fields = {"rungs": ("zero-shot", "structured-output", "retrieved-few-shot")}
    climb = climb_of(serve(copies_the_nearest), **fields)

    rows = plan(climb).rows
    alphas = [design(climb, r, m).alpha for r, m in prompting_attempts(climb.brief)]

    assert list(fields["rungs"]) == [row.rung for row in rows]
    assert all(row.n_calls > 60 for row in rows)
    assert all(0 < alpha < 0.05 for alpha in alphas)


def test_a_candidate_that_was_kept_can_be_asked_again(serve, climb_of):
    """A re-check asks the champion about fresh examples, months later."""
    climb = climb_of(serve(copies_the_nearest), rungs=("retrieved-few-shot",))
    measured = measure_rung(climb, "retrieved-few-shot", "m")
    candidate = kept_candidate(climb, measured.candidate_key)

    with desk(climb) as at:
        place = at.reopened(climb, candidate).desk(climb, "m")
        asked = ask_all(candidate, climb.split.test[:5], place)

    assert 5 == len([o for o in asked.outcomes if o.score is not None])


def test_what_was_measured_before_keeps_its_key():
    """Stored climbs and registered models are found by it."""
    bare = Candidate(rung="zero-shot", name="n", model="m", system="s")

    assert "b5710c110f69593a" == bare.key
