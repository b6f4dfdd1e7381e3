"""The command that checks the examples, shows what was found, and cleans a copy."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from suffice.app import cli_flows, exits
from suffice.brief import Brief
from suffice.brief_io import load_brief
from suffice.data import storage
from suffice.data.cleaning import Change, Cleaned, plan, write_clean
from suffice.data.disk import changed
from suffice.data.examining import examine
from suffice.data.needs import token_facts
from suffice.data.sensitive import Mask
from suffice.errors import UnusableInput
from suffice.stages.data_stage import Files, files_of, token_rules


def check(path: Path) -> int:
    """Run the data gate and the plan, and print what a reader should know."""
    files = files_of(load_brief(path))
    started = time.time()

    def show_data(console: Console) -> None:
        # A flow that ended before the gate had judged left the last result there.
        if files.result.exists() and files.result.stat().st_mtime >= started - 1:
            _show(console, json.loads(files.result.read_text("utf-8")), files)

    return cli_flows.check(path, show_data)


def _show(console: Console, result: dict[str, Any], files: Files) -> None:
    console.print()
    _listed(console, "The data:", result["facts"])
    notes = [_note(f) for f in result["findings"] if f["severity"] == "info"]
    _listed(console, "Notes:", notes)
    _listed(console, "'suffice check --fix' would, in a copy:", result["cleaning"])
    console.print(f"Data report  {files.page}", highlight=False, soft_wrap=True)
    console.print(f"As JSON      {files.result}", highlight=False, soft_wrap=True)
    console.print()


def _note(finding: dict[str, Any]) -> str:
    said = str(finding["wrong"])
    if finding["count"]:
        n = finding["count"]
        first = finding["rows"][0]["where"]
        said += f": {n:,} row{'s' * (n > 1)}, first {first}"
    if finding["reason"]:
        said += f" (severity set by the brief: {finding['reason']})"
    return said


def _listed(console: Console, title: str, lines: list[str]) -> None:
    if not lines:
        return
    grid = Table.grid(padding=(0, 1))
    for line in lines:
        grid.add_row("  -", Text(line))
    console.print(title)
    console.print(grid)


def count_tokens(path: Path) -> int:
    """Count every token, in place of a sample, and print what that comes to."""
    brief = load_brief(path)
    rules = replace(token_rules(brief), exact=True)
    seen = examine(brief, rules)
    _listed(Console(), "Counted:", token_facts(seen.examined, rules))
    return exits.VERDICT


def fix(path: Path, output: Path | None, *, mask_personal: bool) -> int:
    """Write cleaned copies of the examples and logs of what was changed in them."""
    brief, console = load_brief(path), Console()
    targets = _targets(brief, output)
    files = {source: storage.find(source) for source in targets}
    before = {f: storage.version(f) for found in files.values() for f in found}
    changes = plan(examine(brief).frame)
    mask = Mask(secrets_only=not mask_personal)
    copies = {}
    for source, (field, target) in targets.items():
        wanted = [c for c in changes if _is_of(c, files[source])]
        if any(mask_personal or not c.personal for c in wanted):
            copies[field] = write_clean(
                source, target, wanted, columns=brief.columns, mask=mask
            )
    for file, version in before.items():
        if storage.version(file) != version:
            _remove(copies.values())
            changed(file)
    _say(console, copies, path.parent)
    left = sum(c.personal for c in changes)
    if left and not mask_personal:
        rows = f"{left:,} row{'s hold' if left > 1 else ' holds'} personal data and"
        console.print(
            f"{rows} stayed as it was; --mask-personal-data masks it.", highlight=False
        )
    return exits.VERDICT


def _is_of(change: Change, files: Sequence[str]) -> bool:
    return change.where.rpartition(":")[0] in files


def _targets(brief: Brief, output: Path | None) -> dict[str, tuple[str, str]]:
    """For each source: the brief's field, and where its copy goes."""
    folder = files_of(brief).page.parent
    first = output or folder / "examples.clean.jsonl"
    if first.suffix != ".jsonl" or str(first).startswith("s3:"):
        raise UnusableInput(
            f"The copy cannot be written to {str(first)!r}: name a local file that "
            "ends in .jsonl."
        )
    found = {brief.examples: ("examples", str(first))}
    if brief.test_examples:
        second = folder / "test_examples.clean.jsonl"
        if output:
            second = output.with_name(f"{output.stem}.test.jsonl")
        found[brief.test_examples] = ("test_examples", str(second))
    return found


def _remove(copies: Iterable[Cleaned]) -> None:
    for copy in copies:
        Path(copy.target).unlink(missing_ok=True)
        Path(copy.log).unlink(missing_ok=True)


def _say(console: Console, copies: Mapping[str, Cleaned], folder: Path) -> None:
    if not copies:
        console.print("There is nothing to clean, so nothing was written.")
        return
    for field, copy in copies.items():
        dropped = sum(c.action == "drop" for c in copy.changes)
        masked = len(copy.changes) - dropped
        text = f"{field}: {copy.n_kept:,} rows kept, {masked:,} of them masked, "
        console.print(f"{text}{dropped:,} dropped.", highlight=False)
        console.print(f"  copy     {copy.target}", highlight=False, soft_wrap=True)
        console.print(f"  changes  {copy.log}", highlight=False, soft_wrap=True)
    console.print(
        "The originals are as they were. To use the copy, put into the brief:"
    )
    for field, copy in copies.items():
        # Paths in a brief count from its own folder.
        place = os.path.relpath(copy.target, folder)
        console.print(f"  {field}: {place}", highlight=False, soft_wrap=True)
