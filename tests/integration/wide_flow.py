"""One rung of a small climb, as a flow on whatever runner is configured."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from prefect import flow

from suffice.brief import Brief
from suffice.examples import Example, Split
from suffice.stages.climb import open_climb
from tasks import wide
from tasks.runners import task_runner


def examples(n: int) -> tuple[Example, ...]:
    return tuple(
        Example(
            id=f"e{i}",
            messages=({"role": "user", "content": f"question {i}"},),
            answer=f"question {i}",
        )
        for i in range(n)
    )


@flow(task_runner=task_runner())
def one_rung(brief: Brief) -> Any:
    every = examples(340)
    split = Split(train=every[:20], dev=every[20:40], test=every[40:])
    return wide.measure(open_climb(brief, split, "data"), "zero-shot", "m")


if __name__ == "__main__":
    brief = Brief.model_validate_json(sys.argv[1])
    print("MEASURED", json.dumps(asdict(one_rung(brief))))  # noqa: T201
