"""Killed in the middle of starting a deployment: found and stopped, or given up."""

from __future__ import annotations

import pytest
from hosting_places import MODEL, landlord, pinned_by_the_dead

from suffice.tuning.hosting import stop_left_running
from suffice.tuning.ledger import Intent
from suffice.tuning.visit import SETTLE_S

KEY = "k" * 64
NAME = f"suffice-{KEY[:16]}-0"


@pytest.fixture
def gpu():
    with landlord("fireworks") as opened:
        yield opened


@pytest.fixture
def look(gpu, ledger, time):
    """What the next run does first; the names of what it stopped."""
    return lambda: stop_left_running(host=gpu.host, ledger=ledger, clock=time.clock)


@pytest.fixture
def killed(gpu, ledger, time):
    """The entry of a process that died in the paid call: nobody knows how it went."""
    pinned = pinned_by_the_dead(MODEL, time)
    intent = Intent(
        kind="hosting",
        provider=gpu.host.name,
        key=KEY,
        pinned=pinned,
        reserve_usd=2.0,
    )
    held = ledger.claim(ledger.intend(intent), owner=pinned["owner"], lease_s=300.0)
    return ledger.begin(held, owner=pinned["owner"], lease_s=300.0)


def test_one_that_was_accepted_is_stopped_by_the_next_run(
    gpu, killed, ledger, time, look
):
    """It runs under our name, and its id stands nowhere but at the provider."""
    gpu.host.start(MODEL, NAME)
    time.sleep(1800)
    stopped = look()
    entry = ledger.get(killed)

    assert ((NAME,), []) == (stopped, gpu.running())
    assert ("succeeded", 0.0) == (entry.state, entry.reserved_usd)
    assert entry.spent_usd == pytest.approx(0.5, rel=0.05)


def test_one_that_is_not_there_yet_keeps_its_money_and_is_looked_for_again(
    gpu, killed, ledger, time, look
):
    """The request may still be on its way when the next run looks."""
    for _ in range(3):
        assert () == look()
        assert ("unknown", 2.0) == (ledger.get(killed).state, ledger.committed_usd())
        time.sleep(SETTLE_S / 4)

    gpu.host.start(MODEL, NAME)

    assert ((NAME,), []) == (look(), gpu.running())


def test_one_that_never_came_to_be_gives_its_money_back(killed, ledger, time, look):
    """Else a killed start would hold a part of the budget for ever."""
    look()
    time.sleep(SETTLE_S + 1)

    assert () == look()
    assert ("refused", 0.0) == (ledger.get(killed).state, ledger.committed_usd())
