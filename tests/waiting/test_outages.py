"""A paid job is never given up because nobody could see it: 600 stories, no sleep."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from scripted_provider import DAY, HOUR, Script, ScriptedProvider, Spell, VirtualTime
from scripted_provider import script as story_of

from suffice.errors import JobUnresolved, SufficeError, TrainingFailed
from suffice.tuning.following import Patience, wait, wait_a_while
from suffice.tuning.patience import MOST_LOOKS_A_DAY

N = 600
PATIENT = Patience(deadline_s=30 * DAY)


def follow(
    story: Script, ledger: EmptyLedger, patience: Patience = PATIENT
) -> tuple[str, ScriptedProvider]:
    """How following ends: the model's name, or the class of the error."""
    time = VirtualTime(jumps=list(story.jumps))
    provider = ScriptedProvider(story, time)
    try:
        model = wait(
            "job-1",
            client=provider,
            ledger=ledger,
            patience=patience,
            clock=time.clock,
        )
    except SufficeError as error:
        return type(error).__name__, provider
    return model.model, provider


def naive(story: Script, ledger: EmptyLedger) -> tuple[str, ScriptedProvider]:
    """What common tools do: any error, and any unknown status, is the job's end."""
    del ledger
    time = VirtualTime(jumps=list(story.jumps))
    provider = ScriptedProvider(story, time)
    begun = time.now()
    while time.now() - begun < 30 * DAY:
        try:
            state = provider.job("job-1")
        except SufficeError:
            return "TrainingFailed", provider
        if state.status == "succeeded":
            return str(state.fine_tuned_model), provider
        if state.status != "running":
            return "TrainingFailed", provider
        time.sleep(120.0)
    return "JobUnresolved", provider


def wrongly_ended(
    how: Callable[[Script, EmptyLedger], tuple[str, ScriptedProvider]],
    ledger: EmptyLedger,
) -> list[int]:
    """Numbers of the stories whose end was told wrongly."""
    wrong = []
    for seed in range(N):
        story = story_of(seed)
        truth = "ft:done" if story.last_word == "succeeded" else "TrainingFailed"
        told, provider = how(story, ledger)
        early = provider.time.at < story.ends_at
        if told != truth or early:
            wrong.append(seed)
    return wrong


class EmptyLedger:
    """Knows of no job: 100,000 looks would otherwise read a file as often."""

    def rows(self, **_):
        return ()


@pytest.fixture
def ledger():
    return EmptyLedger()


def test_no_outage_rotation_or_clock_ends_a_job(ledger):
    """Promise P6: outages of 1 s to 48 h, 401, 404, odd statuses, jumping clocks."""
    wrong = wrongly_ended(follow, ledger)
    sys.stdout.write(f"scenarios tried: {N}, wrongly ended: {len(wrong)}\n")

    assert [] == wrong


def test_the_stories_would_catch_a_naive_follower(ledger):
    """A test that a careless tool passes as well would prove nothing."""
    assert len(wrongly_ended(naive, ledger)) > N / 3


def test_a_day_of_outage_costs_a_bounded_number_of_requests(ledger):
    """A provider that is down needs no help in staying down."""
    down = Spell(mood="down", begin=0.0, end=2 * DAY)
    story = Script(ends_at=HOUR, last_word="succeeded", spells=(down,))
    provider = follow(story, ledger)[1]
    first = sum(at < DAY for at in provider.asked_at)
    second = sum(DAY <= at < 2 * DAY for at in provider.asked_at)
    sys.stdout.write(
        f"requests on the first and second day of an outage: {first}, {second}\n"
    )

    assert max(first, second) <= 400


def test_a_day_of_training_costs_a_bounded_number_of_looks(ledger):
    """Two requests a look: the job and its events."""
    story = Script(ends_at=1 * DAY, last_word="succeeded")
    provider = follow(story, ledger)[1]
    sys.stdout.write(f"requests in a day of training: {len(provider.asked_at)}\n")

    assert len(provider.asked_at) <= 2 * MOST_LOOKS_A_DAY


@pytest.mark.parametrize("estimates", [True, False])
def test_silence_is_told_as_stalled_and_is_no_failure(estimates, ledger):
    """A hung job and a failed one differ by the price of a second job."""
    time = VirtualTime()
    hung = Spell(mood="paused", begin=0.0, end=20 * HOUR)
    story = Script(
        ends_at=4 * HOUR,
        last_word="succeeded",
        spells=(hung, Spell(mood="events-down", begin=0.0, end=0.0)),
        estimates=estimates,
    )
    silent = SilentProvider(story, time)
    told = []
    tuned = wait(
        "job-1",
        client=silent,
        ledger=ledger,
        patience=PATIENT,
        tell=told.append,
        clock=time.clock,
    )
    stalled = [p for p in told if p.status == "stalled"]

    assert "ft:done" == tuned.model
    assert 1 == len(stalled)
    assert "still following" in stalled[0].sentence


class SilentProvider(ScriptedProvider):
    """Says nothing about steps."""

    def events(self, job_id, after=None):
        del job_id, after
        return ()


def test_an_outage_is_no_silence_of_the_job(ledger):
    """Nobody knows whether it made progress while the provider was down."""
    time = VirtualTime()
    down = Spell(mood="down", begin=1000.0, end=40 * HOUR)
    story = Script(ends_at=2 * HOUR, last_word="succeeded", spells=(down,))
    told = []
    wait(
        "job-1",
        client=SilentProvider(story, time),
        ledger=ledger,
        patience=PATIENT,
        tell=told.append,
        clock=time.clock,
    )

    assert "stalled" not in {p.status for p in told}


def test_a_deadline_ends_the_wait_and_not_the_job(ledger):
    """What waited before counts, so that many short waits end as one long one."""
    story = Script(ends_at=10 * HOUR, last_word="succeeded")
    patience = Patience(deadline_s=5 * HOUR, waited_s=4.5 * HOUR)
    told, provider = follow(story, ledger, patience)

    assert JobUnresolved.__name__ == told
    assert 0.5 * HOUR <= provider.time.at < 0.6 * HOUR


def test_a_job_that_fails_is_told_as_failed(ledger):
    """Patience is for what is unknown."""
    story = Script(ends_at=HOUR, last_word="failed")

    assert TrainingFailed.__name__ == follow(story, ledger)[0]


@pytest.mark.parametrize(("estimates", "most_s"), [(True, 60.0), (False, 700.0)])
def test_a_worker_is_given_back(estimates, most_s, ledger):
    """At once where the estimate says so, else after the time it may be held."""
    time = VirtualTime()
    story = Script(ends_at=30 * DAY, last_word="succeeded", estimates=estimates)
    client = ScriptedProvider(story, time)
    time.jumps.append((0.0, 1_700_000_000 - 1.8e9))
    patience = Patience(hold_s=600.0, waited_s=50.0)
    still = wait_a_while(
        "job-1", client=client, ledger=ledger, patience=patience, clock=time.clock
    )

    assert time.at <= most_s
    assert time.at + 50.0 == pytest.approx(still.waited_s)
