"""
One batch: calls sent in a file, at a discount, where the brief allows waiting.

Sent once, whatever crashes: the intent is in the ledger before the call, a batch whose
answer was lost is found by its mark and adopted.  Answers go into the store.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from suffice.brief import Endpoint
from suffice.errors import (
    CallFailed,
    EnvironmentFailed,
    JobUnresolved,
    SpendingStopped,
    TrainingError,
)
from suffice.measuring.batched import Requests, read_batch, write_batch
from suffice.measuring.calls import Desk
from suffice.stages.batch_prices import (
    batched_usd,
    likely_usd,
    refuse_unknown_price,
)
from suffice.stages.climb import Climb
from suffice.stages.connect import connect_batches
from suffice.tuning.batch_client import BatchClient, BatchState
from suffice.tuning.job import Clock
from suffice.tuning.ledger import Entry, Intent, Ledger
from suffice.tuning.ledger_owner import new_owner

_ATTEMPTS = 3
"""Most times a batch is sent, each after looking for it in vain."""
_LEASE_S = 150.0
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 60.0
_PATIENCE_S = 5 * 3600.0
"""Less than a task may take; run again, it goes on waiting for the same batch."""


@dataclass(frozen=True, kw_only=True)
class Post:
    """Where batches for one model are sent, and on whose account."""

    climb: Climb
    model: str
    client: BatchClient
    ledger: Ledger
    desk: Desk
    clock: Clock = field(default_factory=Clock)
    owner: str = field(default_factory=new_owner)


@contextmanager
def post_office(
    climb: Climb, endpoint: Endpoint, model: str, *, ledger: Ledger, desk: Desk
) -> Iterator[Post]:
    """
    Opened for batches to *model* at *endpoint*; *desk* knows its price and the store.

    Raises `OverBudget` where the price is unknown.
    """
    refuse_unknown_price(climb, model, desk)
    models = climb.brief.models.model_copy(update={"endpoint": endpoint})
    client = connect_batches(climb.brief.model_copy(update={"models": models}))
    post = Post(climb=climb, model=model, client=client, ledger=ledger, desk=desk)
    try:
        yield post
    finally:
        ledger.release(post.owner)
        client.close()


def earlier(post: Post) -> list[float]:
    """From batches to this model that an earlier run sent and saw no end of."""
    pinned = json.dumps(_pinned(post), ensure_ascii=False)
    got: list[float] = []
    for entry in post.ledger.rows(kind="batch", climb_id=post.climb.id):
        if entry.state == "submitted" and entry.pinned == pinned:
            got += _collected(post, entry)
    return got


def asked(post: Post, requests: Requests) -> list[float]:
    """
    What each answer to *requests* cost; what fails is left to be asked singly.

    Raises `OverBudget` where the budget bears no more, `JobUnresolved` when it is late.
    """
    if not requests:
        return []
    content = write_batch(requests)
    key = hashlib.sha256(content).hexdigest()[:32]
    intent = Intent(
        kind="batch",
        provider=post.client.name,
        key=key,
        generation=_generation(post, key),
        pinned=_pinned(post),
        reserve_usd=sum(likely_usd(r, post.desk) or 0.0 for r in requests.values()),
        climb_id=post.climb.id,
    )
    cap_usd = post.desk.budget.left_for_books_usd if post.desk.budget else None
    post.ledger.intend(intent, cap_usd=cap_usd)
    told = f"a batch of {len(requests)} questions to {post.model}"
    post.climb.journal.write("stage", text=told)
    return _collected(post, _submitted(post, intent, cap_usd, content))


def _pinned(post: Post) -> dict[str, str]:
    """What its answers are priced by, also when another run collects them."""
    return {"model": post.model}


def _submitted(
    post: Post, intent: Intent, cap_usd: float | None, content: bytes
) -> Entry:
    """The entry once the provider has it: found, adopted, or sent now."""
    for pause_s in _pauses(post):
        # Again each time: whoever held it may have given it up.
        entry = post.ledger.intend(intent, cap_usd=cap_usd)
        held = post.ledger.claim(entry, owner=post.owner, lease_s=_LEASE_S)
        if held is not None and held.provider_id is None:
            held = _advance(post, held, content)
        if held is not None and held.provider_id is not None:
            return held
        post.clock.sleep(pause_s)
    raise JobUnresolved(
        f"It is not known whether {post.client.name} has taken a batch; run again."
    )


def _generation(post: Post, key: str) -> int:
    """One more where the newest has failed: it was not answered, nor paid for."""
    rows = post.ledger.rows(kind="batch", provider=post.client.name, key=key)
    if not rows:
        return 0
    return rows[-1].generation + (rows[-1].state == "failed")


def _mark(entry: Entry) -> str:
    """What the provider is told to call it."""
    return f"{entry.key}-{entry.generation}" if entry.generation else entry.key


def _advance(post: Post, held: Entry, content: bytes) -> Entry:
    """One step of an entry that is ours for now."""
    found = post.client.find_batches(_mark(held))
    if found:
        # Before it is written down: after that nobody looks for twins any more.
        for twin in found[1:]:
            if not twin.ended:
                post.client.cancel_batch(twin.id)
        return post.ledger.submitted(held, found[0].id, "adopted")
    unknown, now = held.unknown_since, post.ledger.now()
    if unknown is not None and now < unknown + post.client.settle_s:
        return held
    if held.attempts >= _ATTEMPTS:
        raise JobUnresolved(
            f"{post.client.name} was sent the batch {_mark(held)!r} {held.attempts} "
            "times and neither answered nor lists it: look at its own list of batches."
        )
    file_id = post.client.upload_requests(content)
    sending = post.ledger.begin(held, owner=post.owner, lease_s=_LEASE_S)
    if sending is None:
        return post.ledger.get(held)
    try:
        batch = post.client.create_batch(file_id, _mark(held))
    except (TrainingError, SpendingStopped) as error:
        post.ledger.refuse(sending, str(error))
        raise EnvironmentFailed(
            f"{post.client.name} takes no batch ({error}); set batch to false"
        ) from error
    except BaseException as error:
        post.ledger.doubt(sending, f"{type(error).__name__}: {error}")
        raise
    return post.ledger.submitted(sending, batch.id)


def _collected(post: Post, entry: Entry) -> list[float]:
    """Store what a batch has answered; what each answer that is new here cost."""
    batch = _ended(post, str(entry.provider_id))
    if batch.status == "failed":
        post.ledger.settle(entry, "failed", note=batch.error)
        raise CallFailed(
            f"{post.client.name} could not answer the batch {batch.id}: {batch.error}; "
            "set batch to false, or correct what it says and run again"
        )
    got: list[float] = []
    answers_usd = 0.0
    if batch.output_file is not None:
        content = post.client.content(batch.output_file)
        got = _stored(post.desk, content)
        answers_usd = sum(
            batched_usd(c, post.desk) or 0.0 for _, c in read_batch(content)
        )
    note = "its cost is booked with its answers"
    post.ledger.settle(entry, "succeeded", answers_usd=answers_usd, note=note)
    return got


def _ended(post: Post, batch_id: str) -> BatchState:
    for pause_s in _pauses(post):
        batch = post.client.batch(batch_id)
        if batch.ended:
            return batch
        post.clock.sleep(pause_s)
    raise JobUnresolved(
        f"The batch {batch_id} of {post.client.name} is {batch.status!r} after "
        f"{_PATIENCE_S / 3600:.0f} hours; run again to go on waiting for it."
    )


def _pauses(post: Post) -> Iterator[float]:
    until, pause_s = post.clock.monotonic() + _PATIENCE_S, _FIRST_PAUSE_S
    while post.clock.monotonic() < until:
        yield pause_s
        pause_s = min(_LONGEST_PAUSE_S, pause_s * 1.5)


def _stored(desk: Desk, content: bytes) -> list[float]:
    assert desk.store is not None
    answers = dict(read_batch(content))
    known = desk.store.get_many(answers) if answers else {}
    rows = [
        (key, replace(c, usd=batched_usd(c, desk)))
        for key, c in answers.items()
        if key not in known
    ]
    desk.store.put_many(rows)
    got = [c.usd or 0.0 for _, c in rows]
    if desk.budget is not None:
        desk.budget.book(sum(got))
    return got
