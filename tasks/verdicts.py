"""The verdict: decided, registered, published."""

from __future__ import annotations

from collections.abc import Sequence

from prefect import get_run_logger, task
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_table_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event

from suffice import stages, verdict_io
from suffice.climb import Climb
from suffice.decide import TuneDecision
from suffice.recheck import Recheck
from suffice.results import Measured, Verdict


@task(cache_policy=NO_CACHE)
def should_tune(climb: Climb, ladder: Sequence[Measured]) -> TuneDecision:
    """Whether fine-tuning can help, and why."""
    decision = stages.should_tune(climb, ladder)
    get_run_logger().info(decision.why)
    return decision


@task(cache_policy=NO_CACHE)
def decide(climb: Climb, ladder: Sequence[Measured]) -> Verdict:
    """The cheapest candidate that is proved good enough, and what would change it."""
    verdict = stages.decide(climb, ladder)
    get_run_logger().info(verdict.text)
    return verdict


@task(retries=2, retry_delay_seconds=5, cache_policy=NO_CACHE)
def register(climb: Climb, verdict: Verdict) -> Verdict:
    """Candidates, tables and the winner in MLflow; the same again changes nothing."""
    registered = stages.register(climb, verdict)
    get_run_logger().info("registered as %s", registered.registered)
    return registered


@task(cache_policy=NO_CACHE)
def publish(climb: Climb, verdict: Verdict) -> Verdict:
    """The report, on disk, in MLflow and as artifacts of this run."""
    published = stages.publish(climb, verdict)
    key = f"{verdict.name}-verdict"
    create_markdown_artifact(verdict_io.to_markdown(verdict), key=key)
    create_table_artifact(stages.table(verdict), key=f"{verdict.name}-ladder")
    create_link_artifact(published.report.as_uri(), key=f"{verdict.name}-report")
    get_run_logger().info("report: %s", published.report)
    return published.verdict


@task(cache_policy=NO_CACHE)
def announce(result: Recheck) -> Recheck:
    """What the re-check found, as an artifact; a flip is also an event."""
    create_markdown_artifact(result.text, key=f"{result.name}-recheck")
    if result.changed:
        resource = {"prefect.resource.id": f"suffice.brief.{result.name}"}
        emit_event("suffice.verdict.flipped", resource=resource)
    get_run_logger().info(result.text)
    return result
