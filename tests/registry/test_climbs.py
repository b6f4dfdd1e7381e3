"""A climb in MLflow: recorded completely, and the same again changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from climb_parts import (
    FEW_SHOT,
    FLOOR,
    example,
    measured,
    outcomes,
    split,
    verdict,
)

from suffice.brief import Brief
from suffice.economics.verdict_io import to_json
from suffice.errors import EnvironmentFailed
from suffice.registry.record import Registry
from suffice.registry.sample_traces import SAMPLED


def start(registry: Registry, brief: Brief, climb_id: str = "support-1") -> str:
    return registry.start_climb(
        brief, climb_id=climb_id, data_fingerprint="f" * 64, split=split()
    )


def test_a_climb_is_one_run_however_often_it_starts(registry, brief):
    """A climb that was interrupted goes on where it was."""
    assert start(registry, brief) == start(registry, brief)
    assert start(registry, brief) != start(registry, brief, "support-2")


def test_the_run_says_on_which_examples_it_was(registry, brief):
    """A result without its data's digest proves nothing later."""
    run = registry.client.get_run(start(registry, brief))
    sizes = {
        given.tags[0].value: (given.dataset.name, given.dataset.profile)
        for given in run.inputs.dataset_inputs
    }

    assert {
        "train": ("support-train", '{"num_rows": 4}'),
        "dev": ("support-dev", '{"num_rows": 2}'),
        "test": ("support-test", '{"num_rows": 3}'),
    } == sizes
    assert "f" * 64 == run.data.tags["data_fingerprint"]


def test_each_part_of_the_data_has_a_digest_and_a_schema(registry, brief):
    """Whoever compares two runs sees whether they speak of the same data."""
    run = registry.client.get_run(start(registry, brief))
    datasets = [given.dataset for given in run.inputs.dataset_inputs]
    columns = [json.loads(d.schema)["mlflow_colspec"] for d in datasets]

    assert 3 == len({d.digest for d in datasets})
    assert ["id", "system", "messages", "answer", "references"] == [
        column["name"] for column in columns[0]
    ]


def test_a_candidate_is_a_model_with_its_metrics_on_the_test_examples(registry, brief):
    """The page of models then compares candidates, intervals included."""
    run_id = start(registry, brief)
    model_id = registry.log_candidate(run_id, FEW_SHOT, measured(FEW_SHOT), outcomes())
    model = registry.client.get_logged_model(model_id)
    found = {m.key: m.value for m in model.metrics}

    expected = {
        "quality": 0.9,
        "quality_low": 0.8,
        "quality_high": 0.95,
        "n": 3,
        "n_missing": 0,
        "usd_per_1k_requests": 0.2,
        "latency_p50_ms": 500,
        "latency_p95_ms": 900,
    }
    assert expected == {name: found[name] for name in expected}
    assert {"support-test"} == {m.dataset_name for m in model.metrics}
    assert "READY" == model.status.value


def test_a_price_nobody_knows_is_no_metric(registry, brief):
    """Unknown must never look like free."""
    unknown = measured(FEW_SHOT, usd_per_request=None)
    model_id = registry.log_candidate(
        start(registry, brief), FEW_SHOT, unknown, outcomes()
    )
    names = {m.key for m in registry.client.get_logged_model(model_id).metrics}

    assert "usd_per_1k_requests" not in names


def test_every_answer_is_kept_the_missing_ones_too(registry, brief, tmp_path):
    """Whoever doubts a mean can read what it is the mean of."""
    run_id = start(registry, brief)
    registry.log_candidate(run_id, FEW_SHOT, measured(FEW_SHOT), outcomes(2500))
    child = registry.client.search_runs(
        [registry.client.get_run(run_id).info.experiment_id],
        f"tags.mlflow.parentRunId = '{run_id}'",
    )[0]
    folder = Path(
        registry.client.download_artifacts(child.info.run_id, "", str(tmp_path))
    )
    rows = pq.read_table(folder / "answers.parquet").to_pylist()

    assert 2500 == len(rows)
    assert ("lost", None, "no answer") == (
        rows[-1]["example"],
        rows[-1]["score"],
        rows[-1]["reason"],
    )
    assert {"answers.json", "answers.parquet", "candidate.json"} <= {
        path.name for path in folder.iterdir()
    }


def test_the_same_measurement_is_logged_once_and_another_anew(registry, brief):
    """Running the climb again must not fill the page with twins."""
    run_id = start(registry, brief)
    ids = [
        registry.log_candidate(run_id, FEW_SHOT, found, outcomes())
        for found in (
            measured(FEW_SHOT),
            measured(FEW_SHOT, n_reused=3, spent_usd=0.0),
            measured(FEW_SHOT, n=4, quality=0.91),
        )
    ]

    assert ids[0] == ids[1] != ids[2]


def test_a_candidate_whose_logging_was_interrupted_is_logged_anew(registry, brief):
    """Half a record must not pass for a whole one."""
    run_id = start(registry, brief)
    half = registry.log_candidate(run_id, FEW_SHOT, measured(FEW_SHOT), outcomes())
    source = registry.client.get_logged_model(half).source_run_id
    registry.client.set_terminated(source, "FAILED")

    assert half != registry.log_candidate(
        run_id, FEW_SHOT, measured(FEW_SHOT), outcomes()
    )


def test_a_prompt_is_registered_once_and_the_floor_has_none(registry, brief):
    """The prompt registry holds prompts, one version per wording."""
    versions = [registry.register_prompt(brief, FEW_SHOT) for _ in range(2)]
    prompt = registry.client.load_prompt("prompts:/support.prompt/1")

    assert [1, 1] == versions
    assert FEW_SHOT.prompt(split().test[0]) == prompt.format(question="Question 6")
    assert registry.register_prompt(brief, FLOOR) is None


def test_the_verdict_ends_the_run_and_the_report_is_with_it(registry, brief, tmp_path):
    """What was decided, and why, stands where the numbers stand."""
    run_id = start(registry, brief)
    report = tmp_path / "report.html"
    report.write_text("<p>Run it.</p>")
    registry.log_verdict(brief, "support-1", to_json(verdict(FEW_SHOT)))
    registry.log_report(brief, "support-1", [report])
    run = registry.client.get_run(run_id)
    kept = {artifact.path for artifact in registry.client.list_artifacts(run_id)}

    assert ("FINISHED", "run", "few-shot") == (
        run.info.status,
        run.data.tags["action"],
        run.data.tags["rung"],
    )
    assert {"brief.json", "ladder.json", "report.html", "verdict.json"} == kept


def test_a_verdict_on_a_climb_that_was_never_started_is_refused(registry, brief):
    """A sentence, not a traceback from the store."""
    with pytest.raises(EnvironmentFailed, match="support-9"):
        registry.log_report(brief, "support-9", [])


def test_the_users_own_tracking_server_is_used(tmp_path, monkeypatch):
    """Teams have an MLflow already."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example:5000")

    assert "http://mlflow.example:5000" == Registry(tmp_path).tracking_uri
    assert "http://mlflow.example:5000" == Registry(tmp_path).ui_command


def test_artifacts_stay_under_the_output_folder(registry, brief, output):
    """Everything this program writes is in one place."""
    run = registry.client.get_run(start(registry, brief))

    assert run.info.artifact_uri.startswith((output / "mlartifacts").as_uri())


def test_a_server_that_is_down_is_told_of_in_a_sentence(tmp_path, monkeypatch):
    """Not after minutes, and not by a traceback."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

    with pytest.raises(EnvironmentFailed, match=r"127\.0\.0\.1:9 cannot be used"):
        Registry(tmp_path).prepare()


def test_a_few_examples_are_traced_the_worst_answers_first(registry, brief):
    """What went wrong is one click away; a trace of each example would cost minutes."""
    run_id = start(registry, brief)
    asked = [example(n) for n in range(40)]
    answers = [
        replace(one, example_id=asked[n].id, score=float(n != 7))
        for n, one in enumerate(outcomes(41)[:40])
    ]
    for _ in range(2):
        registry.log_candidate(
            run_id, FEW_SHOT, measured(FEW_SHOT), answers, examples=asked
        )
    experiment = registry.client.get_run(run_id).info.experiment_id
    traces = registry.client.search_traces(locations=[experiment])
    (worst,) = [t for t in traces if t.info.tags["score"] == "0.0"]

    assert SAMPLED == len(traces)
    assert "e7" == worst.info.tags["example"]
    assert FEW_SHOT.prompt(asked[7]) == worst.data.spans[0].inputs["messages"]
    assert ("{}", "yes") == (
        worst.data.spans[0].outputs["answer"],
        worst.data.spans[0].outputs["wanted"],
    )


def test_the_climbs_run_shows_its_candidates_side_by_side(registry, brief):
    """The first thing one sees of a climb is its ladder, ends of intervals included."""
    run_id = start(registry, brief)
    registry.log_verdict(brief, "support-1", to_json(verdict(FEW_SHOT)))
    note = registry.client.get_run(run_id).data.tags["mlflow.note.content"]
    rows = [line for line in note.splitlines() if line.startswith("|")]

    assert "| quality | low | high | n | USD per 1,000 | p50 ms | p95 ms" in rows[0]
    assert "| 0.90 | 0.80 | 0.95 | 3 | 0.2 | 500 | 900 | passed |" in rows[2]


def test_the_climbs_run_leads_back_to_its_flow_run(registry, brief):
    """Who doubts a number wants the log of the run that made it."""
    run_id, page = start(registry, brief), "http://127.0.0.1:4200/runs/flow-run/1"
    registry.log_verdict(brief, "support-1", to_json(verdict(FEW_SHOT)), page)
    tags = registry.client.get_run(run_id).data.tags
    note = tags["mlflow.note.content"].splitlines()

    assert page == tags["prefect_flow_run"]
    # Above the table: MLflow folds what is below the first lines.
    assert f"[Its run in Prefect]({page})" == note[2]


def test_climbs_are_compared_by_what_they_chose(registry, brief):
    """The list of climbs then shows how good each was, with both ends, and its cost."""
    run_id = start(registry, brief)
    registry.log_verdict(brief, "support-1", to_json(verdict(FEW_SHOT)))
    found = registry.client.get_run(run_id).data.metrics

    assert (0.9, 0.8, 0.95, 0.2) == (
        found["quality"],
        found["quality_low"],
        found["quality_high"],
        found["usd_per_1k_requests"],
    )


@pytest.mark.parametrize(
    "page",
    [
        "",
        "javascript:alert(1)",
        "http://a) [x](b",
        "https://me:secret@prefect.example/1",
    ],
)
def test_what_is_no_address_is_no_link(registry, brief, page):
    """Without a server there is no page; nothing else is a link, a password least."""
    run_id = start(registry, brief)
    registry.log_verdict(brief, "support-1", to_json(verdict(FEW_SHOT)), page)
    tags = registry.client.get_run(run_id).data.tags

    assert "prefect_flow_run" not in tags
    assert "](" not in tags["mlflow.note.content"]
