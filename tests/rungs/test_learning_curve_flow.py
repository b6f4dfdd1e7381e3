"""A whole climb with a learning curve, by the flow, on a real Prefect server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from rung_cases import PRICES, orders
from rung_endpoint import copies_the_nearest

from suffice.app import exits
from suffice.economics.verdict_io import to_markdown
from suffice.stages.climb import latest_verdict
from suffice.workspace import Workspace

ROOT = Path(__file__).parents[2]


def written(folder: Path, url: str) -> Path:
    """A brief whose model knows nothing, tuned or not, and its data."""
    for name, rows in (("train", orders(0, 80)), ("test", orders(2000, 40))):
        lines = [
            {
                "messages": [
                    *map(dict, e.messages),
                    {"role": "assistant", "content": e.answer},
                ]
            }
            for e in rows
        ]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text)
    prices = "".join(PRICES.format(model=model) for model in ("m", "ft:m"))
    (folder / "prices.toml").write_text(prices)
    content = {
        "name": "orders",
        "instructions": "Answer with the code of the thing.",
        "examples": str(folder / "train.jsonl"),
        "test_examples": str(folder / "test.jsonl"),
        "bar": 0.8,
        "rungs": ["zero-shot", "fine-tuned"],
        "models": {"base": ["m"], "tunable": "m", "endpoint": {"base_url": url}},
        "tuning": {"learning_curve": [0.25, 0.5], "poll_s": 0.05},
        "prices": str(folder / "prices.toml"),
        "output": str(folder / "out"),
    }
    path = folder / "brief.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_a_climb_draws_the_curve_that_its_brief_asks_for(
    serve: Any, tmp_path: Path, prefect_env: dict[str, str]
) -> None:
    """Three jobs, three points, and a sentence on what more examples would bring."""
    endpoint = serve(copies_the_nearest)
    done = subprocess.run(
        [sys.executable, "-m", "flows", "climb", str(written(tmp_path, endpoint.url))],
        cwd=ROOT,
        env={**prefect_env, "OPENAI_API_KEY": "none"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    # Nothing suffices: that is an answer, told by the exit code.
    assert exits.NOTHING_ACCEPTABLE == done.returncode, done.stderr[-3000:]

    verdict, folder = latest_verdict(Workspace(tmp_path / "out"), "orders")
    sizes = [p.n_train for p in verdict.learning_curve]
    assert 3 == len(endpoint.jobs)
    assert 3 == len(sizes)
    assert sorted(sizes) == sizes
    assert ["zero-shot", "fine-tuned"] == [m.rung for m in verdict.ladder]
    assert any("twice the examples" in reason for reason in verdict.reasons)
    assert f"| {sizes[0]} | " in to_markdown(verdict)
    assert f"{sizes[0]} examples</td>" in (folder / "report.html").read_text()
