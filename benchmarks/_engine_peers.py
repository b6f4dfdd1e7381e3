"""The same questions asked by other tools, each imported only when it is run."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks._engine_ways import Ask, gather, messages


def _inspect(url: str, n_max: int, concurrency: int) -> Ask:
    """inspect_ai with its terminal display and per-sample logs off."""
    os.environ["OPENAI_API_KEY"] = "k"
    from inspect_ai import Task, eval
    from inspect_ai.dataset import Sample
    from inspect_ai.model import get_model
    from inspect_ai.scorer import exact

    def ask(first: int, n: int) -> int:
        rows = [
            Sample(input=messages(i)[1]["content"], target=f"question {i}")
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
    os.environ |= {"DEEPEVAL_TELEMETRY_OPT_OUT": "YES", "DEEPEVAL_DISABLE_DOTENV": "1"}
    from deepeval import evaluate
    from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig
    from deepeval.metrics import ExactMatchMetric
    from deepeval.test_case import LLMTestCase

    called = gather(url, n_max, concurrency)

    def ask(first: int, n: int) -> int:
        called(first, n)
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
            model="m", messages=messages(i), temperature=0, max_tokens=64
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


def _lm_eval(url: str, n_max: int, concurrency: int) -> Ask:
    """lm-eval's local-chat-completions on a task of its own, exact match."""
    os.environ |= {"OPENAI_API_KEY": "k", "HF_HUB_OFFLINE": "1"}
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    folder = Path(tempfile.mkdtemp())

    def ask(first: int, n: int) -> int:
        path = folder / f"{first}.jsonl"
        rows = [
            {"question": messages(i)[1]["content"], "answer": f"question {i}"}
            for i in range(first, first + n)
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        task = {
            "task": f"questions_{first}",
            "dataset_path": "json",
            "dataset_kwargs": {
                "data_files": {"test": str(path)},
                "cache_dir": str(folder),
            },
            "test_split": "test",
            "output_type": "generate_until",
            "doc_to_text": "{{question}}",
            "doc_to_target": "{{answer}}",
            "generation_kwargs": {"until": ["\n\n"], "max_gen_toks": 64},
            "metric_list": [{"metric": "exact_match"}],
        }
        found = simple_evaluate(
            model="local-chat-completions",
            model_args={
                "model": "m",
                "base_url": f"{url}/chat/completions",
                "num_concurrent": concurrency,
                "tokenized_requests": False,
            },
            tasks=[task],
            apply_chat_template=True,
            bootstrap_iters=0,
            log_samples=False,
            task_manager=TaskManager(include_defaults=False),
        )
        return int(found["results"][task["task"]]["sample_len"])

    return ask


def _promptfoo(url: str, n_max: int, concurrency: int) -> Ask:
    """promptfoo's command on Node, from ``PROMPTFOO_AT``; a process for each ask."""
    modules = Path(os.environ["PROMPTFOO_AT"]) / "node_modules"
    folder = Path(tempfile.mkdtemp())
    quiet = {"PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1"}
    environment = {**os.environ, **quiet, "PROMPTFOO_CONFIG_DIR": str(folder)}
    command = [
        str(modules / "node" / "bin" / "node"),
        str(modules / "promptfoo" / "dist" / "src" / "entrypoint.js"),
        *("eval", "--no-cache", "--no-table", "--no-progress-bar"),
        *("-j", str(concurrency)),
    ]

    def ask(first: int, n: int) -> int:
        settings = {"apiBaseUrl": url, "apiKey": "k", "temperature": 0}
        tests = [
            {
                "vars": {"question": messages(i)[1]["content"]},
                "assert": [{"type": "equals", "value": f"question {i}"}],
            }
            for i in range(first, first + n)
        ]
        config = {
            "prompts": ["{{question}}"],
            "providers": [{"id": "openai:chat:m", "config": settings}],
            "tests": tests,
        }
        asked, told = folder / f"{first}.json", folder / f"out{first}.json"
        asked.write_text(json.dumps(config))
        files = ["-c", str(asked), "-o", str(told)]
        # Exit code 100 says that some answers were wrong, as every fifth is.
        subprocess.run(command + files, capture_output=True, env=environment)
        stats = json.loads(told.read_text())["results"]["stats"]
        assert not stats["errors"], stats
        return int(stats["successes"]) + int(stats["failures"])

    return ask


PEERS: dict[str, Callable[[str, int, int], Ask]] = {
    "inspect_ai": _inspect,
    "deepeval": _deepeval,
    "lm_eval": _lm_eval,
    "promptfoo": _promptfoo,
    "mlflow": _mlflow,
}
