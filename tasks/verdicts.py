"""The verdict: decided, registered, published."""

from __future__ import annotations

from collections.abc import Sequence

from prefect import get_run_logger, runtime, task
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_table_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.utilities.urls import url_for

from suffice.economics import verdict_io
from suffice.economics.prospects import TuneDecision
from suffice.results import Measured, Verdict
from suffice.stages import conclusions, publishing
from suffice.stages.climb import Climb
from suffice.stages.learning_stage import Learned


@task(task_run_name="whether to tune {climb.brief.name}", cache_policy=NO_CACHE)
def should_tune(climb: Climb, ladder: Sequence[Measured]) -> TuneDecision:
    """Whether fine-tuning can help, and why."""
    decision = conclusions.should_tune(climb, ladder)
    get_run_logger().info(decision.why)
    return decision


@task(task_run_name="decide {climb.brief.name}", cache_policy=NO_CACHE)
def decide(
    climb: Climb,
    ladder: Sequence[Measured],
    tune: TuneDecision,
    why_not_tuned: str | None,
    learned: Learned,
) -> Verdict:
    """The cheapest candidate that is proved good enough, and what would change it."""
    verdict = conclusions.decide(
        climb, ladder, tune=tune, tuning_failed=why_not_tuned, learned=learned
    )
    get_run_logger().info(verdict.text)
    return verdict


@task(
    task_run_name="register {climb.brief.name}",
    retries=2,
    retry_delay_seconds=5,
    cache_policy=NO_CACHE,
)
def register(climb: Climb, verdict: Verdict) -> Verdict:
    """Candidates, tables and the winner in MLflow; the same again changes nothing."""
    registered = conclusions.register(climb, verdict)
    get_run_logger().info("registered as %s", registered.registered)
    return registered


@task(task_run_name="publish {climb.brief.name}", cache_policy=NO_CACHE)
def publish(climb: Climb, verdict: Verdict) -> Verdict:
    """The report, on disk, in MLflow and as artifacts of this run."""
    page = url_for("flow-run", runtime.flow_run.id)
    published = publishing.publish(climb, verdict, flow_run=page or "")
    told = publishing.linked(verdict_io.to_markdown(verdict), published)
    create_markdown_artifact(told, key=f"{verdict.name}-verdict")
    create_table_artifact(publishing.table(verdict), key=f"{verdict.name}-ladder")
    create_table_artifact(publishing.choice(verdict), key=f"{verdict.name}-choice")
    for name, address in {"report": "", **published.pages}.items():
        # Browsers open no file from a page, so the path is what is shown.
        text = f"{name} in MLflow" if address else str(published.report)
        link = address or published.report.as_uri()
        create_link_artifact(link, link_text=text, key=f"{verdict.name}-{name}")
    get_run_logger().info("report: %s", published.report)
    return published.verdict
