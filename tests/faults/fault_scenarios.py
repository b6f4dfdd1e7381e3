"""The acts that spend, from every point from which they are begun."""

from __future__ import annotations

from fault_acts import spec_of
from fault_server import Fault
from fault_shim import KILL_AFTER, RECEIVE
from fault_worlds import Scenario, World

from suffice.tuning.client import TuningClient


def _marks(world: World, generation: int = 0) -> dict[str, str]:
    client = TuningClient(world.api.url, "none")
    key = spec_of(client.name).key
    return {"suffice_key": key, "suffice_generation": str(generation)}


def _uploaded(world: World) -> None:
    world.forget()
    assert not world.run("submit", base="small").error


def _answer_lost(world: World) -> None:
    world.forget()
    world.api.faults["POST jobs"] = ["drop"]


def _request_lost(world: World) -> None:
    world.forget()
    world.api.faults["POST jobs"] = ["before-503"]


def _killed_in_the_call(world: World) -> None:
    """By the last answer it waits for, which is that of the paid call."""
    world.forget()
    kinds = world.server.kinds("submit", url=world.api.url, ledger=str(world.ledger))
    world.forget()
    last = kinds.count(RECEIVE)
    end = world.run("submit", Fault(mode=KILL_AFTER, at=last, kinds=RECEIVE))
    assert (end.killed, 1) == (True, len(world.api.jobs))


def _elsewhere(world: World) -> None:
    """Another machine has submitted it, and its ledger is not here."""
    world.forget()
    world.api.add_job(metadata=_marks(world), status="running", model="tiny")


def _twins(world: World) -> None:
    _elsewhere(world)
    world.api.add_job(metadata=_marks(world), status="running", model="tiny")


def _failed(world: World) -> None:
    world.forget()
    assert not world.run("submit").error
    world.api.jobs["ftjob-1"]["status"] = "failed"
    assert "TrainingFailed" == world.run("follow", job_id="ftjob-1").error


def _submitted(world: World) -> None:
    world.forget()
    assert not world.run("submit").error


def _succeeded(world: World) -> None:
    _submitted(world)
    world.api.jobs["ftjob-1"] |= {"status": "succeeded", "fine_tuned_model": "ft:tiny"}


SCENARIOS = (
    Scenario(name="submit"),
    Scenario(name="submit two files", args={"two": True}),
    Scenario(
        name="submit, file known",
        prepare=_uploaded,
        n_jobs=2,
        n_running=2,
        n_in_ledger=2,
    ),
    Scenario(name="submit, answer lost", prepare=_answer_lost),
    Scenario(
        name="submit, request lost", args={"settle_s": 2.0}, prepare=_request_lost
    ),
    Scenario(name="resume, killed in the call", prepare=_killed_in_the_call),
    Scenario(name="resume, job submitted", prepare=_submitted),
    Scenario(name="adopt from another machine", prepare=_elsewhere),
    Scenario(name="adopt one of twins", prepare=_twins, n_jobs=2),
    Scenario(
        name="submit again after a failure",
        args={"again": True},
        prepare=_failed,
        n_jobs=2,
        n_in_ledger=2,
    ),
    Scenario(
        name="follow to the model",
        act="follow",
        args={"job_id": "ftjob-1"},
        prepare=_succeeded,
    ),
)

CARELESS = Scenario(name="the mutant", act="submit carelessly")
