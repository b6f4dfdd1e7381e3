"""The price book: well-formed, dated, and honest about what is not known."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.economics.prices import Price, PriceBook, load_prices, provider_of
from suffice.errors import BadBrief

ROWS = load_prices().rows
ROW = """
[[price]]
model = "mine"
provider = "here"
from = 2026-01-01
source = "https://example.org/prices"
"""


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r.model}-{r.from_date}")
def test_every_built_in_row_says_where_and_when_it_was_read(row: Price) -> None:
    """A price without a date and a source cannot be checked by anyone."""
    assert row.source.startswith("https://")
    assert row.seen_in
    assert row.checked_on is not None
    assert row.checked_on >= date(2026, 11, 1)


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r.model}-{r.from_date}")
def test_no_built_in_price_is_zero_unless_it_says_so(row: Price) -> None:
    """An unknown price must be left out: a 0 would win every comparison."""
    prices = (
        row.input_usd_per_mtok,
        row.output_usd_per_mtok,
        row.cached_usd_per_mtok,
        row.training_usd_per_mtok,
        row.hosting_usd_per_hour,
    )

    assert 0 not in prices or "is a price, not an unknown" in row.note


def test_the_periods_of_a_model_join_without_gap_or_overlap() -> None:
    """On every day from the first row on there is exactly one price."""
    joints = [
        (one.model, one.to_date, two.from_date)
        for one, two in pairwise(ROWS)
        if one.model == two.model
    ]

    assert joints
    assert [j for j in joints if j[1] != j[2]] == []


def test_cached_input_costs_less_than_input_and_output_no_less() -> None:
    """Columns that were mixed up while typing would show here."""
    wrong = [
        r.model
        for r in ROWS
        if r.kind == "tokens"
        and not r.model.startswith("decisions/")
        and (
            (r.cached_usd_per_mtok or 0) > (r.input_usd_per_mtok or 0)
            or (r.output_usd_per_mtok or 0) < (r.input_usd_per_mtok or 0)
        )
    ]

    assert wrong == []


def test_tuned_models_of_openai_die_with_their_bases() -> None:
    """All of them end on 2027-01-14, and no job can be created after 2027-01-06."""
    book = load_prices()
    bases = ("gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini")

    for base in bases:
        assert book.shutdown(f"ft:{base}-2024-08-06:me::abc") == date(2027, 1, 14)
        price = book.price(base, date(2026, 11, 21))
        assert price is not None
        assert price.trainable_until == date(2027, 1, 6)


def test_a_cut_in_price_takes_effect_on_its_day(book: PriceBook) -> None:
    """gpt-5.6-luna cost a fifth from 2026-07-30 on."""
    cut = date(2026, 7, 30)
    before = book.price("gpt-5.6-luna", cut - timedelta(days=1))
    after = book.price("gpt-5.6-luna", cut)

    assert before is not None
    assert after is not None
    assert (before.input_usd_per_mtok, after.input_usd_per_mtok) == (1.0, 0.2)


def test_there_is_no_price_before_the_first_row(book: PriceBook) -> None:
    """What a model costs before it exists is unknown, not free."""
    assert book.price("gpt-6-luna", date(2026, 9, 21)) is None


@pytest.mark.parametrize(
    ("model", "row"),
    [
        ("ft:gpt-4.1-mini-2025-04-14:me:support:abc123", "ft:gpt-4.1-mini"),
        ("ft:gpt-4.1-mini:me:support:abc123:ckpt-step-90", "ft:gpt-4.1-mini"),
        ("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini"),
        ("ft:smollm2-135m-instruct:local:support:abc", "ft:smollm2-135m-instruct"),
    ],
)
def test_a_full_model_id_finds_its_row(book: PriceBook, model: str, row: str) -> None:
    """Endpoints answer with snapshots and tuned ids that no price list names."""
    price = book.price(model, date(2026, 11, 21))

    assert price is not None
    assert price.model == row


def test_a_tuned_model_without_a_row_is_not_priced_as_its_base(book: PriceBook) -> None:
    """Tuned models cost 1.5 to 2 times their base: the base's price would mislead."""
    assert book.price("ft:gpt-5.4-mini:me::abc", date(2026, 11, 21)) is None


def test_a_tuned_model_dies_with_its_base_where_no_row_says_when() -> None:
    """Its base's shutdown is the only date there is."""
    day = date(2027, 3, 1)
    book = load_prices().with_shutdown("gpt-5.4-mini", day)

    assert book.shutdown("ft:gpt-5.4-mini:me::abc") == day


def test_what_the_endpoint_says_about_a_shutdown_wins(book: PriceBook) -> None:
    """The file may be old; the endpoint knows."""
    told = book.with_shutdown("gpt-4.1-mini", date(2027, 6, 1))

    assert told.shutdown("gpt-4.1-mini") == date(2027, 6, 1)


def test_an_unknown_price_is_none_and_never_zero(book: PriceBook) -> None:
    """A model without a row, and rows that lack what a request needs."""
    on = date(2026, 11, 21)
    hosted = book.price("azure/ft:gpt-4.1-mini", on)
    embedded = book.price("smollm2-135m-instruct", on)

    assert book.price("no-such-model", on) is None
    assert hosted is not None
    assert hosted.usd(input_tokens=1, output_tokens=1) is None
    assert embedded is not None
    assert embedded.usd(input_tokens=1, output_tokens=1, cpu_s=None) is None


def test_the_embedded_model_costs_its_cpu_seconds() -> None:
    """Half an hour of one core at 8 cents an hour is 4 cents."""
    book = load_prices(cpu_usd_per_hour=0.08)
    price = book.price("smollm2-135m-instruct", date(2026, 11, 21))

    assert price is not None
    assert price.usd(input_tokens=9, output_tokens=9, cpu_s=1800) == 0.04


def test_your_own_row_wins_on_its_days_only(tmp_path: Path) -> None:
    """A contract price for one month does not hide the list price of the others."""
    mine = tmp_path / "mine.toml"
    mine.write_text(
        ROW.replace('"mine"', '"gpt-6-luna"').replace("2026-01-01", "2026-10-01")
        + "to = 2026-11-01\nusd_per_mtok = { input = 0.07, output = 0.4 }\n"
    )
    book = load_prices(mine)
    october = book.price("gpt-6-luna", date(2026, 10, 31))
    november = book.price("gpt-6-luna", date(2026, 11, 1))

    assert october is not None
    assert november is not None
    assert october.input_usd_per_mtok == 0.07
    assert november.input_usd_per_mtok == 0.1


def test_rows_of_the_endpoints_provider_are_preferred() -> None:
    """The same model name costs and lives differently at OpenAI and at Azure."""
    azure = load_prices(base_url="https://me.openai.azure.com/openai/v1")

    assert azure.shutdown("ft:gpt-4.1-mini:me::abc") == date(2027, 10, 14)
    assert provider_of("http://127.0.0.1:8000/v1") is None
    assert provider_of("https://notopenai.com/v1") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prices = 3", "top-level keys"),
        ("[[price]\n", "not TOML"),
        (ROW.replace("provider", "vendor"), "vendor"),
        (ROW.replace('provider = "here"', ""), "provider is missing"),
        (ROW + "usd_per_mtok = { input = -0.1 }", "-0.1"),
        (ROW + "usd_per_mtok = { input = nan }", "nan"),
        (ROW + 'usd_per_mtok = { input = "0.1" }', "'0.1'"),
        (ROW + "usd_per_mtok = { inputs = 0.1 }", "inputs"),
        (ROW + "to = 2026-01-01", "later than from"),
        (ROW + 'kind = "rent"', "'rent'"),
        (ROW + 'verified = "yes"', "verified"),
        (ROW.replace("2026-01-01", '"1 January"'), "must be a date"),
        (ROW.replace("https://example.org/prices", "a friend"), "'a friend'"),
        (ROW + ROW, "two prices of 'mine' on 2026-01-01"),
    ],
)
def test_a_bad_row_is_refused_by_file_row_and_value(
    tmp_path: Path, text: str, said: str
) -> None:
    """One sentence must be enough to find and mend it."""
    path = tmp_path / "mine.toml"
    path.write_text(text)

    with pytest.raises(BadBrief) as caught:
        load_prices(path)

    assert str(path) in str(caught.value)
    assert said in str(caught.value)


def test_a_missing_price_file_is_refused_by_name(tmp_path: Path) -> None:
    """A typo in the brief's prices must not fall back to list prices."""
    with pytest.raises(BadBrief, match=r"gone\.toml"):
        load_prices(tmp_path / "gone.toml")


@settings(max_examples=50, deadline=None)
@given(
    tokens=st.tuples(*[st.integers(0, 200_000)] * 3),
    prices=st.tuples(*[st.floats(0, 100)] * 2),
    discount=st.floats(0, 1),
)
def test_a_request_never_costs_less_than_nothing_nor_more_than_uncached(
    tokens: tuple[int, ...], prices: tuple[float, ...], discount: float
) -> None:
    """Whatever share is cached, the price stays between the two ends."""
    read, cached, written = tokens
    price = Price(
        model="m",
        provider="p",
        from_date=date(2026, 1, 1),
        input_usd_per_mtok=prices[0],
        cached_usd_per_mtok=prices[0] * discount,
        output_usd_per_mtok=prices[1],
    )
    full = price.usd(input_tokens=read, output_tokens=written)
    some = price.usd(
        input_tokens=read, cached_tokens=min(cached, read), output_tokens=written
    )

    assert full is not None
    assert some is not None
    assert -1e-12 <= some <= full * (1 + 1e-9) + 1e-12
