"""The cleaned copy, and the page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from gate_data import Write, chat, chats

from expectations.gate import Gate, check
from suffice.brief import Brief
from suffice.data.checking import to_json
from suffice.data.cleaning import write_clean
from suffice.data.reading import read_examples
from suffice.data.sensitive import Mask
from suffice.errors import BadExamples
from suffice.report.data_page import data_page

KEY = "sk-proj-a8Kd0Qm2Zr5Tn7Vb9Xw1Lc3Ef4Gh6"


def gate(source: str) -> Gate:
    return check(Brief(name="x", instructions="x", examples=source))


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Gate]:
    path = tmp_path_factory.mktemp("dirty") / "x.jsonl"
    rows = [*chats(60), chats(1)[0], chat(f"my key is {KEY}", "ok")]
    rows += [chat("ann@corp.io asks", "told ann@corp.io")]
    lines = [json.dumps(row) for row in rows] + ["{", '{"<img src=x onerror=1>": ']
    path.write_text("\n".join(lines) + "\n")
    return str(path), gate(str(path))


def test_the_plan_names_what_would_be_dropped_or_masked(dirty: tuple[str, Gate]):
    """It is shown before anything is written."""
    source, judged = dirty

    assert [
        (f"{source}:61", "drop", f"a copy of {source}:1"),
        (f"{source}:62", "mask", "an API key of OpenAI or Anthropic"),
        (f"{source}:63", "mask", "an e-mail address"),
        (f"{source}:64", "drop", "the line is cut off"),
        (f"{source}:65", "drop", "the line is cut off"),
    ] == [(c.where, c.action, c.why) for c in judged.changes]


def test_the_copy_passes_and_the_original_is_untouched(dirty: tuple[str, Gate]):
    """Cleaning is only safe when it can be undone."""
    source, judged = dirty
    before = Path(source).read_bytes()
    target = str(Path(source).with_name("clean.jsonl"))
    cleaned = write_clean(source, target, judged.changes)
    questions = [e.question for e in read_examples(target).examples]

    assert before == Path(source).read_bytes()
    assert (62, "my key is <SECRET-1>") == (len(questions), questions[60])
    assert "ann@corp.io asks" == questions[61]
    assert (62, 4) == (cleaned.n_kept, len(Path(cleaned.log).read_text().splitlines()))


def test_personal_data_is_masked_where_asked(dirty: tuple[str, Gate]):
    """The same person keeps the same name."""
    source, judged = dirty
    target = str(Path(source).with_name("masked.jsonl"))
    write_clean(source, target, judged.changes, mask=Mask())
    last = read_examples(target).examples[-1]

    assert ("<EMAIL-1> asks", "told <EMAIL-1>") == (last.question, last.answer)


def test_the_original_is_never_the_target(write: Write):
    """A slip of the command line must not cost the data."""
    source = write(*chats(3))

    with pytest.raises(BadExamples, match="is the original"):
        write_clean(source, source, ())


def test_the_page_loads_nothing_and_runs_nothing(dirty: tuple[str, Gate]):
    """The data may be confidential, and what stands in it may be hostile."""
    page = data_page(dirty[1].report, title="support")

    assert [] == re.findall(r"https?://|<script|<img|url\(", page)
    assert KEY not in page
    assert "default-src 'none'" in page


def test_the_report_is_json_for_other_programs(dirty: tuple[str, Gate]):
    """A pipeline that calls the gate reads its result, not its prose."""
    result = json.loads(to_json(dirty[1].report))

    assert (False, 65) == (result["passed"], result["n_rows"])
    assert {"secrets", "json"} <= {f["name"] for f in result["findings"]}
