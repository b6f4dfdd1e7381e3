"""Two tuned rungs in one climb: two files, two jobs, two candidates."""

from __future__ import annotations

import json

from rung_endpoint import copies_the_nearest

from suffice.brief import Endpoint as Address
from suffice.brief import Models
from suffice.stages import conclusions
from suffice.stages.climb import kept_candidate
from suffice.stages.measurements import measure_rung, measure_tuned
from suffice.stages.tune_stage import submit_tuning
from suffice.stages.waiting_stage import Seat, follow_all

SHORT, SHOWN = "fine-tuned", "fine-tuned-few-shot"


def test_each_tuned_rung_is_trained_asked_and_judged_in_its_own_way(serve, climb_of):
    """What is trained with examples is asked with them, by the same retriever."""
    endpoint = serve(copies_the_nearest)
    models = Models(endpoint=Address(base_url=endpoint.url), base=("m",), tunable="m")
    climb = climb_of(
        endpoint, models=models, rungs=("retrieved-few-shot", SHORT, SHOWN)
    )
    prompted = measure_rung(climb, "retrieved-few-shot", "m")

    measured, ladder = {}, []
    for rung in (SHORT, SHOWN):
        assert conclusions.worth_tuning(climb, ladder, rung)
        jobs = {rung: submit_tuning(climb, rung)}
        tuned = follow_all(climb, jobs, Seat()).model(rung)
        measured[rung] = measure_tuned(climb, tuned.model, 1.0, rung)
        ladder.append(measured[rung])

    candidates = [
        kept_candidate(climb, m.candidate_key) for m in (prompted, measured[SHOWN])
    ]
    rows = [json.loads(file["content"].splitlines()[0]) for file in endpoint.files[::2]]
    assert ["failed", "passed"] == [measured[r].ruling for r in (SHORT, SHOWN)]
    assert candidates[0].retrieval == candidates[1].retrieval
    assert len(rows[0]["messages"]) < len(rows[1]["messages"])
    assert not conclusions.worth_tuning(climb, ladder, "fine-tuned-rag")


def test_the_same_rung_again_adopts_its_job(serve, climb_of):
    """A paid job is made once for the same rows."""
    endpoint = serve(copies_the_nearest)
    models = Models(endpoint=Address(base_url=endpoint.url), base=("m",), tunable="m")
    climb = climb_of(endpoint, models=models, rungs=(SHOWN,))

    jobs = [submit_tuning(climb, SHOWN) for _ in range(2)]

    assert (1, 1) == (len(set(jobs)), len(endpoint.jobs))


def test_a_second_run_says_that_nothing_was_trained_anew(serve, climb_of):
    """ "Trained in 66 s" would read as if it had been paid for twice."""
    endpoint = serve(copies_the_nearest)
    models = Models(endpoint=Address(base_url=endpoint.url), base=("m",), tunable="m")
    climb = climb_of(endpoint, models=models, rungs=(SHORT,))
    for _ in range(2):
        follow_all(climb, {SHORT: submit_tuning(climb, SHORT)}, Seat())
    lines = climb.journal.path.read_text().splitlines()
    first, second = [e["text"] for e in map(json.loads, lines) if e["event"] == "done"]

    assert first.startswith("trained ft:")
    assert second.endswith("was trained by an earlier run; nothing more is paid")
