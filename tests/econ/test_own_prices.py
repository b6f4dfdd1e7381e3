"""Prices of ones own: in the brief, or in a file beside it; both win over the book."""

from __future__ import annotations

from pathlib import Path

import pytest
from econ_cases import TODAY, brief

from suffice.brief import Brief
from suffice.brief_io import load_brief
from suffice.economics.own_prices import prices_of
from suffice.errors import BadBrief

TEXT = """name: support
instructions: Answer.
examples: examples.jsonl
prices: mine.toml
price_rows:
  - model: gpt-6-luna
    provider: openai
    from: 2026-10-01
    usd_per_mtok: {input: 0.07, output: 0.35}
    source: https://example.com/contract
"""
FILE = """[[price]]
model = "%s"
provider = "openai"
from = 2026-10-01
usd_per_mtok = { input = 0.08, output = 0.4 }
source = "https://example.com/contract"
"""


def test_rows_in_the_brief_win_over_its_file_and_the_file_over_the_book(
    tmp_path: Path,
) -> None:
    """A negotiated price needs no second file."""
    (tmp_path / "brief.yaml").write_text(TEXT)
    (tmp_path / "mine.toml").write_text(FILE % "gpt-6-luna" + "\n" + FILE % "gpt-6-sol")
    book = prices_of(load_brief(tmp_path / "brief.yaml"))
    prices = [book.price(m, TODAY) for m in ("gpt-6-luna", "gpt-6-sol", "gpt-4.1")]

    assert [p.input_usd_per_mtok for p in prices if p] == [0.07, 0.08, 2.0]


def test_rows_survive_the_brief_as_json(tmp_path: Path) -> None:
    """As a flow's parameter, and beside the stored verdict, days are text."""
    (tmp_path / "brief.yaml").write_text(TEXT.replace("prices: mine.toml\n", ""))
    read = load_brief(tmp_path / "brief.yaml")
    again = Brief.model_validate_json(read.model_dump_json())

    assert prices_of(again) == prices_of(read)


def test_a_malformed_row_in_the_brief_is_refused_by_its_place() -> None:
    """The same checks as in a file, the same sentence."""
    row = {"model": "x", "provider": "y", "from": "soon", "source": "https://x.y"}
    with pytest.raises(BadBrief, match=r"price row 1 \('x'\): from must be a date"):
        prices_of(brief(price_rows=(row,)))
