"""``suffice prices``: the book, its changes, and what other catalogues say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from econ_cases import TODAY, brief, measured
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.app import cli_prices
from suffice.economics.decide import decide
from suffice.economics.price import Price
from suffice.economics.price_check import disagreements
from suffice.economics.price_rows import read_rows
from suffice.economics.price_writing import to_toml
from suffice.economics.prices import PriceBook, load_prices
from suffice.errors import UnusableInput
from suffice.registry.price_catalogues import genai_prices_rows, mlflow_rows
from suffice.stages.climb import Climb, keep_verdict

Shown = pytest.CaptureFixture[str]


def test_the_list_names_price_shutdown_and_source(capsys: Shown) -> None:
    """What a reader checks before believing a verdict."""
    cli_prices.show(TODAY, "gpt-4.1-mini", "openai", None)
    shown = capsys.readouterr().out

    assert "2027-01-14" in shown
    assert "https://developers.openai.com/api/docs/pricing" in shown
    assert "never 0" in shown


def test_a_model_nobody_prices_is_said_to_be_unknown() -> None:
    """An empty table would read like free."""
    with pytest.raises(UnusableInput, match="No price of 'gpt-99'"):
        cli_prices.show(TODAY, "gpt-99", None, None)


def test_the_diff_names_the_verdicts_that_a_change_touches(
    tmp_path: Path, capsys: Shown
) -> None:
    """A verdict on luna of August is touched by its cut; one on nano is not."""
    for name, model in (("support", "gpt-5.6-sol"), ("triage", "gpt-4.1-mini")):
        about = brief(name=name, output=str(tmp_path))
        verdict = decide(
            [measured("few-shot", model)],
            brief=about,
            book=load_prices(),
            on=date(2026, 8, 1),
            climb_id=name,
            data_fingerprint="f",
        )
        climb = Climb(id=name, brief=about, data_fingerprint="f")
        keep_verdict(climb, verdict)
    cli_prices.diff(date(2026, 8, 1), date(2026, 9, 1), None, tmp_path)
    shown = capsys.readouterr().out

    assert "2026-08-21  gpt-5.6-sol: $4.00 in" in shown
    assert "verdict support of 2026-08-01: touched by gpt-5.6-sol" in shown
    assert "verdict triage of 2026-08-01: no\n" in shown


def test_no_verified_price_is_contradicted_by_an_installed_catalogue() -> None:
    """A row that says two sources agree must still agree with them."""
    book = load_prices()
    found = [
        d
        for rows in (genai_prices_rows(TODAY), mlflow_rows(TODAY))
        for d in disagreements(book, rows, TODAY)
        if d.verified and d.theirs_usd > 0
    ]

    assert found == []


def test_what_was_told_to_quarrel_is_shown_with_its_ratio(capsys: Shown) -> None:
    """Two catalogues, two prices of one model: the reader decides."""
    cli_prices.check("genai-prices", TODAY, None)
    shown = capsys.readouterr().out
    rows = [r for r in shown.splitlines() if "llama-v3p1-8b-instruct   input" in r]

    assert rows[0].split()[-5:] == ["0.10", "0.20", "2", "2026-04-24", "?"]


def test_a_catalogue_knows_the_history_of_a_price() -> None:
    """The cut of 80 % in July, as the book has it."""
    catalogue = PriceBook(layers=(_by_model(genai_prices_rows(TODAY)),))
    before, after = (
        catalogue.price("gpt-5.6-luna", day)
        for day in (date(2026, 7, 29), date(2026, 7, 30))
    )

    assert before is not None
    assert after is not None
    assert (before.input_usd_per_mtok, after.input_usd_per_mtok) == (1.0, 0.2)


def test_imported_rows_become_a_price_file_of_ones_own(tmp_path: Path) -> None:
    """They win over the book, and say where they come from."""
    path = tmp_path / "mine.toml"
    cli_prices.take("genai-prices", TODAY, ["deepseek/deepseek-v3.2"], path, False)
    row = load_prices(path).price("deepseek/deepseek-v3.2", TODAY)

    assert row is not None
    assert row.seen_in.startswith("genai-prices")
    assert not row.verified


def test_an_import_overwrites_nothing_in_silence(tmp_path: Path) -> None:
    """A price that somebody negotiated is worth more than a list price."""
    path = tmp_path / "mine.toml"
    cli_prices.take("mlflow", TODAY, ["gpt-6-luna"], path, False)
    before = path.read_text()
    with pytest.raises(UnusableInput, match="--replace"):
        cli_prices.take("genai-prices", TODAY, ["gpt-6-luna"], path, False)

    assert before == path.read_text()
    cli_prices.take("genai-prices", TODAY, ["gpt-6-luna"], path, True)
    assert "genai-prices" in path.read_text()


def test_importing_a_model_the_catalogue_lacks_is_refused(tmp_path: Path) -> None:
    """Half an import would look like a whole one."""
    with pytest.raises(UnusableInput, match=r"ft:gpt-4\.1-mini"):
        cli_prices.take("genai-prices", TODAY, ["ft:gpt-4.1-mini"], None, False)


USD = st.one_of(st.none(), st.floats(0, 1000).map(lambda v: round(v, 6)))


@settings(max_examples=50, deadline=None)
@given(usd=st.lists(USD, min_size=7, max_size=7), note=st.text(max_size=20))
def test_rows_written_are_read_back_the_same(
    usd: list[float | None], note: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Unknown stays unknown, whatever stands in the note."""
    row = Price(
        model="a/b",
        provider="a",
        from_date=date(2026, 1, 1),
        to_date=date(2027, 1, 1),
        input_usd_per_mtok=usd[0],
        cached_usd_per_mtok=usd[1],
        cache_write_usd_per_mtok=usd[2],
        output_usd_per_mtok=usd[3],
        training_usd_per_mtok=usd[4],
        flex_multiplier=usd[5],
        min_charge_usd=usd[6],
        shutdown_on=date(2027, 1, 14),
        source="https://example.com/prices",
        note=" ".join(note.split()) if note.isprintable() else "",
        verified=True,
    )
    path = tmp_path_factory.mktemp("rows") / "rows.toml"
    path.write_text(to_toml([row]), encoding="utf-8")

    assert read_rows(path) == (row,)


def test_the_tier_of_production_is_priced_by_its_factor() -> None:
    """Batch halves, priority doubles; a factor nobody knows makes it unknown."""
    luna = load_prices().price("gpt-6-luna", TODAY)
    old = load_prices().price("ft:gpt-4.1", TODAY)

    assert luna is not None
    assert old is not None
    assert luna.served("batch").input_usd_per_mtok == pytest.approx(0.05)
    assert luna.served("priority").output_usd_per_mtok == pytest.approx(1.0)
    assert old.served("flex").input_usd_per_mtok is None


def _by_model(rows: tuple[Price, ...]) -> dict[str, tuple[Price, ...]]:
    found: dict[str, tuple[Price, ...]] = {}
    for row in rows:
        found[row.model] = (*found.get(row.model, ()), row)
    return found
