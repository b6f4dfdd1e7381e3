"""A climb at an endpoint that leaks, with secrets wherever it could meet them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from canary_forms import planted
from slow_endpoint import SlowEndpoint, brief_at

ROOT = Path(__file__).parents[2]
ERRORS = ("chat error", "chat refusal", "event", "job error")
VARIABLES = {
    "OpenAI sk-": "CANARY_API_KEY",
    "OpenAI sk-proj-": "OPENAI_API_KEY",
    "AWS access key": "AWS_ACCESS_KEY_ID",
    "AWS secret": "AWS_SECRET_ACCESS_KEY",
    "bearer": "UPSTREAM_AUTH",
    "password in a URL": "DATABASE_URL",
    "PEM": "TLS_PRIVATE_KEY",
    "GitHub": "GITHUB_TOKEN",
    "Slack": "SLACK_TOKEN",
    "JWT": "SESSION_TOKEN",
    "Azure storage": "AZURE_STORAGE_CONNECTION_STRING",
    "Azure api-key": "AZURE_OPENAI_API_KEY",
    "basic auth": "REGISTRY_AUTH",
    "prose": "DB_PASSWORD",
}


@dataclass(frozen=True, kw_only=True)
class CanaryClimb:
    """How it is run, where it writes, and what it keeps of what it says."""

    folder: Path
    words: list[str]
    env: Mapping[str, str]

    def say(self, said: str) -> None:
        """Keep what was said where it is searched, too."""
        with (self.folder / "screen.log").open("a", encoding="utf-8") as screen:
            screen.write(said)


def canaries_of_errors() -> dict[str, list[Any]]:
    """What a leaking endpoint is to repeat, by where."""
    return {place: list(planted(place).values()) for place in ERRORS}


def canary_climb(
    endpoint: SlowEndpoint, folder: Path, env: Mapping[str, str]
) -> CanaryClimb:
    """The climb in *folder*, at DEBUG; *env* is what its Prefect server needs."""
    weighed = [{"check": "secrets", "severity": "warning", "reason": "the canary test"}]
    brief = brief_at(endpoint, folder, severities=weighed, tuning={"poll_s": 0.1})
    content = yaml.safe_load(brief.read_text())
    content["models"]["endpoint"] |= {"api_key_env": "CANARY_API_KEY", "concurrency": 2}
    brief.write_text(yaml.safe_dump(content))
    _plant_in_data(folder)
    secrets = planted("environment")
    around = {name: secrets[form].text for form, name in VARIABLES.items()}
    loud = {"PREFECT_LOGGING_LEVEL": "DEBUG", "OPENAI_LOG": "debug"}
    return CanaryClimb(
        folder=folder,
        words=[sys.executable, "-m", "flows", "climb", str(brief)],
        # Where "flows" is found, wherever it is started.
        env={**env, **loud, **around, "PYTHONPATH": str(ROOT)},
    )


def _plant_in_data(folder: Path) -> None:
    """One form in each of the first training examples' questions."""
    path = folder / "train.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row, canary in zip(rows, planted("data").values(), strict=False):
        row["messages"][0]["content"] += f" By the way: {canary.text}"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
