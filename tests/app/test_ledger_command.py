"""``suffice ledger``: an engineer asks where the money went."""

import csv
import io
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from suffice.app import ledger_commands
from suffice.app.cli_ledger import Wanted, as_csv, wanted
from suffice.errors import BadBrief
from suffice.tuning.ledger import Intent, Ledger
from suffice.tuning.ledger_entry import Kind, State
from suffice.workspace import Workspace

SUFFICE = Path(sys.executable).with_name("suffice")
JULY, AUGUST = 1_784_000_000.0, 1_786_500_000.0


def paid(workspace, *, at, climb, key, usd):
    """One finished job in the ledger, begun at a time."""
    with Ledger(workspace.ledger, now=lambda: at) as ledger:
        intent = Intent(
            kind="job", provider="openai", key=key, reserve_usd=2 * usd, climb_id=climb
        )
        entry = ledger.intend(intent)
        entry = ledger.claim(entry, owner="me", lease_s=60)
        entry = ledger.begin(entry, owner="me", lease_s=60)
        entry = ledger.submitted(entry, f"ftjob-{key}")
        ledger.settle(entry, "succeeded", spent_usd=usd)


@pytest.fixture
def output(tmp_path):
    """Two paid jobs of two climbs in two months, and one intent still open."""
    workspace = Workspace(tmp_path / "out")
    paid(workspace, at=JULY, climb="a-1", key="one", usd=1.5)
    paid(workspace, at=AUGUST, climb="b-2", key="two", usd=2.25)
    with Ledger(workspace.ledger, now=lambda: AUGUST) as ledger:
        ledger.intend(
            Intent(kind="upload", provider="openai", key="f", reserve_usd=0.125)
        )
    return workspace.root


def suffice(*arguments):
    return subprocess.run(
        [SUFFICE, "ledger", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_it_lists_every_entry_with_its_cost(output):
    """Spent and still held are different things, and both are asked for."""
    done = suffice("--output", output)

    assert 0 == done.returncode, done.stderr
    assert "3 entries, $3.7500 spent, $0.1250 held" in " ".join(done.stdout.split())


TOTALS = {
    "month": [["2026-07", 1, 0, 1.5], ["2026-08", 2, 0.125, 2.25]],
    "climb": [["-", 1, 0.125, 0], ["a-1", 1, 0, 1.5], ["b-2", 1, 0, 2.25]],
    "provider": [["openai", 3, 0.125, 3.75]],
    "kind": [["job", 2, 0, 3.75], ["upload", 1, 0.125, 0]],
    "state": [["intended", 1, 0.125, 0], ["succeeded", 2, 0, 3.75]],
}
"""Entries, held and spent, which are asked for by name."""


@pytest.mark.parametrize("by", ["climb", "provider", "month", "kind", "state"])
def test_it_adds_up(output, by):
    """By climb for the budget, by provider and month for the invoice."""
    done = suffice("--output", output, "--by", by)
    rows = [line.split() for line in done.stdout.splitlines()]

    assert TOTALS[by] == [
        [row[0], *map(float, row[1:])]
        for row in rows
        if len(row) == 4 and row[1].isdigit()
    ]


@pytest.mark.parametrize("typed", [("--kind", "jobs"), ("--state", "done")])
def test_a_filter_that_can_match_nothing_is_refused(output, typed):
    """An empty table would read as "nothing was paid for"."""
    done = suffice("--output", output, *typed)

    assert (2, "") == (done.returncode, done.stdout)
    assert typed[1] in done.stderr


def test_the_filters_are_what_a_ledger_has():
    """They are written twice, so that no command waits for the database's library."""
    assert get_args(Kind) == get_args(ledger_commands.Kind)
    assert get_args(State) == get_args(ledger_commands.State)


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        (Wanted(climb="a-1"), ["one"]),
        (Wanted(climb="b"), ["two"]),
        (Wanted(climb="2"), []),
        (Wanted(state="succeeded"), ["one", "two"]),
        (Wanted(kind="upload"), ["f"]),
        (wanted(None, None, None, None, "2026-08-01"), ["two", "f"]),
        (Wanted(provider="azure"), []),
    ],
)
def test_it_filters(output, asked, keys):
    """A ledger of a year is read by asking."""
    with Ledger(Workspace(output).ledger) as ledger:
        assert keys == [e.key for e in ledger.rows() if asked.holds(e)]


def test_csv_holds_what_the_table_says(output, tmp_path):
    """Accounting takes CSV; times are in UTC and nothing is rounded."""
    done = suffice("--output", output, "--csv", tmp_path / "ledger.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "ledger.csv").read_text())))

    assert 0 == done.returncode, done.stderr
    assert ["1.5", "2.25", "0.0"] == [row["spent_usd"] for row in rows]
    assert rows[0]["created_at"].startswith("2026-07-14T")
    assert "owner" not in rows[0]


def test_csv_of_nothing_is_a_header():
    """A filter that finds nothing still gives a file that reads."""
    assert 1 == len(as_csv([]).splitlines())


def test_without_a_ledger_it_says_so(tmp_path):
    """Before any training there is nothing to be alarmed about."""
    done = suffice("--output", tmp_path)

    assert (0, True) == (done.returncode, "no training was paid for" in done.stdout)
    assert "suffice cache" in done.stdout
    assert not Workspace(tmp_path).ledger.exists()


def test_a_day_that_is_none_is_refused():
    """What was typed, and how to write it."""
    with pytest.raises(BadBrief, match=r"'yesterday'.*2026-11-21"):
        wanted(None, None, None, None, "yesterday")


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "\r=1", "\n=1", " =1"])
def test_no_cell_is_a_formula(text, output, tmp_path):
    """A provider's error message must not run in accounting's spreadsheet."""
    with Ledger(Workspace(output).ledger) as ledger:
        entry = ledger.intend(Intent(kind="job", provider="p", key="x", climb_id=text))
        ledger.submitted(entry, text, text)
        written = io.StringIO(as_csv(ledger.rows(key="x")), newline="")
        read = list(csv.DictReader(written))

    cells = [read[0][name] for name in ("climb_id", "provider_id", "note")]
    assert [f"'{text}"] * 3 == cells


def test_a_table_writes_no_commands_to_the_terminal(output):
    """Neither its own nor those of the library that draws it."""
    with Ledger(Workspace(output).ledger) as ledger:
        hostile = "[/]\x1b]0;gone\x07"
        ledger.intend(Intent(kind="job", provider=hostile, key="x", climb_id=hostile))
    done = suffice("--output", output, "--by", "provider")

    assert (0, True) == (done.returncode, "[/]?]0;gone?" in done.stdout), done.stderr
    assert "\x1b" not in done.stdout
