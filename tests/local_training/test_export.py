"""The adapter as it is given out: PEFT loads it and says what was trained."""

import json
from dataclasses import replace

import pytest
import torch
from local_training_kit import BASE
from typer.testing import CliRunner
from verdicts import verdict_on

from suffice.app.cli import app
from suffice.brief import Brief
from suffice.candidates import Candidate
from suffice.errors import UnusableInput
from suffice.examples import Split
from suffice.local.adapt import with_adapters
from suffice.local.checkpoints import checkpoint_folder, read_checkpoints
from suffice.local.lora_linear import quicken
from suffice.local.recipe import Recipe
from suffice.local.weights import load_torch
from suffice.results import Measured
from suffice.stages import climb as climbs
from suffice.stages.exporting import export
from suffice.workspace import Workspace


def champion(model, rung="fine-tuned"):
    candidate = Candidate(rung=rung, name=rung, model=model, system="desk")
    measured = Measured(
        rung=rung,
        name=rung,
        model=model,
        candidate_key=candidate.key,
        ruling="passed",
        n=50,
        n_available=50,
        quality=0.95,
        quality_low=0.9,
        quality_high=0.98,
        usd_per_request=0.001,
    )
    verdict = verdict_on(measured, name="desk", climb_id="")
    return candidate, measured, verdict


def climbed(output, model, rung="fine-tuned"):
    """A finished climb under *output* whose champion is *model*."""
    brief = Brief(name="desk", instructions="x", examples="x", output=str(output))
    climb = climbs.open_climb(brief, Split(train=(), dev=(), test=()), "f" * 64)
    candidate, measured, verdict = champion(model, rung)
    climbs.keep(climb, candidate, measured, ())
    climbs.keep_verdict(climb, replace(verdict, climb_id=climb.id))
    return climb


@pytest.fixture
def output(server, trained, tmp_path):
    """An output folder whose embedded server is the one that trained."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "local").symlink_to(server.root)
    return tmp_path / "out"


def test_peft_loads_it_and_gives_the_logits_of_the_trainer(
    server, trained, output, tmp_path
):
    """What is served elsewhere must be the model that was judged."""
    from peft import PeftModel

    climbed(output, trained.fine_tuned_model)
    made = export(Workspace(output), "desk", tmp_path / "adapter")
    hf = server.root / "bases" / BASE / "hf"
    base, tokenizer = load_torch(hf)
    ids = tokenizer("The invoice is wrong", return_tensors="pt").input_ids
    with torch.no_grad():
        plain = base(ids).logits
        loaded = PeftModel.from_pretrained(base, made.folder).eval()
        found = loaded(ids).logits
        expected = trainers_logits(server, trained, hf, ids)

    assert (found - plain).abs().max() > 1.0
    torch.testing.assert_close(found, expected, atol=2e-3, rtol=1e-3)


def trainers_logits(server, trained, hf, ids):
    """By the trainer's own layers, in float32, from the weights of its checkpoint."""
    job = server.root / "jobs" / trained.id
    step = read_checkpoints(job)[-1].step
    weights = torch.load(checkpoint_folder(job, step) / "weights.pt", weights_only=True)
    model, _ = load_torch(hf)
    with_adapters(model, Recipe(first_layer=10))
    learning = dict(model.named_parameters())
    for name, value in weights.items():
        learning[name].copy_(value)
    quicken(model, torch.float32)
    return model(ids).logits


def test_the_command_writes_it_and_says_how_vllm_serves_it(trained, output, tmp_path):
    """Documented once, and beside the weights."""
    climb = climbed(output, trained.fine_tuned_model)
    folder = tmp_path / "adapter"
    said = CliRunner().invoke(
        app, ["export", climb.id, "--to", str(folder), "--output", str(output)]
    )
    told = json.loads((folder / "suffice.json").read_text())

    assert 0 == said.exit_code
    assert told["vllm"] == (
        "vllm serve HuggingFaceTB/SmolLM2-135M-Instruct --enable-lora "
        f"--max-lora-rank 16 --lora-modules desk={folder}"
    )
    assert ("Apache-2.0", "desk", 0.95) == (
        told["base_licence"],
        told["system"],
        told["quality"],
    )
    names = {"adapter_config.json", "adapter_model.safetensors", "suffice.json"}
    assert names == {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("model", "rung", "said"),
    [
        ("small", "few-shot", "only a fine-tuned model has one"),
        ("ft:gpt-4.1-mini:me::abc", "fine-tuned", "another provider trained"),
    ],
)
def test_what_has_no_adapter_here_is_refused(tmp_path, model, rung, said):
    """An empty folder would be found out on the GPU."""
    climbed(tmp_path, model, rung)
    with pytest.raises(UnusableInput, match=said):
        export(Workspace(tmp_path), "desk", tmp_path / "adapter")

    assert not (tmp_path / "adapter").exists()


def test_nothing_is_overwritten(trained, output, tmp_path):
    """The folder may hold the adapter that is being served."""
    climbed(output, trained.fine_tuned_model)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UnusableInput, match="not empty"):
        export(Workspace(output), "desk", tmp_path)
