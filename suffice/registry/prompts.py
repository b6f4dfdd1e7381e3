"""The prompt of a candidate in MLflow's prompt registry."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from suffice.candidates import NOTHING_FOUND, Candidate, Demonstration, Found
from suffice.examples import Example

if TYPE_CHECKING:
    from mlflow import MlflowClient

_QUESTION = "{{question}}"
PROMPT_TAG = "prompt"
"""Tag of a registered model: the URI of the prompt it was measured with."""


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
    known = _registered(client, prompt, candidate)
    if known is not None:
        return known
    asked = Example(
        id="", messages=({"role": "user", "content": _QUESTION},), answer=""
    )
    client.register_prompt(
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
    return _registered(client, prompt, candidate)


def prompt_tags(name: str, version: int | None) -> dict[str, str]:
    """What leads from a registered model to its prompt; nothing for the floor."""
    return {} if version is None else {PROMPT_TAG: f"prompts:/{name}.prompt/{version}"}


def align_prompt(client: MlflowClient, name: str, alias: str) -> None:
    """
    Give *alias* to the prompt of the model that has it.

    Another machine may promote another model meanwhile: whoever writes last has
    looked last, so that model and prompt agree once all are done.
    """
    while True:
        model = client.get_model_version_by_alias(name, alias)
        prompt = model.tags.get(PROMPT_TAG)
        if prompt is None:
            return
        client.set_prompt_alias(f"{name}.prompt", alias, int(prompt.rpartition("/")[2]))
        if client.get_model_version_by_alias(name, alias).version == model.version:
            return


def delete_quietly(delete: Callable[[str, str], None], name: str, what: str) -> None:
    """Delete *what* of *name*, which another machine may have done already."""
    from mlflow.exceptions import MlflowException

    try:
        delete(name, what)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise


def _registered(client: MlflowClient, prompt: str, candidate: Candidate) -> int | None:
    """The first version with this wording; later twins of it are deleted."""
    wanted = (
        f"name='{prompt}' AND tag.`mlflow.prompt.is_prompt`='true' "
        f"AND tag.candidate_key='{candidate.key}'"
    )
    found = sorted(int(v.version) for v in client.search_model_versions(wanted))
    for twin in found[1:]:
        delete_quietly(client.delete_prompt_version, prompt, str(twin))
    return found[0] if found else None
