"""What may be trained is known, or said to be unknown, before a cent is spent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import chats

from suffice.app import cli_probe
from suffice.brief import Brief, Endpoint, Models
from suffice.economics.price import Price
from suffice.economics.prices import load_prices
from suffice.errors import BaseRetired, TrainingUnavailable
from suffice.stages.ability_stage import refuse_hopeless
from suffice.tuning.abilities import ability_of, refuse_untrainable
from suffice.tuning.estimates import estimate
from suffice.tuning.job import JobState
from suffice.tuning.told import Told, pace_of

BOOK = load_prices(base_url="https://api.openai.com/v1")
GPT = "gpt-4.1-mini-2025-04-14"


@dataclass
class FakeBackend:
    """An endpoint that says what it is told to say."""

    told_: Told
    name: str = "api.openai.com"
    methods: tuple[str, ...] = ("lora",)
    serves_at_once: bool = True

    def told(self, base):
        return self.told_


def able(told, on):
    return ability_of(FakeBackend(told), told.base, BOOK, on)


@pytest.mark.parametrize(
    ("on", "may"),
    [
        (date(2027, 1, 6), "unknown"),
        (date(2027, 1, 7), "no"),
        (date(2027, 1, 14), "no"),
    ],
)
def test_openai_is_open_until_its_last_day_and_not_a_day_longer(on, may):
    """A job refused on 7 January is a climb planned for nothing."""
    assert may == able(Told(base=GPT, key_accepted=True), on).may_train


def test_that_openai_does_not_say_who_may_train_is_said():
    """A guess here would be a promise that the first submission breaks."""
    found = able(Told(base=GPT, key_accepted=True), date(2026, 11, 21))

    assert "60 days" in found.why


def test_the_endpoint_s_own_date_wins_over_the_book():
    """Providers move their dates; the book is read once in a while."""
    told = Told(base=GPT, trainable_until=date(2026, 11, 1))
    found = able(told, date(2026, 11, 21))

    assert ("no", True) == (found.may_train, found.retired)
    with pytest.raises(BaseRetired, match="2026-11-01"):
        refuse_untrainable(found)


def test_a_no_of_the_endpoint_is_not_called_retired():
    """The remedy is another key, not another base."""
    told = Told(base="new", may_train=False, why="this key may only read")
    with pytest.raises(TrainingUnavailable, match="only read") as caught:
        refuse_untrainable(able(told, date(2026, 11, 21)))

    assert TrainingUnavailable is type(caught.value)


def test_a_base_nobody_knows_is_unknown_not_forbidden():
    """A compatible server may train what no book has heard of."""
    found = able(Told(base="our-own"), date(2026, 11, 21))
    refuse_untrainable(found)

    assert ("unknown", None) == (found.may_train, found.shutdown_on)


@settings(max_examples=40, deadline=None)
@given(
    rate=st.none() | st.floats(0, 100),
    tokens=st.floats(0, 1e9),
    pace=st.none() | st.floats(0, 1e5),
)
def test_an_unknown_price_or_pace_stays_unknown(rate, tokens, pace):
    """Taken for 0, it would make every fine-tune pay at once."""
    price = Price(
        model="m",
        provider="p",
        from_date=date(2026, 1, 1),
        training_usd_per_mtok=rate,
        source="https://a.example",
    )
    found = estimate(price, tokens, pace)

    assert (rate is None) == (found.usd is None)
    assert (not pace) == (found.seconds is None)
    assert None is estimate(None, tokens, pace).usd


def test_the_pace_is_that_of_jobs_that_ended_well_on_this_base():
    """A failed job ends quickly, and another base is another size."""

    def job(base, status, tokens, seconds):
        return JobState(
            job_id="j",
            base=base,
            status=status,
            trained_tokens=tokens,
            created_at=100,
            finished_at=100 + seconds,
        )

    jobs = [
        job("a", "succeeded", 1000, 10),
        job("a", "succeeded", 3000, 10),
        job("a", "failed", 9000, 1),
        job("b", "succeeded", 9000, 1),
    ]

    assert (200.0, None) == (pace_of(jobs, "a"), pace_of(jobs, "c"))


def test_a_hopeless_job_is_refused_before_anything_is_sent(place):
    """Not a file uploaded, not a job created; the reason is a sentence."""
    spec = place.spec
    for route in ("GET models", "GET model", "GET supported"):
        place.api.faults[route] = ["refuse-401-invalid_api_key"]
    with pytest.raises(TrainingUnavailable):
        refuse_hopeless(brief_at(place, "."), spec, place.backend, place.ledger)

    assert [] == [r for r in place.api.requests if r.startswith("POST")]


def test_a_job_that_exists_is_followed_whatever_is_said_now(place):
    """It has been paid for; that its base retires meanwhile changes nothing."""
    place.submit()
    place.api.faults["GET models"] = ["refuse-401-invalid_api_key"] * 9
    refuse_hopeless(brief_at(place, "."), place.spec, place.backend, place.ledger)


def test_the_command_tells_it_and_spends_nothing(place, tmp_path, capsys, monkeypatch):
    """An engineer asks before an evening of preparing examples."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples.jsonl").write_bytes(chats(20))
    brief = brief_at(place, "examples.jsonl")
    (tmp_path / "brief.yaml").write_text(brief.model_dump_json(exclude_defaults=True))
    code = cli_probe.probe(tmp_path / "brief.yaml")
    told = " ".join(capsys.readouterr().out.split())

    assert 0 == code
    assert "may train" in told
    assert "Nothing was spent." in told
    assert place.backend.quotes == ("says what a job costs once" in told)
    assert [] == [r for r in place.api.requests if not r.startswith("GET")]


def brief_at(place, examples):
    url = place.api.url
    provider = place.provider
    if provider == "fireworks":
        url = url.replace("/v1", "/inference/v1")
    endpoint = Endpoint(base_url=url, provider=provider, account="acme")
    models = Models(endpoint=endpoint, base=("m",), tunable=place.base)
    return Brief(
        name="support", instructions="Classify.", examples=examples, models=models
    )
