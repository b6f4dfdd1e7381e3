"""Evaluates through a disturbed network: an item is scored, or said to be missing."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import Any

from chaos_proxy import ChaosProxy, Toxic
from engine_fakes import ZERO_SHOT, desk, examples
from loopback import Asked, Loopback, Reply
from network_cases import FAULTS, TOXICS
from rate_limits import chat_answer
from tally import MET, Tally

from suffice.errors import CallFailed, EnvironmentFailed, SpendingStopped
from suffice.journal import Journal
from suffice.measuring.measure import fill
from suffice.measuring.models import OpenAIModel
from suffice.measuring.sheet import MOST_MISSING, Sheet
from suffice.results import Completion, Measured, Outcome
from suffice.statistics.acceptance import Design

N = 40
"""Items of one evaluation."""
IN_FLIGHT = 8
_TIMEOUT_S = 0.3
_CHAT = re.compile(rb"POST /v1/chat/completions ")
MONEY = (
    "insufficient_quota",
    "credit_balance_exhausted",
    "billing_hard_limit_reached",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
)


@dataclass(frozen=True, kw_only=True)
class Disturbed:
    """So many requests meet the fault, in an order that the seed gives."""

    fault: str | Toxic
    n_met: int
    seed: int = 0

    def __str__(self) -> str:
        return f"{self.fault} at {self.n_met} requests (seed {self.seed})"


def all_disturbances() -> Iterator[Disturbed]:
    """Few, many, and nearly all requests disturbed."""
    for fault, n_met in product((*FAULTS, *TOXICS), (3, 30, 400)):
        # Who is turned away 400 times asks once a minute in the end: not waited for.
        if n_met < 400 or not str(fault).endswith(("429", "503")):
            yield Disturbed(fault=fault, n_met=n_met)


class Chat:
    """An endpoint that says what it was asked, and fails by a list."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        self.n_asked = 0
        self.server = Loopback(self.answer)

    async def answer(self, asked: Asked) -> Reply:
        self.n_asked += 1
        fault = self.faults.pop(0) if self.faults else "ok"
        question = json.loads(asked.body)["messages"][-1]["content"]
        body = json.dumps(chat_answer(question)).encode()
        if fault in ("drop", "reset", "hang", "cut"):
            return Reply(body=body, ending=fault)  # type: ignore[arg-type]
        if fault.startswith(("after-", "before-")):
            return _refusal(int(fault.partition("-")[2]), "oops")
        if fault != "ok":
            return _refusal(429, fault)
        return Reply(body=body)


def _refusal(status: int, code: str) -> Reply:
    error = {"error": {"message": "no", "code": code, "type": ""}}
    return Reply(status=status, body=json.dumps(error).encode())


Evaluated = tuple[Measured, tuple[Outcome, ...]]


def evaluated(url: str, kind: type[OpenAIModel] = OpenAIModel) -> Evaluated:
    """All items through the engine, looked at once at the end."""
    model = kind(url, "none", _TIMEOUT_S, IN_FLIGHT, deadline_s=8.0, first_wait_s=0.01)
    design = Design(bar=0.5, margin=0.03, alpha=0.01, n_max=N, look_every=N)
    sheet = Sheet(candidate=ZERO_SHOT, examples=examples(N), design=design)
    return asyncio.run(fill(sheet, desk(model, concurrency=IN_FLIGHT), Journal()))


class _Inventive(OpenAIModel):
    """The mutant: what was not answered is an empty answer, which is wrong."""

    async def complete(self, request: Mapping[str, Any]) -> Completion:
        try:
            return await super().complete(request)
        except CallFailed:
            return Completion(
                text="",
                model="m",
                finish_reason="stop",
                input_tokens=0,
                output_tokens=0,
                latency_s=0.0,
            )


class Stubborn(OpenAIModel):
    """The mutant: looks at the status only, and asks three times."""

    async def complete(self, request: Mapping[str, Any]) -> Completion:
        for _ in range(2):
            with suppress(SpendingStopped):
                return await super().complete(request)
        try:
            return await super().complete(request)
        except SpendingStopped as error:
            raise CallFailed(str(error)) from error


def scoring_faults(url: str) -> Evaluated:
    """The mutant that some tools are: no answer is a wrong one."""
    return evaluated(url, _Inventive)


def dropping_faults(url: str) -> Evaluated:
    """The mutant that others are: what failed is not spoken of."""
    measured, outcomes = evaluated(url)
    return measured, tuple(o for o in outcomes if o.score is not None)


def violations(
    case: Disturbed,
    tally: Tally,
    evaluate: Callable[[str], Evaluated] = evaluated,
) -> list[str]:
    toxic = case.fault if isinstance(case.fault, Toxic) else None
    chat = Chat([] if toxic else [str(case.fault)] * case.n_met)
    proxy = ChaosProxy(chat.server.port)
    if toxic:
        proxy.spoil(toxic, _CHAT, case.n_met)
    try:
        measured, outcomes = evaluate(proxy.url)
    except EnvironmentFailed as error:
        # Nothing was answered: no measurement, and so no verdict, comes of it.
        tally.by_name["outages told"] += 1
        return [] if "Not one of" in str(error) else [f"it ended: {error}"]
    finally:
        proxy.close()
        chat.server.close()
    scored = [o for o in outcomes if o.score is not None]
    missing = [o for o in outcomes if o.score is None]
    tally.by_name["items scored"] += len(scored)
    tally.by_name["items missing, with a reason"] += len(missing)
    found = []
    # Once too many are missing, going on can prove nothing: the rest is not asked.
    given_up = len(missing) > MOST_MISSING * N
    if len(outcomes) != N and not given_up:
        found.append(f"{len(outcomes)} of {N} items accounted for")
    if any(o.score != 1.0 for o in scored):
        found.append("a disturbed answer was scored as a wrong one")
    if not all(o.reason for o in missing):
        found.append("an item is missing without a reason")
    if given_up and measured.ruling == "passed":
        found.append("it passed with too many missing")
    if measured.n != len(scored):
        found.append(f"{measured.n} counted, {len(scored)} scored")
    return found


def run_disturbances(
    n: int, *, seed: int, tell: Callable[[Tally], None] = lambda _: None
) -> Tally:
    """*n* evaluations, each through another disturbance."""
    cases, tally = list(all_disturbances()), Tally()
    random.Random(seed).shuffle(cases)
    for case in cases[:n]:
        tally.tried += 1
        tally.by_name[MET] += 1
        tally.found += [(str(case), v) for v in violations(case, tally)]
        tell(tally)
    return tally


def asked_after_money_is_gone(
    code: str, n_before: int, kind: type[OpenAIModel] = OpenAIModel
) -> tuple[int, bool]:
    """Requests that reach the endpoint once it has said *code*; whether it ended."""
    chat, stopped = Chat(["ok"] * n_before + [code] * 1000), False
    try:
        evaluated(chat.server.url, kind)
    except SpendingStopped:
        stopped = True
    finally:
        chat.server.close()
    return chat.n_asked - n_before, stopped
