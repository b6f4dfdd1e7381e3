"""Webhooks wake and prove nothing: forged, old, repeated or huge ones are refused."""

from __future__ import annotations

import asyncio
import random
import sys
import time

import httpx
import openai
import pytest
from signed_webhooks import SECRET, event, signed

from deployments.webhooks import MOST_AT_ONCE, MOST_BYTES, PATH, Receiver, app
from suffice.errors import EnvironmentFailed
from suffice.tuning.deliveries import SeenDeliveries


class Wakes:
    """What the receiver woke; a Prefect server that is away for *failures* calls."""

    def __init__(self):
        self.jobs = []
        self.failures = 0
        self.takes_s = 0.0

    def __call__(self, delivery):
        time.sleep(self.takes_s)
        if self.failures:
            self.failures -= 1
            raise httpx.ConnectError("no server")
        self.jobs.append(delivery.job_id)


@pytest.fixture
def wakes():
    return Wakes()


@pytest.fixture
def receiver(tmp_path, wakes):
    seen = SeenDeliveries(tmp_path / "webhooks.db")
    return Receiver(secret=SECRET, seen=seen, wake=wakes, body_s=0.2)


def post(receiver, *deliveries, path=PATH, at_once=16):
    """The statuses of these (body, headers), sent at the same time."""

    async def send():
        transport = httpx.ASGITransport(app=receiver)
        places = asyncio.Semaphore(at_once)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://here"
        ) as client:

            async def one(body, headers):
                async with places:
                    reply = await client.post(path, content=body, headers=headers)
                return reply.status_code

            return await asyncio.gather(*(one(b, h) for b, h in deliveries))

    return asyncio.run(send())


def test_a_genuine_webhook_wakes_the_job(receiver, wakes):
    """Minutes earlier than polling would notice."""
    body = event()

    assert ([200], ["ftjob-1"]) == (post(receiver, (body, signed(body))), wakes.jobs)


FORGED = {
    "another key": lambda b: signed(b, key=b"x" * 32),
    "another body": lambda b: signed(b + b" "),
    "301 s old": lambda b: signed(b, at=time.time() - 301),
    "301 s ahead": lambda b: signed(b, at=time.time() + 303),
    "another id": lambda b: {**signed(b), "webhook-id": "wh_2"},
    "another time": lambda b: {
        **signed(b),
        "webhook-timestamp": str(int(time.time()) - 9),
    },
    "no time": lambda b: {**signed(b), "webhook-timestamp": "soon"},
    "no signature": lambda b: {**signed(b), "webhook-signature": ""},
    "no headers": lambda b: {},
    "not ASCII": lambda b: {**signed(b), "webhook-signature": "v1,é".encode("latin-1")},
    "v2 only": lambda b: {
        **signed(b),
        "webhook-signature": signed(b)["webhook-signature"].replace("v1,", "v2,"),
    },
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_or_stale_webhook_is_refused(how, receiver, wakes):
    """Whoever finds the address must not be able to make us do anything."""
    body = event()

    assert ([400], []) == (post(receiver, (body, FORGED[how](body))), wakes.jobs)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'"text"'])
def test_a_signed_body_that_is_no_event_wakes_nobody(body, receiver, wakes):
    """A bug at the provider is no reason for an error here."""
    assert post(receiver, (body, signed(body)))[0] in (200, 400)
    assert [] == wakes.jobs


def test_a_thousand_replays_wake_once(receiver, wakes):
    """The SDK alone accepts the same delivery for five minutes."""
    body = event()
    headers = signed(body)
    replies = post(receiver, *[(body, headers)] * 1000)
    sys.stdout.write(f"replays tried: 1000, acted upon: {len(wakes.jobs)}\n")

    assert {200} == set(replies)
    assert ["ftjob-1"] == wakes.jobs


def test_the_sdk_alone_acts_on_every_replay():
    """The mutant: were replays refused by themselves, the test above proved nothing."""
    body = event()
    headers = signed(body)
    with openai.OpenAI(api_key="none", webhook_secret=SECRET) as naive:
        acted = [naive.webhooks.unwrap(body, headers) for _ in range(3)]

    assert ["ftjob-1"] * 3 == [told.data.id for told in acted]


def test_a_replay_is_refused_after_a_restart(receiver, wakes, tmp_path):
    """What was seen is on disk."""
    body = event()
    headers = signed(body)
    post(receiver, (body, headers))
    seen = SeenDeliveries(tmp_path / "webhooks.db")
    again = Receiver(secret=SECRET, seen=seen, wake=wakes)

    assert [200] == post(again, (body, headers))
    assert ["ftjob-1"] == wakes.jobs


def test_a_delivery_that_could_not_be_acted_upon_may_come_again(receiver, wakes):
    """The provider delivers again when it is told that we were not able to."""
    wakes.failures = 1
    body = event()
    headers = signed(body)

    assert [503] == post(receiver, (body, headers))
    assert [200] == post(receiver, (body, headers))
    assert ["ftjob-1"] == wakes.jobs


def test_a_body_of_10_mb_is_refused_unread(receiver, wakes):
    """Also when it does not say how long it is."""
    large = b"x" * 10_000_000

    async def in_pieces():
        for start in range(0, len(large), 65_536):
            yield large[start : start + 65_536]

    told = post(receiver, (large, signed(large)))
    untold = post(receiver, (in_pieces(), signed(b"")))

    assert ([413], [413], []) == (told, untold, wakes.jobs)
    assert len(large) > MOST_BYTES


def test_a_body_that_never_ends_is_given_up(receiver):
    """A connection that trickles must not hold a place for ever."""

    async def receive():
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"x", "more_body": True}

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": PATH, "method": "POST", "headers": []}
    asyncio.run(receiver(scope, receive, send))

    assert 408 == sent[0]["status"]


def test_a_flood_is_answered_and_held_off(receiver, wakes):
    """More at once than there are places for: told to come back, none lost."""
    wakes.takes_s = 0.01
    bodies = [event(job_id=f"ftjob-{i}") for i in range(300)]
    sent = [(b, signed(b, delivery=f"wh_{i}")) for i, b in enumerate(bodies)]
    replies = post(receiver, *sent, at_once=300)
    held_off = [d for d, status in zip(sent, replies, strict=True) if status == 503]
    again = post(receiver, *held_off, at_once=MOST_AT_ONCE)

    assert {200, 503} == set(replies)
    assert {200} == set(again)
    assert 300 == len(set(wakes.jobs)) == len(wakes.jobs)


def test_the_order_of_webhooks_says_nothing(receiver, wakes):
    """State is read by polling, so any order gives the same: a look at the job."""
    kinds = ["fine_tuning.job.failed", "fine_tuning.job.succeeded"] * 5
    random.Random(7).shuffle(kinds)
    bodies = [event(kind) for kind in kinds]
    sent = [(b, signed(b, delivery=f"wh_{i}")) for i, b in enumerate(bodies)]

    assert {200} == set(post(receiver, *sent))
    assert ["ftjob-1"] * 10 == wakes.jobs


def test_other_events_and_places_wake_nobody(receiver, wakes):
    """One endpoint may be subscribed to much more than jobs."""
    body = event("batch.completed", "batch_1")

    assert [200] == post(receiver, (body, signed(body)))
    assert [404] == post(receiver, (body, signed(body)), path="/")
    assert [] == wakes.jobs


def test_without_a_secret_nothing_is_served(monkeypatch):
    """A receiver that could not tell genuine from forged must not run."""
    monkeypatch.delenv("OPENAI_WEBHOOK_SECRET", raising=False)

    with pytest.raises(EnvironmentFailed, match="OPENAI_WEBHOOK_SECRET"):
        app()
