"""A batch is sent once for what it asks, whatever the provider says or hides."""

from __future__ import annotations

import pytest
from engine_fakes import examples
from test_batches import climb_of

from suffice.errors import CallFailed, JobUnresolved
from suffice.stages.batches import Post, asked
from suffice.stages.climb import ledger_of
from suffice.stages.table import desk
from suffice.tuning.batch_client import BatchState
from suffice.tuning.job import Clock
from suffice.tuning.ledger import Ledger

REQUESTS = {
    f"k{n}": {
        "model": "m",
        "messages": [{"role": "user", "content": example.question}],
        "max_tokens": 4,
    }
    for n, example in enumerate(examples(3))
}


class Provider:
    """Keeps what it is sent; says of each how it ended."""

    name, settle_s = "api.test", 0.0

    def __init__(self, status="completed", *, deaf=False, hides=False):
        self.status, self.deaf, self.hides = status, deaf, hides
        self.marks, self.cancelled = [], []

    def upload_requests(self, content):
        return "file-1"

    def create_batch(self, file_id, key):
        self.marks.append(key)
        if self.deaf:
            raise CallFailed("no answer")
        return self.batch(f"b-{len(self.marks) - 1}")

    def find_batches(self, key):
        numbers = [n for n, mark in enumerate(self.marks) if mark == key]
        return () if self.hides else tuple(self.batch(f"b-{n}") for n in numbers)

    def batch(self, batch_id):
        error = "too many tokens are waiting" if self.status == "failed" else ""
        return BatchState(
            id=batch_id,
            status=self.status,
            key=self.marks[int(batch_id[2:])],
            output_file=None,
            error=error,
        )

    def cancel_batch(self, batch_id):
        self.cancelled.append(batch_id)
        self.status = "completed"


@pytest.fixture
def send(tmp_path):
    climb = climb_of("http://127.0.0.1:9/v1", tmp_path / "climb")

    def sent(provider):
        with Ledger(ledger_of(climb.brief)) as ledger, desk(climb) as at:
            post = Post(
                climb=climb,
                model="m",
                client=provider,
                ledger=ledger,
                desk=at.desk(climb, "m"),
                clock=Clock(sleep=lambda _: None),
            )
            try:
                return asked(post, REQUESTS)
            finally:
                ledger.release(post.owner)

    return sent


def test_one_that_failed_is_sent_anew_by_the_next_run(send):
    """It was not answered nor billed: run again must not mean the same failure."""
    provider = Provider("failed")
    with pytest.raises(CallFailed, match="too many tokens"):
        send(provider)
    provider.status = "completed"
    send(provider)

    assert 2 == len(set(provider.marks)) == len(provider.marks)
    assert f"{provider.marks[0]}-1" == provider.marks[1]


def test_one_that_is_never_seen_is_sent_three_times_at_most(send):
    """Each may have been accepted, and then each is billed."""
    provider = Provider(deaf=True, hides=True)
    for _ in range(3):
        with pytest.raises(CallFailed, match="no answer"):
            send(provider)
    with pytest.raises(JobUnresolved, match="3 times"):
        send(provider)

    assert 3 == len(provider.marks)


def test_the_older_of_twins_is_adopted_and_the_other_cancelled(send):
    """Both were accepted, both would be billed."""
    provider = Provider("in_progress", deaf=True, hides=True)
    for _ in range(2):
        with pytest.raises(CallFailed):
            send(provider)
    provider.deaf = provider.hides = False
    send(provider)

    assert ["b-1"] == provider.cancelled
    assert 2 == len(provider.marks)
