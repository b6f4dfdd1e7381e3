"""The re-check: what it found, who is told, what is started."""

from __future__ import annotations

from typing import cast

from prefect import get_client, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.filters import DeploymentFilter, FlowFilter
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment
from prefect.events import emit_event

from suffice.brief import Brief
from suffice.stages import recheck_stage
from suffice.stages.recheck_stage import Found
from tasks.subjects import FLIPPED, RETIRES, resource_of


@task(task_run_name="recheck {brief.name}", cache_policy=NO_CACHE)
def recheck(brief: Brief, *, drift: bool = True) -> Found:
    """The last verdict again; the artifact says what each trigger saw."""
    found = recheck_stage.recheck(brief, drift=drift)
    create_markdown_artifact(found.text, key=f"{found.recheck.name}-recheck")
    get_run_logger().info(found.text)
    return found


@task(task_run_name="retirements of {brief.name}", cache_policy=NO_CACHE)
def warn(brief: Brief, found: Found) -> None:
    """A retirement within 30 days is an event that others can hear."""
    retiring = recheck_stage.retiring(brief, found)
    if retiring is not None:
        day, left = retiring.day.isoformat(), retiring.days_left
        payload = {"day": day, "days_left": left, "text": retiring.text}
        emit_event(RETIRES, resource=resource_of(brief.name), payload=payload)
        recheck_stage.remember_retiring(brief, retiring)


@task(
    task_run_name="tell of {brief.name}",
    retries=2,
    retry_delay_seconds=5,
    cache_policy=NO_CACHE,
)
def tell(brief: Brief, found: Found) -> None:
    """A flip is an event that others can hear, and tags in MLflow; once."""
    choice = {"from": found.before, "to": found.recheck.verdict.chosen}
    payload = {**choice, "text": found.text}
    emit_event(FLIPPED, resource=resource_of(brief.name), payload=payload)
    get_run_logger().info(recheck_stage.tell_registry(brief, found))
    recheck_stage.remember_flip(brief, found)


@task(task_run_name="start climb {brief.name}", cache_policy=NO_CACHE)
def start_deployed(brief: Brief, found: Found) -> bool:
    """Start the deployed climb, where there is one; the same need starts it once."""
    assert found.next_climb is not None
    if not is_deployed("climb", brief.name):
        return False
    run = cast(
        FlowRun,
        run_deployment(
            f"climb/{brief.name}",
            parameters={"brief": found.next_climb.brief.model_dump(mode="json")},
            timeout=0,
            idempotency_key=f"recheck-{found.key}",
        ),
    )
    recheck_stage.remember_started(brief, found)
    get_run_logger().info("started %s", run.name)
    return True


@task(task_run_name="remember climb {brief.name}", cache_policy=NO_CACHE)
def remember_started(brief: Brief, found: Found) -> None:
    """The climb that was asked for has run; the same need asks for no other."""
    recheck_stage.remember_started(brief, found)


def is_deployed(flow: str, name: str) -> bool:
    """Whether the server knows the deployment ``flow/name``."""
    with get_client(sync_client=True) as client:
        found = client.read_deployments(
            flow_filter=FlowFilter.model_validate({"name": {"any_": [flow]}}),
            deployment_filter=DeploymentFilter.model_validate(
                {"name": {"any_": [name]}}
            ),
        )
    return bool(found)
