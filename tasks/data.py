"""Examples: checked, split, planned for."""

from __future__ import annotations

from prefect import get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from expectations.gate import Gate
from expectations.gate import check as check_examples
from suffice.brief import Brief
from suffice.data.checking import raise_if_critical, sentence, to_markdown
from suffice.economics.plan import Plan
from suffice.ladder import RungName
from suffice.stages import data_stage, hosting_stage, planning
from suffice.stages.climb import Climb, ledger_of
from suffice.stages.climb import open_climb as open_stored


@task(task_run_name="check {brief.name}", cache_policy=NO_CACHE)
def check(brief: Brief) -> Gate:
    """Read and check the examples; critical findings end it before a cent is spent."""
    tell = data_stage.begin(brief)
    rules, proof = data_stage.token_rules(brief), data_stage.proof(brief)
    gate = check_examples(brief, rules, proof, tell=tell)
    data_stage.publish(brief, gate.report, gate.changes)
    create_markdown_artifact(
        to_markdown(gate.report), key=f"{brief.name}-data", description="Data gate"
    )
    raise_if_critical(gate.report)
    get_run_logger().info("%d lines pass the data gate", gate.report.n_rows)
    return gate


@task(task_run_name="open {brief.name}", cache_policy=NO_CACHE)
def open_climb(brief: Brief, gate: Gate) -> Climb:
    """The climb of this brief on these examples, with its split stored."""
    found = tuple(sentence(f) for f in gate.report.findings)
    climb = open_stored(brief, gate.split, gate.fingerprint, found)
    hosting_stage.stop_forgotten(brief, ledger_of(brief), get_run_logger().warning)
    get_run_logger().info("climb %s in %s", climb.id, climb.folder)
    return climb


@task(task_run_name="plan {climb.id}", cache_policy=NO_CACHE)
def plan(climb: Climb) -> Plan:
    """Calls, dollars and minutes before the first call; refused above the budget."""
    planned = planning.plan(climb)
    get_run_logger().info("at most %d calls, $%.4f", planned.n_calls, planned.usd)
    return planned


@task(task_run_name="plan training {climb.id}", cache_policy=NO_CACHE)
def plan_training(climb: Climb, rung: RungName) -> Plan:
    """What training alone may cost; refused above the budget."""
    planned = planning.plan_training(climb, rung)
    get_run_logger().info("training: at most $%.4f", planned.usd)
    return planned
