"""A judge beside people: asked before the climb, told with the verdict."""

from __future__ import annotations

import json

import pytest
from engine_fakes import examples, price_row
from judge_fakes import completion, judging, obedient, reply, verdict

from suffice.brief import Brief
from suffice.errors import BadExamples
from suffice.examples import Split
from suffice.measuring.judge_calibration import calibrate, read_labels
from suffice.stages.calibration import judge_warnings, kept_calibration
from suffice.stages.climb import open_climb
from suffice.stages.measurements import measure_rung


def labels(folder, rows):
    path = folder / "people.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def row(number, *, right, score):
    answer = f"question {number}"
    return {
        "question": answer,
        "wanted": answer,
        "answer": answer if right else "no idea",
        "score": score,
    }


def test_a_judge_that_agrees_with_people_is_trusted(endpoint, tmp_path):
    """Its kappa is high, and nothing is said of it."""
    endpoint.script = [reply(obedient)]
    rows = [row(i, right=i % 3 > 0, score=int(i % 3 > 0)) for i in range(30)]
    done = calibrate(
        read_labels(str(labels(tmp_path, rows))), judging(endpoint.base_url)
    )

    assert (1.0, 30, ()) == (done.agreement.kappa, done.agreement.n, done.warnings())


def test_a_judge_that_does_not_is_warned_of(endpoint, tmp_path):
    """Here people look at something else than the judge does."""
    endpoint.script = [reply(obedient)]
    rows = [row(i, right=i % 2 > 0, score=int(i % 3 > 0)) for i in range(30)]
    done = calibrate(
        read_labels(str(labels(tmp_path, rows))), judging(endpoint.base_url)
    )

    assert done.agreement.kappa < 0.4
    assert "agrees poorly with people: kappa" in done.warnings()[0]


def test_few_labels_are_warned_of(endpoint, tmp_path):
    """Five that agree are an impression, not a calibration."""
    endpoint.script = [reply(obedient)]
    rows = [row(i, right=i > 1, score=int(i > 1)) for i in range(5)]
    done = calibrate(
        read_labels(str(labels(tmp_path, rows))), judging(endpoint.base_url)
    )

    assert "on 5 answers only" in done.warnings()[0]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "is not JSON"),
        ("[]", "a label is an object"),
        ('{"answer": "x", "score": 1}', "'question' is None"),
        ('{"question": "q", "answer": "x", "score": 3}', "'score' is 3; give 0 to 1"),
        ('{"question": "q", "answer": "x", "score": "1"}', "'score' is '1'"),
    ],
)
def test_what_is_no_label_is_named(tmp_path, line, why):
    """With the file and the line, before anything is spent."""
    path = tmp_path / "people.jsonl"
    path.write_text(json.dumps(row(1, right=True, score=1)) + "\n" + line + "\n")

    with pytest.raises(BadExamples, match=r"people\.jsonl:2") as caught:
        read_labels(str(path))
    assert why in str(caught.value)


def test_an_empty_file_of_labels_is_refused(tmp_path):
    """It would be taken for a calibration that found nothing wrong."""
    path = tmp_path / "people.jsonl"
    path.write_text("\n")

    with pytest.raises(BadExamples, match="no label"):
        read_labels(str(path))


async def models(request):
    """Two models at one endpoint: one answers, the other judges kindly."""
    body = await request.json()
    if body["model"] != "judge":
        return completion(body["messages"][-1]["content"])
    return await reply(kind)(request)


def kind(code, parts, outside):
    """Grades "no idea" as good, one time in two."""
    good = parts["answer"] == parts["good answer 1"]
    lenient = int(parts["question"].split()[-1]) % 2 == 0
    return verdict(code, grade=int(good or lenient))


def climb(endpoint, folder, rows):
    data = examples(60)
    brief = Brief(
        name="judged",
        instructions="Repeat.",
        examples="unused.jsonl",
        scorer="judge",
        judge={
            "model": "judge",
            "grades": 2,
            "human_labels": str(labels(folder, rows)),
        },
        models={
            "endpoint": {"base_url": endpoint.base_url},
            "base": ["m"],
            "tunable": None,
        },
        price_rows=(price_row("m"), price_row("judge")),
        output=str(folder / "out"),
    )
    split = Split(train=data[:10], dev=data[10:12], test=data[12:])
    return open_climb(brief, split, "fingerprint")


def test_a_climb_compares_its_judge_once_and_corrects_its_scores(endpoint, tmp_path):
    """Before the first rung; every later one reads what is kept."""
    endpoint.script = [models]
    rows = [row(i, right=i % 3 > 0, score=int(i % 3 > 0)) for i in range(30)]
    judged = climb(endpoint, tmp_path, rows)
    measured = [measure_rung(judged, rung, "m") for rung in ("floor", "zero-shot")]
    asked = [r for r in endpoint.requests if r["model"] == "judge"]
    about = [json.dumps(r) for r in asked]

    assert "passed" == measured[1].ruling
    assert "by people's labels the judge's score stands for" in measured[1].note
    assert 30 == kept_calibration(judged).agreement.n
    assert len(set(about)) == len(about)
    assert () == judge_warnings(judged)
    assert all(m.judge_id.startswith("judge (judge-2026-01-01)") for m in measured)


def test_a_poor_judge_is_a_warning_of_the_climb(endpoint, tmp_path):
    """It goes with the verdict, where the owner of the feature reads it."""
    endpoint.script = [models]
    rows = [row(i, right=i % 3 > 0, score=int(i % 3 == 0)) for i in range(30)]
    judged = climb(endpoint, tmp_path, rows)
    measure_rung(judged, "zero-shot", "m")

    assert "agrees poorly with people" in judge_warnings(judged)[0]
