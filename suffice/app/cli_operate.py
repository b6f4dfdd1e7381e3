"""``suffice status`` and ``suffice approve``: what runs, what waits for a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from suffice.app import exits
from suffice.errors import EnvironmentFailed, UnusableInput
from suffice.services import stack
from suffice.services.prefect_api import PrefectApi
from suffice.workspace import Workspace

_WAITING = {"flow_runs": {"state": {"name": {"any_": ["Suspended"]}}}, "limit": 50}
_STARTED = {
    "flow_runs": {"state": {"type": {"not_any_": ["SCHEDULED"]}}},
    "sort": "EXPECTED_START_TIME_DESC",
    "limit": 8,
}


def status(output: Path) -> int:
    """Show the servers of this output folder, its newest runs and what waits."""
    console = Console()
    workspace = Workspace(output)
    console.print(stack.overview(workspace))
    try:
        api = PrefectApi.of(workspace)
        runs, waiting = api.post("/flow_runs/filter", _STARTED), _waiting(api)
    except EnvironmentFailed as error:
        console.print(str(error), markup=False, style="red")
        return exits.ENVIRONMENT_FAILED
    console.print(_table("Newest runs", runs, with_id=False))
    if waiting:
        console.print(_table("Waiting for approval: suffice approve RUN", waiting))
    return exits.VERDICT


def approve(
    output: Path,
    run: str | None,
    *,
    refuse: bool = False,
    budget_usd: float | None = None,
    note: str = "",
) -> int:
    """Answer for the run that is called so, by name, id or brief; or list them."""
    console = Console()
    api = PrefectApi.of(Workspace(output))
    waiting = _waiting(api)
    if run is None:
        none = "Nothing waits for approval."
        console.print(_table("Waiting for approval", waiting) if waiting else none)
        return exits.VERDICT
    found = _one(waiting, run)
    answer = {"approve": "no" if refuse else "yes", "note": note}
    budget = {} if budget_usd is None else {"budget_usd": budget_usd}
    reply = api.post(
        f"/flow_runs/{found['id']}/resume", {"run_input": {**answer, **budget}}
    )
    if reply["status"] != "ACCEPT":
        why = (reply.get("details") or {}).get("reason")
        raise UnusableInput(f"Prefect did not take the answer for {run!r}: {why}.")
    done = "refused" if refuse else "approved; it goes on"
    console.print(f"{found['name']} is {done}.", markup=False)
    return exits.VERDICT


def _waiting(api: PrefectApi) -> list[dict[str, Any]]:
    """Suspended runs that have a form to fill in."""
    found: list[dict[str, Any]] = api.post("/flow_runs/filter", _WAITING)
    return [
        run
        for run in found
        if run["state"]["state_details"].get("run_input_keyset") is not None
    ]


def _one(waiting: list[dict[str, Any]], wanted: str) -> dict[str, Any]:
    names = [(r["id"], r["name"], _brief(r)) for r in waiting]
    found = [r for r, known in zip(waiting, names, strict=True) if wanted in known]
    if len(found) == 1:
        return found[0]
    rest = ", ".join(f"{name} ({run_id})" for run_id, name, _ in names) or "none"
    many = f"{len(found)} runs are" if found else "No run is"
    raise UnusableInput(
        f"{many} called {wanted!r} and waiting for approval; waiting: {rest}."
    )


def _brief(run: dict[str, Any]) -> str:
    brief = (run.get("parameters") or {}).get("brief") or {}
    return str(brief.get("name", "")) if isinstance(brief, dict) else ""


def _table(title: str, runs: list[dict[str, Any]], *, with_id: bool = True) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("run", "state", "since, UTC"):
        table.add_column(heading, overflow="fold")
    if with_id:
        table.add_column("id", no_wrap=True)
    for run in runs:
        state = run.get("state") or {}
        since = str(state.get("timestamp", ""))[:16].replace("T", " ")
        which = [run["id"]] if with_id else []
        table.add_row(run["name"], state.get("name", ""), since, *which)
    return table
