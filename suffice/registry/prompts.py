"""The prompt of a candidate in MLflow's prompt registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suffice.candidates import NOTHING_FOUND, Candidate, Demonstration, Found
from suffice.examples import Example

if TYPE_CHECKING:
    from mlflow import MlflowClient

_QUESTION = "{{question}}"


def _placeholders(candidate: Candidate) -> Found:
    """Stands for what is retrieved anew for each question."""
    if candidate.retrieval is None:
        return NOTHING_FOUND
    if candidate.retrieval.what == "documents":
        return Found(passages=("{{passages}}",))
    shown = {"role": "user", "content": "{{nearest_question}}"}
    return Found(
        demonstrations=(Demonstration(messages=(shown,), answer="{{nearest_answer}}"),)
    )


def register_prompt(
    client: MlflowClient, name: str, candidate: Candidate
) -> int | None:
    """Version of the prompt in the prompt registry; ``None`` for the floor."""
    if candidate.rung == "floor":
        return None
    # A dot, which no brief's name has: prompts and models share their names.
    prompt = f"{name}.prompt"
    wanted = (
        f"name='{prompt}' AND tag.`mlflow.prompt.is_prompt`='true' "
        f"AND tag.candidate_key='{candidate.key}'"
    )
    found = client.search_model_versions(wanted, max_results=1)
    if found:
        return int(found[0].version)
    asked = Example(
        id="", messages=({"role": "user", "content": _QUESTION},), answer=""
    )
    made = client.register_prompt(
        prompt,
        template=candidate.prompt(asked, _placeholders(candidate)),
        commit_message=candidate.name,
        tags={"candidate_key": candidate.key, "rung": candidate.rung},
        model_config={
            "model_name": candidate.model,
            "temperature": 0.0,
            "max_tokens": candidate.max_output_tokens,
        },
    )
    return int(made.version)
