"""
Gives a champion's adapter out, in PEFT's format, for vLLM and others.

Only what the embedded server trained as an adapter can be given out: other providers
keep the weights, and full tuning leaves no adapter.
"""

from __future__ import annotations

import json
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from suffice.candidates import Candidate
from suffice.economics.verdict_io import from_json
from suffice.errors import UnusableInput
from suffice.files import write_atomically
from suffice.local.model_store import ModelStore
from suffice.local.starts import adapter_folder
from suffice.local.weights import BASES
from suffice.results import Verdict
from suffice.stages.climb import latest_verdict
from suffice.workspace import Workspace

_CANDIDATE = TypeAdapter(Candidate)
FILES = ("adapter_config.json", "adapter_model.safetensors")


@dataclass(frozen=True, kw_only=True)
class Exported:
    """An adapter in a folder of its own."""

    folder: Path
    name: str
    """What vLLM serves it as."""
    base: str
    """The public model that it belongs to, as Hugging Face knows it."""
    rank: int
    system: str | None
    """What the model must be told first, as it was in training."""

    @property
    def vllm(self) -> str:
        """The command that serves it, OpenAI-compatible, on the public base."""
        module = shlex.quote(f"{self.name}={self.folder}")
        return (
            f"vllm serve {self.base} --enable-lora --max-lora-rank {self.rank} "
            f"--lora-modules {module}"
        )


def export(workspace: Workspace, wanted: str, folder: Path) -> Exported:
    """
    The adapter of the champion of *wanted*, a brief's name or a climb's id.

    Raises `UnusableInput` when there is none, or when *folder* holds something else.
    """
    verdict, place = _verdict(workspace, wanted)
    adapter = _adapter(workspace, verdict)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UnusableInput(f"{str(folder)!r} is not empty: name a new folder.")
    candidate = _CANDIDATE.validate_json(
        (place / "measured" / str(verdict.chosen) / "candidate.json").read_bytes()
    )
    made = _made(candidate, verdict, adapter, folder)
    folder.mkdir(parents=True, exist_ok=True)
    _tell(made, verdict)
    # The weights come last, so their existence means the rest is complete.
    for name in FILES:
        partial = folder / f".{name}"
        shutil.copyfile(adapter / name, partial)
        partial.rename(folder / name)
    return made


def _verdict(workspace: Workspace, wanted: str) -> tuple[Verdict, Path]:
    place = workspace.climb(wanted)
    if (place / "verdict.json").exists():
        return from_json((place / "verdict.json").read_text()), place
    return latest_verdict(workspace, wanted)


def _adapter(workspace: Workspace, verdict: Verdict) -> Path:
    model = verdict.model or ""
    if verdict.chosen is None or not (verdict.rung or "").startswith("fine-tuned"):
        what = f"{verdict.rung} on {model}" if verdict.chosen else "no candidate"
        raise UnusableInput(
            f"The champion of {verdict.name!r} is {what}: there is no adapter to "
            "export; only a fine-tuned model has one."
        )
    if ModelStore(workspace.local).get(model) is None:
        raise UnusableInput(
            f"The weights of {model!r} are not under {str(workspace.local)!r}: what "
            "another provider trained stays there, and is asked by that name."
        )
    adapter = adapter_folder(workspace.local, model)
    if not all((adapter / name).is_file() for name in FILES):
        raise UnusableInput(
            f"{model!r} was tuned in full and has no adapter: set tuning.method to "
            "'lora' for one."
        )
    return adapter


def _made(
    candidate: Candidate, verdict: Verdict, adapter: Path, folder: Path
) -> Exported:
    config = json.loads((adapter / FILES[0]).read_text(encoding="utf-8"))
    return Exported(
        folder=folder.resolve(),
        name=verdict.name,
        base=str(config["base_model_name_or_path"]),
        rank=int(config["r"]),
        system=candidate.system,
    )


def _tell(made: Exported, verdict: Verdict) -> None:
    """Beside the weights: what they are, how they are asked, how to serve them."""
    chosen = next(m for m in verdict.ladder if m.candidate_key == verdict.chosen)
    licences = [base.licence for base in BASES.values() if made.base in base.source]
    told = {
        "name": made.name,
        "base": made.base,
        "base_licence": licences[0] if licences else None,
        "model": verdict.model,
        "system": made.system,
        "temperature": 0,
        "climb": verdict.climb_id,
        "ruling": chosen.ruling,
        "quality": chosen.quality,
        "quality_low": chosen.quality_low,
        "quality_high": chosen.quality_high,
        "n": chosen.n,
        "data_fingerprint": verdict.data_fingerprint,
        "vllm": made.vllm,
    }
    write_atomically(made.folder / "suffice.json", json.dumps(told, indent=2) + "\n")
