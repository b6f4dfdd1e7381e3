"""``suffice explain``: what the stored measurements say under other circumstances."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from econ_cases import TODAY, brief, measured

from suffice.app import cli_explain
from suffice.brief import Endpoint, Models
from suffice.economics.decide import decide
from suffice.economics.prices import load_prices
from suffice.errors import BadBrief
from suffice.stages import kept_prices
from suffice.stages.climb import Climb, keep_verdict


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """An output folder with one verdict: few-shot on luna before gpt-4.1-mini."""
    models = Models(
        endpoint=Endpoint(base_url="https://api.openai.com/v1"),
        base=("gpt-6-luna", "gpt-4.1-mini"),
        tunable=None,
    )
    about = brief(20_000, models=models, output=str(tmp_path))
    climb = Climb(id="support-1", brief=about, data_fingerprint="f")
    verdict = decide(
        [
            measured("few-shot", "gpt-6-luna", static_tokens=0),
            measured("optimised-prompt", "gpt-4.1-mini", static_tokens=0),
        ],
        brief=about,
        book=load_prices(base_url=about.models.endpoint.base_url),
        on=TODAY,
        climb_id=climb.id,
        data_fingerprint="f",
    )
    keep_verdict(climb, verdict)
    kept_prices.keep(climb, verdict)
    return tmp_path


def test_the_command_shows_both_verdicts_and_calls_no_model(kept: Path) -> None:
    """The issue's own line, on a machine without a key or a network."""
    done = subprocess.run(
        [
            Path(sys.executable).with_name("suffice"),
            "explain",
            "--requests-per-month",
            "500000",
            "--price",
            "gpt-6-luna.output=9",
            "--output",
            kept,
        ],
        capture_output=True,
        text=True,
        env={"COLUMNS": "160", "PATH": "/usr/bin:/bin"},
        check=True,
    )

    rows = done.stdout.splitlines()
    run = next(row for row in rows if row.strip().startswith("run"))
    assert run.strip().endswith("optimised-prompt on gpt-4.1-mini")
    assert "few-shot on gpt-6-luna" in run
    assert any("20,000" in row and "500,000" in row for row in rows)
    assert "Run optimised-prompt on gpt-4.1-mini" in done.stdout


def test_without_changes_it_tells_the_stored_verdict_in_full(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Reasons, flip points and what to buy next, without a second column."""
    code = cli_explain.run(kept, None, [])
    shown = capsys.readouterr().out

    assert code == 0
    assert "as decided" not in shown
    assert "What would change it:" in shown
    assert "What to buy next:" in shown


def test_a_price_corrected_since_does_not_change_what_was_decided(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rows of that day lie beside the verdict; they hold, not today's file."""
    path = tmp_path / "climbs" / "support-1" / "prices.json"
    rows = json.loads(path.read_text())
    rows["gpt-6-luna"]["input_usd_per_mtok"] = 100.0
    path.write_text(json.dumps(rows))
    cli_explain.run(kept, None, [], as_json=True)
    shown = json.loads(capsys.readouterr().out)

    assert shown["model"] == "gpt-4.1-mini"


def test_a_bar_nothing_reaches_ends_with_the_code_for_that(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scripts may rely on it."""
    code = cli_explain.run(kept, None, ["bar=0.99"])

    assert code == 1
    assert "nothing suffices" in capsys.readouterr().out


def test_a_model_that_dies_gives_way(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A day that the file does not know can be asked for."""
    changes = ["gpt-6-luna.shutdown=2026-11-01", "gpt-4.1-mini.cached_share=0.5"]
    cli_explain.run(kept, None, changes, as_json=True)
    shown = json.loads(capsys.readouterr().out)

    assert shown["model"] == "gpt-4.1-mini"
    assert shown["shutdowns_told"] == {"gpt-6-luna": "2026-11-01"}
    assert shown["cached_shares"] == {"gpt-4.1-mini": 0.5}


@pytest.mark.parametrize(
    "change",
    ["gpt-6-luna.shutdown=soon", "gpt-6-luna.cached_share=2", "colour=3", "bar=1.5"],
)
def test_a_change_nobody_can_understand_is_refused(kept: Path, change: str) -> None:
    """In a sentence that quotes it."""
    with pytest.raises(BadBrief, match=change.split("=", maxsplit=1)[0]):
        cli_explain.run(kept, None, [change])
