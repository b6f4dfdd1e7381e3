"""``suffice usage``: the source is tried before a verdict hangs on it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from recheck_kit import brief_of, write_jsonl

from suffice.app.cli_usage import sql, usage
from suffice.brief import Usage
from suffice.errors import UnusableInput


def written(folder: Path, used: Usage) -> Path:
    content = brief_of(folder, usage=used).model_dump(
        mode="json", exclude_defaults=True
    )
    path = folder / "brief.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_it_prints_what_a_recheck_would_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong column is seen at once, not in a verdict months later."""
    rows = [
        {"at": 1_790_000_000 + 3600 * n, "input_tokens": 321, "output_tokens": 7}
        for n in range(240)
    ]
    log = write_jsonl(tmp_path / "log.jsonl", rows)
    code = usage(written(tmp_path, Usage(log=str(log))))
    said = capsys.readouterr().out

    assert 0 == code
    assert "321" in said
    assert "734" in said


def test_without_a_source_it_names_them(tmp_path: Path) -> None:
    """The reader has to know what there is."""
    with pytest.raises(UnusableInput, match=r"usage\.log, usage\.openai"):
        usage(written(tmp_path, Usage()))


def test_the_query_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """It is to be pasted into another engine."""
    sql()

    assert "GROUP BY day" in capsys.readouterr().out
