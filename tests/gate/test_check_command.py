"""``suffice check --fix``: a cleaned copy and a log, and never a changed original."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from gate_data import chat, chats
from typer.testing import CliRunner, Result

from suffice.app.cli import app
from suffice.data.reading import read_examples
from suffice.errors import UnusableInput

KEY = "sk-proj-a8Kd0Qm2Zr5Tn7Vb9Xw1Lc3Ef4Gh6"
BRIEF = """\
name: mending
instructions: Say yes or no.
examples: train.jsonl
test_examples: test.jsonl
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rows = [*chats(60), chats(1)[0], chat(f"my key is {KEY}", "no")]
    rows.append(chat("write to ann.lee@corp-mail.io", "yes"))
    lines = [json.dumps(row) for row in rows] + ["{"]
    (tmp_path / "train.jsonl").write_text("\n".join(lines) + "\n")
    test = "".join(json.dumps(row) + "\n" for row in chats(60, 500))
    (tmp_path / "test.jsonl").write_text(test)
    (tmp_path / "brief.yaml").write_text(BRIEF)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["check", *arguments])


def test_the_copy_is_clean_and_the_original_as_it_was(folder: Path):
    """What is dropped or masked is in the log, with its line and the reason."""
    before = (folder / "train.jsonl").read_bytes()
    done = run("--fix")
    copy = folder / ".suffice/data/mending/examples.clean.jsonl"
    changes = Path(f"{copy}.changes.jsonl").read_text()
    log = [json.loads(line) for line in changes.splitlines()]

    assert 0 == done.exit_code
    assert before == (folder / "train.jsonl").read_bytes()
    assert [("drop", 61), ("mask", 62), ("drop", 64)] == [
        (c["action"], int(c["where"].rpartition(":")[2])) for c in log
    ]
    assert 62 == len(read_examples(str(copy)).examples)
    assert KEY not in copy.read_text() + changes


def test_lines_that_are_not_changed_stay_byte_for_byte(folder: Path):
    """A diff of the two files shows the changes and nothing else."""
    run("--fix", "--output", "clean.jsonl")
    lines = (folder / "train.jsonl").read_text().splitlines()

    assert lines[:60] == (folder / "clean.jsonl").read_text().splitlines()[:60]


def test_only_files_that_change_are_copied_and_the_brief_is_told(folder: Path):
    """A copy without a change would only raise the question what changed."""
    done = run("--fix", "--output", "clean.jsonl")

    assert "examples: clean.jsonl" in done.output
    assert "test_examples" not in done.output
    assert not (folder / "clean.test.jsonl").exists()


def test_personal_data_is_left_until_asked_for(folder: Path):
    """Whether it may be used is for a person to decide."""
    plain = run("--fix", "--output", "plain.jsonl")
    masked = run("--fix", "--mask-personal-data", "--output", "masked.jsonl")

    assert "--mask-personal-data masks it" in plain.output
    assert "--mask-personal-data" not in masked.output
    assert "ann.lee@corp-mail.io" in (folder / "plain.jsonl").read_text()
    assert "ann.lee@corp-mail.io" not in (folder / "masked.jsonl").read_text()


def test_a_clean_set_is_not_copied(folder: Path):
    """Nothing to do is said, and nothing is written."""
    (folder / "train.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in chats(60))
    )
    done = run("--fix")

    assert "nothing to clean" in done.output
    assert not (folder / ".suffice/data/mending").exists()


def test_the_copy_never_replaces_the_original(folder: Path):
    """A slip of the command line must not cost the data."""
    before = (folder / "train.jsonl").read_bytes()
    done = run("--fix", "--output", "train.jsonl")

    assert "is the original" in str(done.exception)
    assert before == (folder / "train.jsonl").read_bytes()


def test_an_option_that_would_do_nothing_is_refused(folder: Path):
    """Somebody thinks that personal data is masked now."""
    done = run("--mask-personal-data")

    assert isinstance(done.exception, UnusableInput)


def test_every_token_is_counted_on_request(folder: Path):
    """The estimate is good to a percent; a contract may want the number."""
    done = run("--exact-tokens")

    assert "tokens (counted with" in " ".join(done.output.split())


def test_tables_are_cleaned_into_chat_lines(folder: Path):
    """A cleaned copy has one form, wherever the rows came from."""
    rows = "".join(f"w{n}a w{n}b w{n}c w{n}d,yes\n" for n in (*range(60), 0))
    (folder / "train.csv").write_text(f"question,answer\n{rows}")
    (folder / "brief.yaml").write_text(BRIEF.replace("train.jsonl", "train.csv"))
    run("--fix", "--output", "clean.jsonl")

    assert 60 == len(read_examples(str(folder / "clean.jsonl")).examples)
