"""Whatever is killed, a job ends: trained, cancelled, or failed with a reason."""

import os
import signal

from local_training_kit import PAIRS, training_file, wait_for

LONG = {"n_epochs": 6, "batch_size": 2}


def first_epoch_is_safe(server, job):
    return wait_for(
        lambda: server.client.fine_tuning.jobs.checkpoints.list(job.id).data
    )


def test_killed_trainer_and_killed_server_lose_no_epoch(own_server):
    """A machine that goes down in the night must not cost the training twice."""
    job = own_server.submit(hyperparameters=LONG)
    first_epoch_is_safe(own_server, job)
    killed = own_server.kill_trainer()
    wait_for(lambda: own_server.trainer() not in (None, killed))
    own_server.kill()
    own_server.kill_trainer()
    own_server.start()
    done = own_server.wait(job)
    listed = own_server.client.fine_tuning.jobs.checkpoints.list(job.id).data

    assert done.status == "succeeded"
    assert [c.step_number for c in listed] == [36, 30, 24, 18, 12, 6]
    epochs = own_server.epochs(job)
    assert 36 == epochs[-1]
    assert epochs == sorted(set(epochs)), "an epoch was trained twice"


def test_a_trainer_that_outlives_its_server_is_adopted(own_server):
    """Two trainers on one job would spend twice and overwrite each other."""
    job = own_server.submit(hyperparameters={**LONG, "n_epochs": 50})
    first_epoch_is_safe(own_server, job)
    orphan = own_server.trainer()
    own_server.kill()
    own_server.start()
    steps = len(own_server.steps(job))
    wait_for(lambda: len(own_server.steps(job)) > steps)

    assert orphan == own_server.trainer()
    assert own_server.client.fine_tuning.jobs.cancel(job.id).status == "cancelled"
    wait_for(lambda: own_server.trainer() is None)


def test_a_trainer_that_always_dies_fails_the_job_with_a_reason(own_server):
    """A job must not be tried for ever, nor hang."""
    job = own_server.submit(training_file(PAIRS))
    for _ in range(3):
        pid = wait_for(own_server.trainer)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda pid=pid: own_server.trainer() != pid)
    failed = own_server.wait(job)

    assert (failed.status, failed.error.code) == ("failed", "training_died")
    assert "died 3 times" in failed.error.message
