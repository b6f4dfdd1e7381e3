"""
One way of asking an endpoint n questions: ``_engine_clients.py NAME PORT N C``.

A process of its own, which prints one JSON object.  Imports of the ways that need
only an endpoint stand in them: their start-up is part of what is measured.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PAD = "word " * 360
Ask = Callable[[int, int], int]
"""Asks so many questions, from a number on; returns how many it asked."""


def _messages(i: int) -> list[dict[str, str]]:
    return [
        {"role": "system", "content": "Repeat " * 20},
        {"role": "user", "content": f"{_PAD} question {i}"},
    ]


def _suffice(url: str, n_max: int, concurrency: int) -> Ask:
    """The full path: store, retries, prices, budget, scores, statistics."""
    from datetime import date

    from suffice.candidates import Candidate
    from suffice.economics.prices import Price
    from suffice.examples import Example
    from suffice.measuring.budget import Budget
    from suffice.measuring.calls import Desk
    from suffice.measuring.measure import measure
    from suffice.measuring.models import OpenAIModel
    from suffice.measuring.responses import ResponseStore
    from suffice.measuring.scorers import scorer
    from suffice.statistics.acceptance import Design

    price = Price(
        model="m",
        provider="stub",
        from_date=date(2026, 1, 1),
        input_usd_per_mtok=0.1,
        output_usd_per_mtok=0.4,
    )
    candidate = Candidate(
        rung="zero-shot", name="zero-shot", model="m", system="Repeat " * 20
    )

    def ask(first: int, n: int) -> int:
        # As good as the bar is, and no giving up: nothing is settled before the end.
        design = Design(bar=0.8, margin=0.0, alpha=0.2, n_max=n, futility=0.0)
        shown = tuple(
            Example(id=str(i), messages=(_messages(i)[1],), answer=f"question {i}")
            for i in range(first, first + n)
        )
        with (
            tempfile.TemporaryDirectory() as folder,
            ResponseStore(Path(folder) / "responses.db", account="climb") as store,
        ):
            measured, _ = measure(
                candidate,
                shown,
                desk=Desk(
                    model=OpenAIModel(url, "k", 60, concurrency),
                    scorer=scorer("exact"),
                    endpoint_name="stub",
                    price=price,
                    store=store,
                    budget=Budget(100.0, others=lambda: store.others_usd),
                    concurrency=concurrency,
                ),
                design=design,
            )
        assert n < 100 or measured.n > 0.8 * n, "it was settled too early to compare"
        return measured.n_calls

    return ask


def _gather(url: str, n_max: int, concurrency: int) -> Ask:
    """Plain ``AsyncOpenAI`` under a semaphore; stores and decides nothing."""
    import asyncio

    from openai import AsyncOpenAI

    async def all_of(first: int, n: int) -> int:
        places = asyncio.Semaphore(concurrency)
        async with AsyncOpenAI(base_url=url, api_key="k", max_retries=0) as client:

            async def one(i: int) -> Any:
                async with places:
                    return await client.chat.completions.create(
                        model="m", messages=_messages(i), temperature=0, max_tokens=64
                    )

            return len(await asyncio.gather(*map(one, range(first, first + n))))

    return lambda first, n: asyncio.run(all_of(first, n))


def _threads(url: str, n_max: int, concurrency: int) -> Ask:
    """``OpenAI`` in a pool of threads."""
    from concurrent.futures import ThreadPoolExecutor

    from openai import OpenAI

    client = OpenAI(base_url=url, api_key="k", max_retries=0)

    def one(i: int) -> Any:
        return client.chat.completions.create(
            model="m", messages=_messages(i), temperature=0, max_tokens=64
        )

    def ask(first: int, n: int) -> int:
        with ThreadPoolExecutor(concurrency) as pool:
            return len(list(pool.map(one, range(first, first + n))))

    return ask


def _loop(url: str, n_max: int, concurrency: int) -> Ask:
    """One call after another, as the article does it, whatever the concurrency."""
    from openai import OpenAI

    client = OpenAI(base_url=url, api_key="k", max_retries=0)

    def ask(first: int, n: int) -> int:
        for i in range(first, first + n):
            client.chat.completions.create(
                model="m", messages=_messages(i), temperature=0, max_tokens=64
            )
        return n

    return ask


def _inspect(url: str, n_max: int, concurrency: int) -> Ask:
    """inspect_ai with its terminal display and per-sample logs off."""
    import os

    os.environ["OPENAI_API_KEY"] = "k"
    from inspect_ai import Task, eval
    from inspect_ai.dataset import Sample
    from inspect_ai.model import get_model
    from inspect_ai.scorer import exact

    def ask(first: int, n: int) -> int:
        rows = [
            Sample(input=_messages(i)[1]["content"], target=f"question {i}")
            for i in range(first, first + n)
        ]
        model = get_model("openai/m", base_url=url, responses_api=False)
        with tempfile.TemporaryDirectory() as folder:
            [log] = eval(
                Task(dataset=rows, scorer=exact()),
                model=model,
                display="none",
                log_dir=folder,
                log_realtime=False,
                max_connections=concurrency,
                max_samples=concurrency,
            )
            assert log.status == "success", log.error
            return len(log.samples or ())

    return ask


def _deepeval(url: str, n_max: int, concurrency: int) -> Ask:
    """Plain ``AsyncOpenAI`` gather, then deepeval's exact match on the answers."""
    import os

    os.environ |= {"DEEPEVAL_TELEMETRY_OPT_OUT": "YES", "DEEPEVAL_DISABLE_DOTENV": "1"}
    from deepeval import evaluate
    from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig
    from deepeval.metrics import ExactMatchMetric
    from deepeval.test_case import LLMTestCase

    gather = _gather(url, n_max, concurrency)

    def ask(first: int, n: int) -> int:
        gather(first, n)
        cases = [
            LLMTestCase(input=str(i), actual_output="no", expected_output=str(i))
            for i in range(first, first + n)
        ]
        found = evaluate(
            cases,
            [ExactMatchMetric()],
            async_config=AsyncConfig(run_async=False),
            cache_config=CacheConfig(write_cache=False),
            display_config=DisplayConfig(show_indicator=False, print_results=False),
        )
        return len(found.test_results)

    return ask


def _mlflow(url: str, n_max: int, concurrency: int) -> Ask:
    """``mlflow.genai.evaluate`` on SQLite; ten workers are its default."""
    import os

    folder = tempfile.mkdtemp()
    os.environ |= {"MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"}
    os.environ |= {"MLFLOW_GENAI_EVAL_MAX_WORKERS": str(min(10, concurrency))}
    import mlflow
    from mlflow.genai.scorers import scorer
    from openai import OpenAI

    client = OpenAI(base_url=url, api_key="k", max_retries=0)

    @scorer
    def exact(outputs: str, expectations: dict[str, str]) -> bool:
        return outputs == expectations["answer"]

    def predict(i: int) -> str:
        reply = client.chat.completions.create(
            model="m", messages=_messages(i), temperature=0, max_tokens=64
        )
        return reply.choices[0].message.content or ""

    def ask(first: int, n: int) -> int:
        rows = [
            {"inputs": {"i": i}, "expectations": {"answer": f"question {i}"}}
            for i in range(first, first + n)
        ]
        mlflow.genai.evaluate(data=rows, predict_fn=predict, scorers=[exact])
        return n

    return ask


WAYS: dict[str, Callable[[str, int, int], Ask]] = {
    "suffice": _suffice,
    "gather": _gather,
    "threads": _threads,
    "loop": _loop,
    "inspect_ai": _inspect,
    "deepeval": _deepeval,
    "mlflow": _mlflow,
}


def _main(name: str, port: str, n: int, concurrency: int) -> None:
    ask = WAYS[name](f"http://127.0.0.1:{port}/v1", n, concurrency)
    ask(10**6, 1)
    begun_cpu_s, begun = time.process_time(), time.perf_counter()
    n_done = ask(0, n)
    wall_s = time.perf_counter() - begun
    found = {
        "start_cpu_s": begun_cpu_s,
        "cpu_ms": 1000 * (time.process_time() - begun_cpu_s) / n_done,
        "wall_s": wall_s,
        "n": n_done,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
