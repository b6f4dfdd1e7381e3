"""Are the examples fit to decide with, and what would the climb cost?"""

from __future__ import annotations

from prefect import flow

from suffice.brief import Brief
from suffice.economics.plan import Plan
from tasks import data
from tasks.left_behind import mark_run


@flow(name="check", flow_run_name="check {brief.name}", on_running=[mark_run])
def check(brief: Brief) -> Plan:
    """Check the examples and plan the climb; no model is called, nothing is spent."""
    gate = data.check(brief)
    climb = data.open_climb(brief, gate)
    return data.plan(climb)
