"""Every backend keeps the one contract: the real embedded server, and five others."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from places import chats

from suffice.errors import TrainingUnavailable
from suffice.tuning.following import wait
from suffice.tuning.ledger import Ledger
from suffice.tuning.uploads import upload


def test_it_says_that_the_key_is_good_and_the_base_can_be_tuned(anywhere):
    """Whoever asks before spending must get a yes where there is one."""
    told = anywhere.backend.told(anywhere.base)

    assert told.key_accepted
    assert told.may_train is not False


def test_it_says_that_a_base_it_does_not_have_cannot_be_tuned(anywhere):
    """A mistyped base is a sentence now, not a failed job tomorrow."""
    told = anywhere.backend.told("accounts/fireworks/models/no-such-base")

    assert (True, False) == (told.key_accepted, told.may_train)
    assert told.why


def test_a_job_runs_from_submission_to_a_model(anywhere):
    """The way every fine-tune goes; what it took is in the ledger."""
    job_id = anywhere.submit()
    anywhere.api.finish(job_id)
    tuned = wait(
        job_id,
        client=anywhere.backend,
        ledger=anywhere.ledger,
        clock=anywhere.time.clock,
    )
    (entry,) = anywhere.ledger.rows(kind="job")

    assert (anywhere.base, job_id) == (tuned.base, tuned.job_id)
    assert tuned.model.startswith(("ft:", "gpt-", "ftjob-", "acme/", "accounts/acme/"))
    assert tuned.trained_tokens
    assert ("succeeded", job_id) == (entry.state, entry.provider_id)


def test_submitted_twice_it_is_one_job(anywhere):
    """The second climb of an evening must not train again."""
    first = anywhere.submit()

    assert first == anywhere.submit()
    assert 1 == len(anywhere.backend.find_jobs(anywhere.spec))


def test_another_machine_finds_the_job_at_the_provider_alone(anywhere, tmp_path):
    """A ledger may be lost; the job that was paid for must not be."""
    first = anywhere.submit()
    with Ledger(tmp_path / "other.db") as other:
        again = anywhere.on_another_machine(other).submit()

    assert first == again


def test_a_job_of_another_seed_or_data_is_another_job(anywhere):
    """Found again must never mean mistaken for."""
    anywhere.submit()

    assert () == anywhere.backend.find_jobs(replace(anywhere.spec, seed=8))


def test_a_cancelled_job_ends_as_cancelled(anywhere):
    """Whoever stops paying must see that it stopped."""
    spec = replace(anywhere.spec, seed=9)
    job_id = anywhere.submit(spec)

    assert anywhere.backend.cancel(job_id).status in ("cancelled", "running")


def test_after_it_was_cancelled_it_can_be_asked_for_again(anywhere):
    """A generation of its own, so that the two are never mixed up."""
    spec = replace(anywhere.spec, seed=10)
    first = anywhere.submit(spec)
    anywhere.backend.cancel(first)
    anywhere.ledger.settle(anywhere.ledger.rows(kind="job")[-1], "cancelled")
    again = anywhere.submit(spec, again=True)
    anywhere.backend.cancel(again)

    assert first != again


def test_a_file_is_uploaded_once(anywhere, tmp_path):
    """Uploading 400 MB for each of four rungs would take an afternoon."""
    send = partial(upload, chats(3), client=anywhere.backend, clock=anywhere.time.clock)
    first = send(ledger=anywhere.ledger)
    with Ledger(tmp_path / "other.db") as other:
        again = send(ledger=other)

    assert first == again == send(ledger=anywhere.ledger)
    assert first in [file["id"] for file in anywhere.backend.files()]


def test_checkpoints_and_events_can_be_asked_for(anywhere):
    """Curves and the best checkpoint are read the same way everywhere."""
    job_id = anywhere.submit()
    anywhere.api.finish(job_id)
    steps = [kept.step for kept in anywhere.backend.checkpoints(job_id)]
    events = anywhere.backend.events(job_id)

    assert sorted(steps, reverse=True) == steps
    if events:
        assert () == anywhere.backend.events(job_id, after=events[-1].id)


def test_a_method_it_does_not_have_is_refused_before_anything_is_created(place):
    """Sent all the same, it might train something else, and be paid for."""
    spec = replace(place.spec, method="dpo-of-my-own")

    with pytest.raises(TrainingUnavailable, match=r"tuning\.method"):
        place.submit(spec)

    assert 0 == place.api.n_sent("POST jobs")


def test_the_key_is_in_no_name(anywhere):
    """What is shown, logged and stored must not hold it."""
    shown = f"{anywhere.backend!r} {anywhere.backend.name}"

    assert "sk-test" not in shown
