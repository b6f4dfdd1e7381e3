"""What a person sees while a climb runs."""

import io

from rich.console import Console

from suffice.app.progress import View, follow
from suffice.journal import Follower, Journal


def test_a_half_written_line_waits_for_its_end(tmp_path):
    """The reader and the writer are two processes."""
    path = tmp_path / "journal.jsonl"
    follower = Follower(path)
    path.write_text('{"event": "stage", "text": "one"}\n{"event": "st')
    first = [e["text"] for e in follower.new()]
    with path.open("a") as file:
        file.write('age", "text": "two"}\n')

    assert ["one"] == first
    assert ["two"] == [e["text"] for e in follower.new()]


def test_a_finished_rung_stays_on_the_screen():
    """What was learned must not scroll away with the bar."""
    view = View()
    view.take({"event": "stage", "text": "zero-shot"})
    view.take({"event": "done", "rung": "zero-shot", "text": "zero-shot: failed"})

    assert ["zero-shot: failed"] == view.lines


def test_time_left_shrinks_as_the_plan_is_worked_off():
    """A promise of the time left must count only what is still to come."""
    view = View()
    rows = [{"rung": "zero-shot", "seconds": 30}, {"rung": "few-shot", "seconds": 60}]
    view.take({"event": "plan", "rows": rows})
    before = view.left_s()
    view.take({"event": "done", "rung": "zero-shot", "text": ""})

    assert (90, 60) == (before, view.left_s())


def test_without_a_terminal_each_step_is_one_line(tmp_path):
    """Logs of CI and of cron must stay readable."""
    journal = Journal(tmp_path / "j.jsonl")
    journal.write("stage", text="zero-shot")
    for n in range(50):
        journal.write("progress", rung="zero-shot", done=n, total=50, usd=0.0)
    journal.write("done", rung="zero-shot", text="zero-shot: failed, 0.00")
    out = io.StringIO()
    follow(Console(file=out), Follower(journal.path), lambda: True)

    lines = out.getvalue().splitlines()
    assert 2 == len(lines)
    assert "zero-shot: failed, 0.00" in lines[1]


def test_a_job_that_stalls_is_told_where_one_looks(tmp_path):
    """It may be hours before it goes on, and nobody should wonder meanwhile."""
    view = View()
    view.take({"event": "job", "id": "ftjob-1", "status": "stalled", "note": "silent"})

    assert "ftjob-1: silent" == view.stage


def test_a_child_writes_where_its_parent_reads(tmp_path, monkeypatch):
    """The climb is another process than the terminal."""
    ours = Journal(tmp_path / "ours.jsonl")
    for name, value in ours.env().items():
        monkeypatch.setenv(name, value)

    assert ours == Journal.of(tmp_path / "other.jsonl")
