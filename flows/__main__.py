"""
Runs one flow in this process: ``python -m flows climb brief.yaml``.

The command line starts this as a child and reads its journal; a person may run it too.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from pathlib import Path

from suffice.app import exits
from suffice.brief import Brief
from suffice.brief_io import load_brief
from suffice.errors import SufficeError
from suffice.journal import Journal
from suffice.workspace import Workspace

FLOWS = ("check", "climb", "tune", "recheck")
APPROVED = "--approved"
"""Given after the brief: a person has approved what its budget allows."""


def run(name: str, brief: Brief) -> object:
    """Run one flow, tagged with this process, after ending what killed ones left."""
    from prefect import tags

    from tasks.left_behind import end_left_behind, process_tag

    flow = getattr(import_module(f"flows.{name}"), name)
    end_left_behind()
    with tags(process_tag()):
        return flow(brief)


def main(arguments: list[str]) -> int:
    """Run the flow called ``arguments[0]`` on the brief in ``arguments[1]``."""
    given = [argument for argument in arguments if argument != APPROVED]
    if len(given) != 2 or given[0] not in FLOWS:
        flows = "|".join(FLOWS)
        usage = f"usage: python -m flows {{{flows}}} BRIEF.yaml [{APPROVED}]\n"
        sys.stderr.write(usage)
        return exits.UNUSABLE_INPUT
    # Large libraries are loaded on the way, and little of them is garbage.
    gc.set_threshold(50_000, 20, 100)
    name, path = given
    journal = Journal.of(Workspace(Path(".suffice")).journal)
    try:
        brief = load_brief(Path(path))
        if APPROVED in arguments:
            brief = brief.model_copy(update={"auto_approve_usd": None})
        journal = Journal.of(Workspace(Path(brief.output)).journal)
        result = run(name, brief)
    except SufficeError as error:
        code = exits.code_of(error)
        journal.write("error", code=code, text=str(error), kind=type(error).__name__)
        sys.stderr.write(f"{error}\n")
        return code
    acceptable = getattr(result, "action", "run") == "run"
    return exits.VERDICT if acceptable else exits.NOTHING_ACCEPTABLE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
